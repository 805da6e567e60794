#include <stowage/tests/power/command_session.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace stowage::test {

namespace {

namespace fs = std::filesystem;

constexpr int exit_failed = 4;
constexpr int exit_not_found = 5;
constexpr int exit_read_only = 10;
constexpr int exit_killed = 128 + SIGKILL;

ended_child stowage_command(std::vector<std::string> words, std::string_view input = {}) {
  words.insert(words.begin(), STOWAGE_BINARY);
  return run_program(words, input);
}

void write_file(const fs::path& path, std::string_view content) {
  std::ofstream out{path, std::ios::binary};
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!out.flush()) throw std::runtime_error{path.string() + ": cannot be written"};
}

std::string read_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

noted_command command_of(std::string what) {
  noted_command c;
  c.what = std::move(what);
  return c;
}

std::string in_words(const ended_child& said) {
  return "exit code " + std::to_string(said.code) + ": " + said.err;
}

}  // namespace

command_session::command_session(std::string path, const std::string& name, note_sink note)
    : path_{std::move(path)}, note_{std::move(note)} {
  note_(note_of_store(name));
}

void command_session::allow_failures(bool allowed, std::function<void()> first) {
  failures_allowed_ = allowed;
  on_failure_ = std::move(first);
}

std::string command_session::scratch(const std::string& stem) {
  return work_ / (stem + std::to_string(++scratches_));
}

// -- commands -----------------------------------------------------------------------------------------

how_it_ended command_session::create() {
  auto c = command_of("create");
  c.creates = true;
  return run(std::move(c), {"create", path_});
}

how_it_ended command_session::create_by_import(const named_values& files) {
  std::string directory;
  auto c = import_of(files, directory);
  c.creates = true;
  return run(std::move(c), {"import", path_, directory, "--create"});
}

how_it_ended command_session::create_by_serve() {
  auto c = command_of("serve, which creates");
  c.creates = true;
  return run_server(std::move(c), [](child_process& server) { server.signal(SIGTERM); });
}

how_it_ended command_session::put(const std::string& name, std::string value) {
  auto c = command_of("put " + name);
  shared_bytes bytes{std::move(value)};
  c.units.push_back({{name, bytes}});
  return run(std::move(c), {"put", path_, name}, bytes.text(),
             [&](const std::string& out, told_versions& printed) {
               printed[name] = version{std::stoull(out)};
             });
}

how_it_ended command_session::erase(const std::vector<std::string>& names) {
  auto c = command_of("delete of " + std::to_string(names.size()));
  std::vector<std::string> words{"delete", path_};
  for (const auto& n : names) {
    c.units.push_back({{n, {}}});
    words.push_back(n);
  }
  return run(std::move(c), words);
}

how_it_ended command_session::transact(const change_unit& changes) {
  auto c = command_of("txn of " + std::to_string(changes.size()));
  c.units.push_back(changes);
  std::string script;
  for (const auto& change : changes) {
    if (!change.value) {
      script += "delete " + change.name + "\n";
      continue;
    }
    const auto file = change.value->empty() ? std::string{"/dev/null"} : scratch("value");
    if (!change.value->empty()) write_file(file, change.value->text());
    script += "put " + change.name + " " + file + "\n";
  }
  return run(std::move(c), {"txn", path_}, script,
             [&](const std::string& out, told_versions& printed) {
               std::istringstream lines{out};
               for (std::uint64_t v = 0; lines >> v;) {
                 std::string name;
                 lines >> name;
                 printed[name] = version{v};
               }
               // Of a delete as well, but nothing lists that.
               std::erase_if(printed, [&](const auto& p) {
                 return std::ranges::any_of(changes, [&](const block_change& change) {
                   return change.name == p.first && !change.value;
                 });
               });
             });
}

noted_command command_session::import_of(const named_values& files, std::string& directory) {
  auto c = command_of("import of " + std::to_string(files.size()));
  directory = scratch("tree");
  fs::create_directory(directory);
  for (const auto& [name, value] : files) {
    const fs::path file = fs::path{directory} / name;
    fs::create_directories(file.parent_path());
    write_file(file, value);
    c.units.push_back({{name, shared_bytes{value}}});
  }
  return c;
}

how_it_ended command_session::import(const named_values& files) {
  std::string directory;
  auto c = import_of(files, directory);
  return run(std::move(c), {"import", path_, directory});
}

how_it_ended command_session::serve(const std::function<void()>& meanwhile) {
  return run_server(command_of("serve"), [&](child_process& server) {
    if (meanwhile) meanwhile();
    server.signal(SIGTERM);
  });
}

how_it_ended command_session::serve_until_it_ends() {
  return run_server(command_of("serve, which ends by itself"), [](child_process&) {});
}

std::string command_session::server_config() {
  auto file = scratch("config");
  write_file(file, "stowage {\n  path = \"" + path_ +
                       "\"\n  create = true\n  resp { listen = \"\" }\n"
                       "  metrics { listen = \"\" }\n}\n");
  return file;
}

how_it_ended command_session::run_server(
    noted_command c, const std::function<void(child_process& server)>& when_ready) {
  const auto config = server_config();
  note_(note_of_begin(c));
  ++commands_;
  child_process server{{STOWAGE_BINARY, "serve", "--config-file=" + config}};
  if (server.first_line().starts_with("ready: ")) when_ready(server);
  auto said = server.wait();
  // Not what a command prints.
  said.out.clear();
  return finish(std::move(c), said, {});
}

