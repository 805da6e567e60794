#include <stowage/tests/support/processes/syscall_sweep.hpp>

#include <stowage/tests/support/history.hpp>
#include <stowage/tests/support/history_recorder.hpp>
#include <stowage/tests/support/processes/child_process.hpp>
#include <stowage/tests/support/processes/strace_log.hpp>
#include <stowage/tests/support/stamped_value.hpp>
#include <stowage/tests/support/stored_state.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace stowage::test {

namespace {

namespace fs = std::filesystem;

// Whatever changes a file, but not its bytes through a mapping: that nothing does so is a test of its own.
constexpr std::string_view traced =
    "pwrite64,pwritev,pwritev2,sync_file_range,fdatasync,fsync,fallocate,ftruncate,rename,renameat,"
    "renameat2";

// These are made by a library, not by strace. A write that lies is no fault that anything holds against: it
// is there to see that what is wrong is found.
constexpr std::string_view short_write = "SHORT";
constexpr std::string_view lying_write = "LIE";

/// From the Kth on, every growth finds the disk full; the fault is in what follows.
constexpr std::string_view growth_and_cut = "fallocate+ftruncate";

/// What a fault may lead to: the exit codes of the command, or of the driver.
struct rule {
  std::string_view fault;
  /// For strace; %K and %L stand for the numbers of the first and of the last call.
  std::string_view injection;
  std::vector<int> command_codes;
  std::vector<int> driver_codes;
};

constexpr int ok = 0;
constexpr int failed = 4;
constexpr int not_found = 5;
constexpr int no_space = 6;
constexpr int already_there = 7;
constexpr int killed = 128 + 9;
constexpr int driver_failed = 3;

// By kind of call, then by fault. What interrupts is not to be noticed; what fails is never to be hidden,
// except where the file grows ahead of need.
const std::map<std::string_view, std::vector<rule>>& rules() {
  static const rule kill{"KILL", "signal=SIGKILL:when=%K", {killed}, {killed}};
  static const std::vector<rule> write{
      {"EIO", "error=EIO:when=%K", {failed}, {driver_failed}},
      {"ENOSPC", "error=ENOSPC:when=%K", {failed}, {driver_failed}},
      {"EINTR", "error=EINTR:when=%K", {ok}, {ok}},
      {short_write, "", {ok}, {ok}},
      {lying_write, "", {ok}, {ok}},
      kill};
  static const std::vector<rule> sync{{"EIO", "error=EIO:when=%K", {failed}, {driver_failed}},
                                      {"ENOSPC", "error=ENOSPC:when=%K", {failed}, {driver_failed}},
                                      // Nothing says what an interrupted sync has synced.
                                      {"EINTR", "error=EINTR:when=%K", {failed}, {driver_failed}},
                                      kill};
  // What the kernel cannot begin to write has failed; that it will not now, or not at all, is nothing.
  static const std::vector<rule> begin{
      {"EIO", "error=EIO:when=%K", {failed}, {driver_failed}},
      {"ENOSPC", "error=ENOSPC:when=%K", {failed}, {driver_failed}},
      {"ENOMEM", "error=ENOMEM:when=%K", {ok}, {ok}},
      {"ENOSYS", "error=ENOSYS:when=%K+", {ok}, {ok}},
      kill};
  static const std::vector<rule> grow{
      {"EIO", "error=EIO:when=%K", {ok, failed}, {ok, driver_failed}},
      {"ENOSPC", "error=ENOSPC:when=%K", {ok, no_space}, {ok}},
      {"ENOSPC4", "error=ENOSPC:when=%K..%L", {ok, no_space}, {ok}},
      {"ENOSPC+", "error=ENOSPC:when=%K+", {ok, no_space}, {ok}},
      {"EOPNOTSUPP", "error=EOPNOTSUPP:when=%K+", {ok}, {ok}},
      {"EINTR", "error=EINTR:when=%K", {ok}, {ok}},
      kill};
  static const std::vector<rule> cut{{"EIO", "error=EIO:when=%K", {failed}, {driver_failed}},
                                     {"EINTR", "error=EINTR:when=%K", {ok}, {ok}},
                                     kill};
  // What a failed growth got until then is cut off; a full disk may be the end of it.
  static const std::vector<rule> cut_after_growth{
      {"EIO", "error=EIO", {ok, failed, no_space}, {ok, driver_failed}},
      {"EINTR", "error=EINTR:when=1", {ok, no_space}, {ok}},
      {"KILL", "signal=SIGKILL", {killed}, {killed}}};
  static const std::vector<rule> name{{"EIO", "error=EIO:when=%K", {failed}, {}},
                                      {"ENOSPC", "error=ENOSPC:when=%K", {no_space}, {}},
                                      {"EINTR", "error=EINTR:when=%K", {failed}, {}},
                                      {"EINVAL", "error=EINVAL:when=%K", {ok}, {}},
                                      kill};
  static const std::map<std::string_view, std::vector<rule>> all{
      {"pwrite64", write},        {"pwritev", write},  {"pwritev2", write},
      {"sync_file_range", begin}, {"fdatasync", sync}, {"fsync", sync},
      {"fallocate", grow},        {"ftruncate", cut},  {growth_and_cut, cut_after_growth},
      {"rename", name},           {"renameat", name},  {"renameat2", name}};
  return all;
}

bool grows(std::string_view call) { return call.starts_with("fallocate"); }

/// The call that has the fault.
std::string_view injected_call(std::string_view call) {
  return call == growth_and_cut ? "ftruncate" : call;
}

std::string text_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void write_file(const std::string& path, std::string_view text) {
  std::ofstream out{path, std::ios::binary};
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!out.flush()) throw std::runtime_error{"cannot write " + path};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string replaced(std::string_view in, std::string_view what, std::string_view by) {
  std::string out{in};
  for (auto at = out.find(what); at != std::string::npos; at = out.find(what, at + by.size()))
    out.replace(at, what.size(), by);
  return out;
}

/// What changes together, or not at all.
using step = std::vector<written>;

void apply(const step& s, state_of_blocks& to) {
  for (const auto& w : s) {
    if (w.value)
      to[w.name] = {w.ver, *w.value};
    else
      to.erase(w.name);
  }
}

/// What a step writes has any version; everything else the one it had.
bool same(const state_of_blocks& expected, const state_of_blocks& found) {
  return std::ranges::equal(expected, found, [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.value == b.second.value &&
           (a.second.ver == version{} || a.second.ver == b.second.ver);
  });
}

}  // namespace

