#include <stowage/cli/command_line.hpp>

#include <stowage/cli/block_name.hpp>
#include <stowage/storage/format/layout.hpp>

#include <caf/config.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

namespace stowage::cli {

namespace {

std::string version_text() {
  return fmt::format("stowage {} (format {}.{}, CAF {}.{}.{})\n", STOWAGE_VERSION,
                     layout::format_major, layout::format_minor, CAF_MAJOR_VERSION,
                     CAF_MINOR_VERSION, CAF_PATCH_VERSION);
}

// Only decimal digits: CLI11 would take -1 for the largest number and 010 for eight.
void set_number(CLI::Option* option, std::uint64_t& to, const std::string& text) {
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, to);
  if (error != std::errc{} || stop != end)
    throw CLI::ValidationError{option->get_name(), "\"" + text + "\" is not a whole number"};
}

void add_number(CLI::App& app, const std::string& name, std::uint64_t& to,
                const std::string& description) {
  auto* option = app.add_option(name, description)->type_name("N");
  option->each([option, &to](const std::string& text) { set_number(option, to, text); });
}

// One parse: CLI11 fills the members of the command that was named.
class command_parser {
 public:
  command_parser() {
    app_.name("stowage");
    app_.require_subcommand(1);
    app_.set_help_flag("-h,--help", "Show this text");
    app_.add_flag_callback(
        "--version",
        [] {
          throw CLI::CallForVersion{version_text(), 0};
        },
        "Show the version");
    app_.footer(
        "Exit codes: 0 ok, 1 usage, 2 damaged, 3 locked, 4 I/O error, 5 not found, 6 no\n"
        "space, 7 conflict, 8 limit exceeded, 9 not a store, 10 read-only, 75 busy");
    add_writers();
    add_readers();
    add_others();
  }

  std::variant<command, usage_mistake> run(std::vector<std::string> arguments) {
    take_verbatim_names(arguments);
    std::reverse(arguments.begin(), arguments.end());
    try {
      app_.parse(std::move(arguments));
      return finish_.at(chosen()->get_name())();
    } catch (const CLI::CallForHelp&) {
      return text_command{help()};
    } catch (const CLI::CallForVersion& version) {
      return text_command{version.what()};
    } catch (const CLI::Error& error) {
      return mistake(error.what());
    }
  }

 private:
  using finish_fn = std::function<command()>;

  // The command given on the line, or the program itself.
  [[nodiscard]] CLI::App* chosen() {
    const auto given = app_.get_subcommands();
    return given.empty() ? &app_ : given.front();
  }

  [[nodiscard]] std::string help() {
    auto* const app = chosen();
    return app == &app_ ? app->help() : app->help("stowage");
  }

  [[nodiscard]] usage_mistake mistake(std::string what) {
    if (const auto end = what.find('\n'); end != std::string::npos) what.resize(end);
    auto* const app = chosen();
    if (app == &app_) return {"command line", std::move(what), "see `stowage --help`"};
    return {app->get_name(), std::move(what), "see `stowage " + app->get_name() + " --help`"};
  }

  CLI::App& add_command(const std::string& name, const std::string& description, finish_fn finish) {
    auto& app = *app_.add_subcommand(name, description);
    app.set_help_flag("-h,--help", "Show this text");
    finish_[name] = std::move(finish);
    return app;
  }

  void add_store(CLI::App& app, std::string& store) {
    app.add_option("STORE", store, "The file of the store")->type_name("")->required();
  }

  // STORE, or where it is served.
  void add_store_or_server(CLI::App& app, std::string& store,
                           std::optional<server_address>& connect) {
    app.add_option("STORE", store, "The file of the store")->type_name("");
    app.add_option_function<std::string>(
           "--connect",
           [&connect](const std::string& text) {
             connect = parse_server_address(text);
             if (!connect)
               throw CLI::ValidationError{"--connect: \"" + text + "\" is not HOST:PORT"};
           },
           "In place of STORE: ask the server there; $STOWAGE_PASSWORD is its password")
        ->type_name("HOST:PORT");
  }

  // With --connect, what CLI11 took for STORE is the argument after it.
  void require_arguments(std::string& store, const std::optional<server_address>& connect,
                         const std::string& next_name = {}, std::string* next = nullptr) {
    const auto* const app = chosen();
    const bool has_first = app->count("STORE") > 0;
    const bool has_second = next != nullptr && app->count(next_name) > 0;
    if (!connect) {
      if (!has_first) throw CLI::RequiredError{"STORE"};
      return;
    }
    if (has_first && (next == nullptr || has_second))
      throw CLI::ValidationError{"--connect", "stands in place of STORE"};
    if (has_first) *next = std::exchange(store, {});
  }

  void add_out(CLI::App& app, std::string& out) {
    app.add_option("OUT", out, "The file of the new store; nothing may be there")
        ->type_name("")
        ->required();
  }

