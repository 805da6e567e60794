#include <stowage/cli/advice.hpp>

#include <stowage/cli/block_name.hpp>

#include <array>
#include <cstring>
#include <utility>

namespace stowage::cli {

namespace {

// Indexed by the code's number.
constexpr std::array<std::string_view, errc_max + 1> things_to_do{
    "nothing needs to be done",                                               // none
    "see what is there with `stowage list`",                                  // not_found
    "read the block again and decide anew",                                   // conflict
    "names have 1 to 1024 bytes and values at most 64 MiB",                   // limit_exceeded
    "make room on the file system, or delete blocks",                         // no_space
    "try again in a moment",                                                  // overloaded
    "put the block again from its source, or delete it",                      // corrupt_block
    "keep the file; restore a copy, or run `stowage salvage`",                // corrupt
    "keep the file; `export` reads what precedes it, `salvage` saves more",   // journal_corrupt
    "check the path; the file was not touched",                               // not_a_store
    "use a newer stowage; the file was not touched",                          // unsupported_version
    "stop whoever uses the store, then try again",                            // locked
    "see the system's log, then check the store with `stowage verify`",       // io_error
    "run as a user who may access it",                                        // permission_denied
    "close the store, repair its disk, then check it with `stowage verify`",  // poisoned
    "look at the block before trying again",                                  // outcome_unknown
    "open it where it may be written",                                        // read_only
    "open the store again",                                                   // closed
    "choose another path, or remove what is there",                           // already_exists
    "check the path, or make a store with `stowage create`",                  // no_such_store
    "correct the command line",                                               // invalid_argument
    "try again",                                                              // snapshot_expired
};

std::string show(version v) {
  return v == version{} ? std::string{"absent"} : "version " + std::to_string(v.value);
}

}  // namespace

std::string what_is_wrong(const failure& why, std::string_view subject) {
  std::string more;
  const auto add = [&more](std::string_view text) {
    if (!more.empty()) more += ", ";
    more += text;
  };
  if (!why.name.empty()) add("block " + show_name(why.name));
  if (!why.detail.empty() && why.detail != subject) add(why.detail);
  if (why.code == errc::conflict)
    add("expected " + show(why.expected) + ", found " + show(why.actual));
  if (why.offset) add("offset " + std::to_string(*why.offset));
  if (why.os_error != 0) add(std::strerror(why.os_error));
  std::string what{sentence_of(why.code)};
  if (!more.empty()) what += " (" + more + ")";
  return what;
}

std::string_view what_to_do(errc code) noexcept {
  const auto number = static_cast<std::uint8_t>(code);
  return number <= errc_max ? things_to_do[number] : "report this";
}

}  // namespace stowage::cli