// -- names ----------------------------------------------------------------------------------------------

std::string name_of(const sweep_case& one) {
  return one.subject + "/" + one.call + "/" + one.fault + "/" + std::to_string(one.at);
}

std::optional<sweep_case> sweep_case_from_name(const std::string& name) {
  std::array<std::string, 4> parts;
  std::size_t at = 0;
  for (auto& p : parts) {
    const auto end = std::min(name.find('/', at), name.size());
    p = name.substr(std::min(at, name.size()), end - std::min(at, name.size()));
    at = end + 1;
  }
  sweep_case out{parts[0], parts[1], parts[2], 0};
  const auto [end, error] =
      std::from_chars(parts[3].data(), parts[3].data() + parts[3].size(), out.at);
  if (error != std::errc{} || end != parts[3].data() + parts[3].size() || name_of(out) != name)
    return std::nullopt;
  return out;
}

std::string why_strace_is_not_usable() {
  try {
    const auto tried = run_to_end(
        {"strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true"}, {});
    if (tried.state.code == 0) return {};
    return "strace may not trace here (exit code " + std::to_string(tried.state.code) + ")";
  } catch (const std::runtime_error& why) {
    return why.what();
  }
}

std::vector<sweep_case> sample_of(const std::vector<sweep_case>& all, std::size_t count) {
  if (count >= all.size()) return all;
  std::vector<sweep_case> some;
  // From the middle of each of as many equal parts.
  for (std::size_t i = 0; i < count; ++i)
    some.push_back(all[(2 * i + 1) * all.size() / (2 * count)]);
  return some;
}

// -- subjects -------------------------------------------------------------------------------------------

class syscall_sweep::stage {
 public:
  stage(const sweep_programs& programs, const std::string& directory)
      : programs_{programs}, directory_{directory}, run_{directory + "/run"} {
    prepare();
    find_cases();
  }

  [[nodiscard]] const std::vector<sweep_case>& cases() const noexcept { return cases_; }