  void add_name(CLI::App& app, std::string& name) {
    app.add_option("NAME", name, "The block's name; any bytes")->type_name("")->required();
    add_hex_flag(app);
  }

  void add_hex_flag(CLI::App& app) {
    app.add_flag("--hex-name", hex_, "Names on the command line are hex digits");
  }

  void add_json_flag(CLI::App& app, bool& as_json) {
    app.add_flag("--json", as_json, "Print one JSON document");
  }

  [[nodiscard]] std::string decoded(const std::string& name) const {
    if (!hex_) return name;
    auto bytes = from_hex(name);
    if (!bytes) throw CLI::ValidationError{"the name \"" + name + "\" is not pairs of hex digits"};
    return *std::move(bytes);
  }

  void add_writers() {
    auto& create = add_command("create", "Create an empty store", [this] { return create_; });
    add_store(create, create_.store);

    auto& put = add_command("put", "Store a value and print its version", [this] {
      put_.name = decoded(put_.name);
      return put_;
    });
    add_store(put, put_.store);
    add_name(put, put_.name);
    put.add_option("FILE", put_.file, "The value's bytes; - is standard input, the default")
        ->type_name("");

    auto& remove = add_command("delete", "Remove blocks", [this] {
      delete_.names = all_names();
      return delete_;
    });
    add_store(remove, delete_.store);
    remove.add_option("NAME", first_name_, "The block's name; any bytes; more names may follow")
        ->type_name("")
        ->required();
    add_hex_flag(remove);
    // CLI11 would split a name like [a,b] if it took the others as an option of several values.
    remove.allow_extras();

    auto& commit = add_command("txn", "Commit puts and deletes as one transaction; lines on stdin",
                               [this] { return txn_; });
    add_store(commit, txn_.store);
    commit.footer(
        "Lines: put NAME FILE | delete NAME | expect NAME VERSION | expect NAME absent. Blanks "
        "separate\n"
        "fields; double quotes with \\n \\t \\\\ \\\" \\xHH; # begins a comment.");

    auto& from_files =
        add_command("import", "Store the regular files of a directory", [this] { return import_; });
    add_store(from_files, import_.store);
    from_files.add_option("DIR", import_.directory, "The directory")->type_name("")->required();
    from_files.add_option("--prefix", import_.prefix, "Stands before each name")->type_name("P");
    from_files.add_flag("--create", import_.create, "Create the store if nothing is at its path");
  }

  void add_readers() {
    auto& get = add_command("get", "Print a value", [this] {
      get_.name = decoded(get_.name);
      return get_;
    });
    add_store(get, get_.store);
    add_name(get, get_.name);
    get.add_option("-o", get_.file, "Write to this file")->type_name("FILE");
    add_number(get, "--offset", get_.offset, "Skip so many bytes");
    add_number(get, "--length", get_.length, "At most so many bytes");

    auto& list = add_command("list", "List names in byte order", [this] {
      list_.prefix = decoded(list_.prefix);
      list_.after = decoded(list_.after);
      return list_;
    });
    add_store(list, list_.store);
    list.add_option("PREFIX", list_.prefix, "Only names that start with it")->type_name("");
    list.add_option("--after", list_.after, "Only names greater than this one")->type_name("NAME");
    add_number(list, "--limit", list_.limit, "At most so many names");
    list.add_flag("--long", list_.as_long, "Print version, size and name");
    add_json_flag(list, list_.as_json);
    add_hex_flag(list);

    auto& stat = add_command("stat", "Describe a store or a block", [this] {
      std::string name;
      require_arguments(stat_.store, stat_.connect, "NAME", &name);
      const bool is_first = stat_.connect && chosen()->count("STORE") > 0;
      if (!stat_name_->empty()) name = stat_name_->as<std::string>();
      if (is_first || !stat_name_->empty()) stat_.name = decoded(name);
      return stat_;
    });
    add_store_or_server(stat, stat_.store, stat_.connect);
    stat_name_ = stat.add_option("NAME", "A block's name; any bytes")->type_name("");
    add_json_flag(stat, stat_.as_json);
    add_hex_flag(stat);

    auto& to_files = add_command("export", "Write blocks to files", [this] { return export_; });
    add_store(to_files, export_.store);
    to_files.add_option("DIR", export_.directory, "The directory; created if missing")
        ->type_name("")
        ->required();
    to_files
        .add_option("--prefix", export_.prefix,
                    "Only names that start with it; files are named by the rest")
        ->type_name("P");
  }