void command_session::adopt(const store_state& there) {
  exists_ = true;
  for (const auto& [name, b] : there) {
    state_.insert_or_assign(name, known_block{b.value, b.ver});
    newest_ = std::max(newest_, b.ver);
  }
}

// -- what came of them --------------------------------------------------------------------------------

how_it_ended command_session::run(noted_command c, const std::vector<std::string>& words,
                                  std::string_view input, const printed_fn& read_output) {
  note_(note_of_begin(c));
  ++commands_;
  return finish(std::move(c), stowage_command(words, input), read_output);
}

how_it_ended command_session::finish(noted_command c, const ended_child& said,
                                     const printed_fn& read_output) {
  const auto how = judge(c, said);
  if (how == how_it_ended::failed && on_failure_) on_failure_();
  // What was printed is durable, also where the store could not be closed in order afterwards.
  c.acknowledged = how == how_it_ended::acknowledged || !said.out.empty();
  if (c.acknowledged) unsettled_.clear();
  auto state_before = state_;
  const auto newest_before = newest_;
  told_versions printed;
  if (c.acknowledged && read_output) read_output(said.out, printed);
  if (!settle(c)) throw std::runtime_error{c.what + " left what is no prefix of it"};
  for (const auto& [name, ver] : printed)
    if (const auto it = c.versions.find(name); it == c.versions.end() || it->second != ver)
      throw std::runtime_error{c.what + " printed another version of " + name + " than is listed"};
  note_(note_of_end(c));
  unsettled_.push_back({std::move(c), std::move(state_before), newest_before});
  return how;
}

how_it_ended command_session::judge(const noted_command& c, const ended_child& said) {
  const auto lines = std::ranges::count(said.err, '\n');
  if (said.code == 0) {
    if (c.creates) exists_ = true;
    return how_it_ended::acknowledged;
  }
  if (said.code == exit_killed && kills_allowed_) return how_it_ended::killed;
  const bool is_failure = said.code == exit_failed || said.code == exit_read_only;
  if (!is_failure || !failures_allowed_ || lines < 1)
    throw std::runtime_error{c.what + ": " + in_words(said)};
  complaint_ = said.err;
  return how_it_ended::failed;
}

std::optional<command_session::listing> command_session::list() {
  const auto said = stowage_command({"list", path_, "--long"});
  if (said.code == exit_not_found && !exists_) return std::nullopt;
  if (said.code != 0) throw std::runtime_error{"list: " + in_words(said)};
  listing all;
  std::istringstream lines{said.out};
  for (std::uint64_t v = 0; lines >> v;) {
    std::uint64_t size = 0;
    std::string name;
    lines >> size >> name;
    all.emplace(std::move(name), version{v});
  }
  return all;
}

bool command_session::is_listed(const listing& there, const known_state& known,
                                const told_versions& fresh) const {
  if (there.size() != known.size()) return false;
  return std::ranges::all_of(known, [&](const auto& entry) {
    const auto& [name, b] = entry;
    const auto it = there.find(name);
    if (it == there.end()) return false;
    return fresh.contains(name) ? it->second > newest_ : b.ver == it->second;
  });
}

// Which units took effect, by names and versions; values are looked at later, and by others.
bool command_session::settle(noted_command& c) {
  const auto there = list();
  if (there) exists_ = true;
  auto known = state_;
  told_versions fresh;
  bool found = is_listed(there.value_or(listing{}), known, fresh);
  std::size_t so_far = 0;
  for (const auto& unit : c.units) {
    if (!there) break;
    ++so_far;
    for (const auto& change : unit) {
      fresh.erase(change.name);
      if (!change.value) continue;
      if (const auto it = there->find(change.name); it != there->end())
        fresh[change.name] = it->second;
    }
    apply(known, unit, fresh);
    if (is_listed(*there, known, fresh)) {
      found = true;
      c.applied = so_far;
      c.versions = fresh;
      state_ = known;
    }
  }
  if (!found) return false;
  if (c.acknowledged && c.applied != c.units.size())
    throw std::runtime_error{c.what + " was acknowledged, and is not there"};
  for (const auto& [name, ver] : c.versions) newest_ = std::max(newest_, ver);
  return true;
}

// A file system that has failed may show the effects of a command and still lose them, with those of every
// command after it: so back to where it fits.
void command_session::look_again() {
  std::string last;
  for (; !unsettled_.empty(); unsettled_.pop_back()) {
    auto& [command, state_before, newest_before] = unsettled_.back();
    if (last.empty()) last = command.what;
    state_ = state_before;
    newest_ = newest_before;
    command.applied = 0;
    command.versions.clear();
    if (settle(command)) return;
  }
  throw std::runtime_error{last +
                           ", after a restart, left what none of the commands since the last " +
                           "acknowledged one can leave"};
}

void command_session::require_contents() {
  if (const auto said = stowage_command({"verify", path_}); said.code != 0)
    throw std::runtime_error{"verify: " + in_words(said)};
  const auto directory = scratch("export");
  if (const auto said = stowage_command({"export", path_, directory}); said.code != 0)
    throw std::runtime_error{"export: " + in_words(said)};
  std::uint64_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator{directory})
    if (entry.is_regular_file()) ++files;
  if (files != state_.size())
    throw std::runtime_error{"another number of blocks than there must be"};
  for (const auto& [name, b] : state_)
    if (read_file(fs::path{directory} / name) != b.value.text())
      throw std::runtime_error{"another value of " + name};
  fs::remove_all(directory);
}

}  // namespace stowage::test