  void run(const sweep_case& one, sweep_report& report) {
    const auto subject_at = subjects_.find(one.subject);
    const auto rules_at = rules().find(one.call);
    if (subject_at == subjects_.end() || rules_at == rules().end())
      throw std::runtime_error{"there is no case " + name_of(one)};
    const auto rule_at =
        std::ranges::find(rules_at->second, std::string_view{one.fault}, &rule::fault);
    if (rule_at == rules_at->second.end())
      throw std::runtime_error{"there is no case " + name_of(one)};
    one_ = &one;
    subject_ = &subject_at->second;
    rule_ = &*rule_at;
    report_ = &report;
    ++report.runs;
    lay_out();
    if (subject_->is_driver)
      run_driver();
    else
      run_command();
  }

 private:
  struct subject {
    /// Of `stowage`, where `STORE` stands for the path; or of the driver.
    std::vector<std::string> arguments;
    bool is_driver = false;
    /// A copy of it is what the subject works on; without one, it makes the store itself.
    std::string store;
    std::string stdin_path = "/dev/null";
    /// It does one thing, and so can complain of one thing only.
    bool is_one_thing = false;
    /// Its exit code where everything is as it is to be.
    int code_if_done = ok;
    state_of_blocks before;
    std::vector<step> steps;
  };

  struct finished {
    exit_state state;
    std::string out;
    std::vector<traced_call> calls;
  };

  [[nodiscard]] std::string store_path() const { return run_ + "/store"; }
  void violated(const std::string& what) {
    report_->violations.push_back(name_of(*one_) + ": " + what);
  }

  // -- what there is to work on -------------------------------------------------------------------------

  void prepare() {
    auto& create = subjects_["create"];
    create.arguments = {"create", "STORE"};
    create.is_one_thing = true;
    create.code_if_done = already_there;
    subjects_["import"] = import_of(tree(1, 130, 2), {});

    // What a killed program left: recovery has something to do, and a checkpoint follows.
    const auto left = directory_ + "/left";
    leave(left);
    subjects_["import-again"] = import_of(tree(2, 60, 1), left);

    const auto closed = directory_ + "/closed";
    fs::copy_file(left, closed);
    require_ok({programs_.stowage, "put", closed, "n2", "/dev/null"});
    subjects_["txn"] = transaction_on(closed);
    subjects_["compact"] = compaction_of(left);
    subjects_["put"] = put_to(closed);
    subjects_["delete"] = delete_from(closed);

    for (const std::string mode : {"group", "two-phase"}) {
      auto& s = subjects_["driver-" + mode];
      s.is_driver = true;
      s.arguments = {"--seed", "1",          "--life", "1",           "--clients",
                     "1",      "--requests", "50",     "--sync-mode", mode};
    }
  }

  static void require_ok(std::vector<std::string> command) {
    const auto shown = command.front() + " " + command[1];
    const auto done = run_to_end(std::move(command), {});
    if (done.state.code != ok)
      throw std::runtime_error{shown + ": exit code " + std::to_string(done.state.code)};
  }

  void leave(const std::string& path) {
    child_process driver{
        {programs_.driver, "--store", path, "--seed", "3", "--life", "1", "--requests", "1000000"},
        {}};
    std::string line;
    for (int events = 0; events < 400; ++events)
      if (driver.read_line(line, hang_after) != child_process::next::line)
        throw std::runtime_error{"the driver does not work"};
    driver.kill_now();
    (void)driver.wait();
  }

  /// Files with stamped values: small ones, and some that are written past the page cache.
  std::vector<step> tree(std::uint64_t number, std::uint64_t small, std::uint64_t large) {
    const auto path = directory_ + "/tree" + std::to_string(number);
    fs::create_directory(path);
    std::vector<step> steps;
    for (std::uint64_t i = 0; i < small + large; ++i) {
      const auto bytes = i < small ? 300 + i * 1237 % 30'000 : 4'500'000 + i;
      const auto stamp = make_stamp(100 + number, 0, 1, i, bytes);
      const auto name = "n" + std::to_string(i);
      write_file(path + "/" + name, value_of(stamp));
      steps.push_back({{name, stamp, {}}});
    }
    std::ranges::sort(steps, {}, [](const step& s) { return s.front().name; });
    return steps;
  }

  subject import_of(std::vector<step> steps, const std::string& store) {
    subject s;
    const auto number = store.empty() ? "1" : "2";
    s.arguments = {"import", "STORE", directory_ + "/tree" + number};
    if (store.empty()) s.arguments.emplace_back("--create");
    s.store = store;
    if (!store.empty()) s.before = state_at(store);
    s.steps = std::move(steps);
    return s;
  }