  void add_others() {
    auto& verify = add_command("verify", "Read and verify everything", [this] {
      require_arguments(verify_.store, verify_.connect);
      return verify_;
    });
    add_store_or_server(verify, verify_.store, verify_.connect);
    add_json_flag(verify, verify_.as_json);

    auto& rescue = add_command("salvage", "Copy what can be verified of a damaged store",
                               [this] { return salvage_; });
    add_store(rescue, salvage_.store);
    add_out(rescue, salvage_.out);
    rescue.footer(
        "STORE is only read. Blocks keep their versions; what is lost is listed on stderr, exit "
        "code 2.");

    auto& compact =
        add_command("compact", "Make the file about as long as what lives in it", [this] {
          require_arguments(compact_.store, compact_.connect);
          return compact_;
        });
    add_store_or_server(compact, compact_.store, compact_.connect);

    auto& copy = add_command(
        "backup", "Copy a store into a new one, dense and in the order of names", [this] {
          require_arguments(backup_.store, backup_.connect, "OUT", &backup_.out);
          // Not by CLI11, which takes the first of both for STORE.
          if (chosen()->count("STORE") + chosen()->count("OUT") <
              (backup_.connect ? std::size_t{1} : std::size_t{2}))
            throw CLI::RequiredError{"OUT"};
          return backup_;
        });
    add_store_or_server(copy, backup_.store, backup_.connect);
    copy.add_option("OUT", backup_.out, "The file of the new store; nothing may be there")
        ->type_name("");
    copy.footer(
        "Versions are kept. A damaged block is left out and named, exit code 2. With --connect, "
        "OUT "
        "is\na name in the server's backup-dir.");

    auto& inspect = add_command("inspect", "Show a part of the file", [this] { return inspect_; });
    add_store(inspect, inspect_.store);
    static const std::map<std::string, inspected_part> parts{
        {"superblock", inspected_part::superblock},
        {"journal", inspected_part::journal},
        {"checkpoint", inspected_part::checkpoint},
        {"extents", inspected_part::extents}};
    inspect
        .add_option_function<std::string>(
            "PART",
            [this](const std::string& name) {
              const auto part = parts.find(name);
              if (part == parts.end())
                throw CLI::ValidationError{"there is no part \"" + name + "\""};
              inspect_.part = part->second;
            },
            "superblock, journal, checkpoint or extents")
        ->type_name("")
        ->required();
    add_json_flag(inspect, inspect_.as_json);

    auto& map = add_command("map", "Draw a picture of the file", [this] { return map_; });
    add_store(map, map_.store);
    map.add_option("-o", map_.file, "Write the SVG to this file; - is standard output")
        ->type_name("FILE")
        ->required();

    auto& serve = add_command("serve", "Run a store until SIGTERM or SIGINT", [this] {
      if (!config_file_->empty()) serve_.config_file = config_file_->as<std::string>();
      return serve_;
    });
    config_file_ =
        serve.add_option("--config-file", "Read this config file; without one, defaults hold")
            ->type_name("FILE");

    auto& check = add_command("check-config", "Check a config file", [this] { return check_; });
    check.add_option("FILE", check_.file, "The config file")->type_name("")->required();
  }

  // Behind `--` everything is a name of `delete`, but CLI11 gives up there once STORE and the first NAME
  // are known. It gets only what it still needs for those.
  void take_verbatim_names(std::vector<std::string>& arguments) {
    if (arguments.empty() || arguments.front() != "delete") return;
    const auto mark = std::find(arguments.begin(), arguments.end(), "--");
    if (mark == arguments.end()) return;
    const auto given = std::count_if(arguments.begin() + 1, mark, [](const std::string& word) {
      return !word.starts_with('-') || word == "-";
    });
    const auto names = mark + 1 +
                       std::min(std::max(std::ptrdiff_t{2} - given, std::ptrdiff_t{0}),
                                arguments.end() - mark - 1);
    verbatim_names_.assign(names, arguments.end());
    arguments.erase(names == mark + 1 ? mark : names, arguments.end());
  }

  // What CLI11 had no place for are names, unless it looks like an option.
  [[nodiscard]] std::vector<std::string> all_names() {
    std::vector<std::string> names{decoded(first_name_)};
    for (const auto& extra : chosen()->remaining()) {
      if (extra == "--") continue;
      if (extra.size() > 1 && extra.front() == '-') throw CLI::ExtrasError{{extra}};
      names.push_back(decoded(extra));
    }
    for (const auto& name : verbatim_names_) names.push_back(decoded(name));
    return names;
  }

  CLI::App app_{"Named blocks in one crash-safe file"};
  std::map<std::string, finish_fn> finish_;
  bool hex_ = false;
  std::string first_name_;
  std::vector<std::string> verbatim_names_;
  CLI::Option* stat_name_ = nullptr;
  CLI::Option* config_file_ = nullptr;
  create_command create_;
  put_command put_;
  get_command get_;
  delete_command delete_;
  list_command list_;
  stat_command stat_;
  txn_command txn_;
  import_command import_;
  export_command export_;
  verify_command verify_;
  salvage_command salvage_;
  compact_command compact_;
  backup_command backup_;
  inspect_command inspect_;
  map_command map_;
  serve_command serve_;
  check_config_command check_;
};

}  // namespace

std::variant<command, usage_mistake> parse_command_line(std::vector<std::string> arguments) {
  return command_parser{}.run(std::move(arguments));
}

}  // namespace stowage::cli
