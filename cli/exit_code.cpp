#include <stowage/cli/exit_code.hpp>

#include <array>

namespace stowage::cli {

namespace {

// Indexed by the code's number.
constexpr std::array<exit_code, errc_max + 1> table{
    exit_code::ok,           // none
    exit_code::not_found,    // not_found
    exit_code::conflict,     // conflict
    exit_code::limit,        // limit_exceeded
    exit_code::no_space,     // no_space
    exit_code::busy,         // overloaded
    exit_code::damaged,      // corrupt_block
    exit_code::damaged,      // corrupt
    exit_code::damaged,      // journal_corrupt
    exit_code::not_a_store,  // not_a_store
    exit_code::not_a_store,  // unsupported_version
    exit_code::locked,       // locked
    exit_code::failed,       // io_error
    exit_code::failed,       // permission_denied
    exit_code::failed,       // poisoned
    exit_code::failed,       // outcome_unknown
    exit_code::read_only,    // read_only
    exit_code::failed,       // closed
    exit_code::conflict,     // already_exists
    exit_code::not_found,    // no_such_store
    exit_code::usage,        // invalid_argument
    exit_code::busy,         // snapshot_expired
};

}  // namespace

exit_code exit_code_of(errc code) noexcept {
  const auto number = static_cast<std::uint8_t>(code);
  return number <= errc_max ? table[number] : exit_code::failed;
}

}  // namespace stowage::cli