  subject transaction_on(const std::string& store) {
    subject s;
    s.arguments = {"txn", "STORE"};
    s.store = store;
    s.is_one_thing = true;
    s.before = state_at(store);
    step all;
    std::string script;
    for (std::uint64_t i = 0; i < 5; ++i) {
      const auto stamp = make_stamp(110, 0, 1, i, i == 4 ? 1'300'000 : 5000 * i + 100);
      const auto file = directory_ + "/txn" + std::to_string(i);
      const auto name = "n" + std::to_string(3 * i);
      write_file(file, value_of(stamp));
      script += "put " + name + " " + file + "\n";
      all.push_back({name, stamp, {}});
    }
    script += "delete n5\n";
    all.push_back({"n5", std::nullopt, {}});
    s.stdin_path = directory_ + "/script";
    write_file(s.stdin_path, script);
    s.steps = {all};
    return s;
  }

  subject put_to(const std::string& store) {
    subject s;
    const auto stamp = make_stamp(111, 0, 1, 0, 10'000);
    const auto file = directory_ + "/put";
    write_file(file, value_of(stamp));
    s.arguments = {"put", "STORE", "n3", file};
    s.store = store;
    s.is_one_thing = true;
    s.before = state_at(store);
    s.steps = {{{"n3", stamp, {}}}};
    return s;
  }

  /// Changes nothing that shows, and moves nearly everything.
  static subject compaction_of(const std::string& store) {
    subject s;
    s.arguments = {"compact", "STORE"};
    s.store = store;
    s.is_one_thing = true;
    s.before = state_at(store);
    return s;
  }

  static subject delete_from(const std::string& store) {
    subject s;
    s.arguments = {"delete", "STORE", "n2"};
    s.store = store;
    s.is_one_thing = true;
    s.code_if_done = not_found;
    s.before = state_at(store);
    s.steps = {{{"n2", std::nullopt, {}}}};
    return s;
  }

  static state_of_blocks state_at(const std::string& store) {
    auto state = read_stored_state(store);
    if (!state) throw std::runtime_error{store + ": " + describe(state.error())};
    return std::move(state->blocks);
  }

  void find_cases() {
    sweep_report unused;
    report_ = &unused;
    const sweep_case nothing{"none", "none", "none", 0};
    for (auto& [name, s] : subjects_) {
      one_ = &nothing;
      subject_ = &s;
      lay_out();
      finished done = s.is_driver ? traced_driver({}) : traced_command({}, {});
      if (done.state.code != ok)
        throw std::runtime_error{"without a fault, " + name + " ends with " +
                                 std::to_string(done.state.code) + ": " +
                                 text_of(run_ + "/stderr")};
      auto counts = calls_of_busiest_thread(done.calls);
      if (counts.contains("fallocate")) counts[std::string{growth_and_cut}] = counts["fallocate"];
      // The library counts the calls of all threads, from the beginning on.
      lay_out();
      const auto all = s.is_driver ? driver_traced_from_its_start() : std::move(done);
      const auto writes =
          static_cast<std::size_t>(std::ranges::count(all.calls, "pwritev", &traced_call::name));
      for (const auto& [call, count] : counts)
        for (const auto& r : rules().at(call)) {
          if (r.fault == lying_write) continue;
          const auto last = r.fault == short_write ? writes : count;
          // Of short writes 0 stands for all of them.
          for (std::size_t k = r.fault == short_write ? 0 : 1; k <= last; ++k)
            cases_.push_back({name, call, std::string{r.fault}, k});
        }
    }
  }

  // -- one run ------------------------------------------------------------------------------------------

  void lay_out() {
    fs::remove_all(run_);
    fs::create_directory(run_);
    if (!subject_->store.empty()) fs::copy_file(subject_->store, store_path());
  }

  [[nodiscard]] std::vector<std::string> command() const {
    std::vector<std::string> out{programs_.stowage};
    for (const auto& a : subject_->arguments) out.push_back(a == "STORE" ? store_path() : a);
    return out;
  }

  [[nodiscard]] std::vector<std::string> strace(const std::vector<std::string>& injections) const {
    std::vector<std::string> out{"strace", "-f",          "-s", "0",
                                 "-o",     run_ + "/log", "-e", "trace=" + std::string{traced}};
    for (const auto& i : injections) {
      out.emplace_back("-e");
      out.push_back("inject=" + i);
    }
    return out;
  }

  [[nodiscard]] std::vector<std::string> injections() const {
    const auto first = std::to_string(one_->at);
    const auto last = std::to_string(one_->at + 3);
    std::vector<std::string> out;
    if (one_->call == growth_and_cut) out.push_back("fallocate:error=ENOSPC:when=" + first + "+");
    out.push_back(std::string{injected_call(one_->call)} + ":" +
                  replaced(replaced(rule_->injection, "%K", first), "%L", last));
    return out;
  }

  [[nodiscard]] std::vector<std::string> short_writes() const {
    return {"LD_PRELOAD=" + programs_.short_writes,
            (rule_->fault == lying_write ? "STOWAGE_LYING_WRITE=" : "STOWAGE_SHORT_WRITE=") +
                std::to_string(one_->at),
            "STOWAGE_WRITE_DONE=" + run_ + "/write-done"};
  }
  [[nodiscard]] bool by_library() const {
    return rule_->fault == short_write || rule_->fault == lying_write;
  }

  finished traced_command(const std::vector<std::string>& injected,
                          const std::vector<std::string>& environment) {
    auto line = environment.empty() ? strace(injected) : std::vector<std::string>{};
    if (!line.empty()) line.emplace_back("-qq");
    std::ranges::copy(command(), std::back_inserter(line));
    auto ended = run_to_end(std::move(line), {.environment = environment,
                                              .stderr_path = run_ + "/stderr",
                                              .stdin_path = subject_->stdin_path});
    return {ended.state, std::move(ended.out), parse_strace_log(text_of(run_ + "/log"))};
  }

  /// Traced from when the store is open: then there is one thread left that writes.
  finished traced_driver(const std::vector<std::string>& injected) {
    auto waiting = driver_command();
    waiting.emplace_back("--wait");
    child_process driver{std::move(waiting), {.stderr_path = run_ + "/stderr", .stdin_path = ""}};
    finished out;
    std::string line;
    while (!line.starts_with("opened")) {
      if (driver.read_line(line, hang_after) != child_process::next::line) {
        out.state = driver.wait();
        return out;
      }
      out.out += line + "\n";
    }
    auto attached = strace(injected);
    attached.insert(attached.end(), {"-p", std::to_string(driver.id())});
    // It says so on stderr when it has them all.
    attached.insert(attached.begin(), {"sh", "-c", "exec \"$@\" 2>&1", "sh"});
    child_process tracer{std::move(attached), {}};
    while (tracer.read_line(line, hang_after) == child_process::next::line)
      if (line.find("attached") != std::string::npos) break;
    driver.write_line("go");
    out.out += driver.read_all();
    out.state = driver.wait();
    (void)tracer.read_all();
    if (tracer.wait().hung) throw std::runtime_error{"strace hangs"};
    out.calls = parse_strace_log(text_of(run_ + "/log"));
    return out;
  }

  [[nodiscard]] bool came_to_pass(const finished& done) const {
    return done.state.was_killed() || fs::exists(run_ + "/write-done") ||
           std::ranges::any_of(done.calls, [this](const traced_call& c) {
             return c.injected() && c.name == injected_call(one_->call);
           });
  }

  void count(const finished& done) {
    if (came_to_pass(done)) ++report_->injected;
    ++report_->by_exit_code[done.state.code];
  }

  void check_code(const finished& done, std::vector<int> codes) {
    if (!came_to_pass(done)) codes = {ok};
    // A full disk refuses growth before there is anything to cut off.
    if (one_->call == growth_and_cut)
      codes.insert(codes.end(), {ok, subject_->is_driver ? ok : no_space});
    if (done.state.hung) violated("it hangs");
    if (std::ranges::find(codes, done.state.code) == codes.end())
      violated("exit code " + std::to_string(done.state.code) + ": " + text_of(run_ + "/stderr"));
  }

  // -- commands -----------------------------------------------------------------------------------------

  void run_command() {
    const auto done =
        by_library() ? traced_command({}, short_writes()) : traced_command(injections(), {});
    count(done);
    auto codes = rule_->command_codes;
    // As long as nothing was asked of the store, it may say what it was: nothing was taken.
    if (one_->call.starts_with("pwrite") && one_->fault == "ENOSPC") codes.push_back(no_space);
    check_code(done, codes);
    check_complaints(done.state.code);
    check_store(done);
    check_that_it_can_go_on();
  }

  [[nodiscard]] bool creating() const { return subject_->store.empty() && !subject_->is_driver; }

  void check_complaints(int code) {
    static const std::regex format{"stowage: .+: .+: .+"};
    std::size_t complaints = 0;
    for (const auto& line : lines_of(text_of(run_ + "/stderr"))) {
      if (line.find(": warning: ") != std::string::npos) continue;
      ++complaints;
      if (!std::regex_match(line, format)) violated("on stderr: " + line);
    }
    if (code == ok && complaints > 0) violated("exit code 0 with a complaint");
    if (code != ok && code != killed && complaints == 0) violated("no complaint");
    // A failed device fails everything that comes after; that is said once.
    if ((subject_->is_one_thing || code == failed) && complaints > 1)
      violated("more than one complaint");
  }

  void check_store(const finished& done) {
    const int code = done.state.code;
    if (!fs::exists(store_path())) {
      // The name is the last thing but one that a creation does.
      if (!creating() || code == ok || one_->call == "fsync") violated("there is no store");
      if (code != killed && !files_beside_the_store().empty())
        violated("an unfinished store stays: " + files_beside_the_store());
      return;
    }
    if (creating() && one_->call.starts_with("rename") && code != ok && code != killed)
      violated("a store, although it could not be named");
    auto state = read_stored_state(store_path());
    if (!state) return violated("it cannot be recovered: " + describe(state.error()));
    const bool prints = !done.out.empty();
    if (code == ok || prints) {
      if (!same(all_done(), state->blocks)) violated("not all is there that was answered durable");
    } else if (grows(one_->call)) {
      if (const auto wrong = each_or_not(state->blocks, code); !wrong.empty()) violated(wrong);
    } else if (code == no_space) {
      if (!same(subject_->before, state->blocks)) violated("no space, and yet something was taken");
    } else if (!is_prefix(state->blocks)) {
      violated("what is there is no prefix of what was asked for");
    }
    require_sound(state->blocks);
  }

  [[nodiscard]] state_of_blocks all_done() const {
    auto all = subject_->before;
    for (const auto& s : subject_->steps) apply(s, all);
    return all;
  }

  [[nodiscard]] bool is_prefix(const state_of_blocks& found) const {
    auto expected = subject_->before;
    if (same(expected, found)) return true;
    return std::ranges::any_of(subject_->steps, [&](const step& s) {
      apply(s, expected);
      return same(expected, found);
    });
  }

  /// Steps that were refused are missing and the rest is there; of one that is missing was complained.
  [[nodiscard]] std::string each_or_not(const state_of_blocks& found, int code) const {
    const auto complaints = text_of(run_ + "/stderr");
    auto expected = subject_->before;
    for (const auto& s : subject_->steps) {
      auto with = expected;
      apply(s, with);
      const auto& name = s.front().name;
      const auto& value = s.front().value;
      const auto there = found.find(name);
      if (value ? there != found.end() && there->second.value == *value : there == found.end())
        expected = std::move(with);
      else if (code == no_space && !subject_->is_one_thing &&
               complaints.find("block " + name) == std::string::npos)
        return name + " is missing without a complaint";
    }
    return same(expected, found) ? "" : "what is there was not asked for";
  }

  /// It opens, read-write too, with the same state, and everything in it verifies.
  void require_sound(const state_of_blocks& state) {
    const auto verified = run_to_end({programs_.stowage, "verify", store_path()},
                                     {.stderr_path = run_ + "/verify-stderr"});
    if (verified.state.code != ok)
      violated("stowage verify: " + verified.out + text_of(run_ + "/verify-stderr"));
    auto recovered = recover_stored_state(store_path());
    if (!recovered) return violated("it cannot be opened: " + describe(recovered.error()));
    if (recovered->blocks != state) violated("it opens with another state than was read");
  }

  // The same command once more, without a fault, completes what was left.
  void check_that_it_can_go_on() {
    const auto run_again = [&](int expected) {
      const auto errors = run_ + "/again-stderr";
      const auto again =
          run_to_end(command(), {.stderr_path = errors, .stdin_path = subject_->stdin_path});
      if (again.state.code != expected)
        violated("the same command again ends with " + std::to_string(again.state.code) + ": " +
                 text_of(errors));
    };
    int expected = ok;
    if (fs::exists(store_path())) {
      const auto left = read_stored_state(store_path());
      if (left && same(all_done(), left->blocks)) expected = subject_->code_if_done;
    }
    run_again(expected);
    auto state = read_stored_state(store_path());
    if (!state) return violated("after another run: " + describe(state.error()));
    if (!same(all_done(), state->blocks)) violated("another run did not complete it");
  }

  [[nodiscard]] std::string files_beside_the_store() const {
    std::string found;
    for (const auto& entry : fs::directory_iterator{run_}) {
      const auto name = entry.path().filename().string();
      if (name.starts_with(".")) found += name + " ";
    }
    return found;
  }

  // -- the driver ---------------------------------------------------------------------------------------

  [[nodiscard]] std::vector<std::string> driver_command() const {
    std::vector<std::string> out{programs_.driver, "--store", store_path()};
    std::ranges::copy(subject_->arguments, std::back_inserter(out));
    return out;
  }

  finished driver_traced_from_its_start() {
    auto line = strace({});
    std::ranges::copy(driver_command(), std::back_inserter(line));
    auto ended = run_to_end(std::move(line), {});
    return {ended.state, std::move(ended.out), parse_strace_log(text_of(run_ + "/log"))};
  }

  finished untraced_driver() {
    auto ended = run_to_end(driver_command(),
                            {.environment = short_writes(), .stderr_path = run_ + "/stderr"});
    return {ended.state, std::move(ended.out), {}};
  }

  void run_driver() {
    const auto done = by_library() ? untraced_driver() : traced_driver(injections());
    count(done);
    check_code(done, rule_->driver_codes);
    history_recorder record{state_of_blocks{}};
    for (const auto& line : lines_of(done.out)) {
      if (const auto event = decode_client_event(line))
        record.take(*event);
      else
        violated("no event: " + line);
    }
    check_history(record, done.state.code);
  }

  void check_history(history_recorder& record, int code) {
    for (const auto& n : record.nonsense()) violated(n);
    check_failures(record, code);
    auto state = read_stored_state(store_path());
    if (!state) return violated("it cannot be recovered: " + describe(state.error()));
    if (code == driver_failed) record.forget_reads();
    record.name_empty_values(state->blocks);
    const auto happened = with_what_was_seen(record.recorded(), state->blocks);
    for (const auto& rule : broken_rules(happened)) violated(rule);
    for (const auto& rule : broken_by_recovery(happened, state->blocks, version{UINT64_MAX}))
      violated(rule);
    require_sound(state->blocks);
  }

  // Every request is answered, with nothing but the failure that was injected.
  void check_failures(const history_recorder& record, int code) {
    std::set<errc> allowed;
    if (code == driver_failed) allowed = {errc::io_error, errc::poisoned};
    // Only before an op is accepted; after that a full disk is a failed one.
    if (grows(one_->call)) allowed.insert(errc::no_space);
    for (const auto& [why, times] : record.failures())
      if (!allowed.contains(why)) violated("requests failed: " + std::string{name_of(why)});
    if (code == driver_failed && record.failures().empty()) violated("it failed without a word");
    if (code != killed && record.unanswered() > 0)
      violated(std::to_string(record.unanswered()) + " requests were not answered");
    if (code == ok && !record.has_closed()) violated("it was not closed");
    // Where there was space again, writes went on in the same process.
    if (one_->fault == "ENOSPC4" && code == ok && record.failures().contains(errc::no_space)) {
      const auto& writes = record.recorded().writes;
      if (std::ranges::none_of(writes,
                               [](const write_event& w) { return w.what == outcome::taken; }))
        violated("nothing was written after the disk had been full");
    }
  }

  const sweep_programs programs_;
  const std::string directory_;
  const std::string run_;
  std::map<std::string, subject> subjects_;
  std::vector<sweep_case> cases_;

  // The run at hand.
  const sweep_case* one_ = nullptr;
  const subject* subject_ = nullptr;
  const rule* rule_ = nullptr;
  sweep_report* report_ = nullptr;
};

syscall_sweep::syscall_sweep(const sweep_programs& programs, const std::string& directory)
    : stage_{std::make_unique<stage>(programs, directory)} {}
syscall_sweep::~syscall_sweep() = default;

const std::vector<sweep_case>& syscall_sweep::cases() const noexcept { return stage_->cases(); }

void syscall_sweep::run(const sweep_case& one, sweep_report& report) { stage_->run(one, report); }

}  // namespace stowage::test
