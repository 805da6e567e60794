#include <stowage/storage/core/errc.hpp>

#include <array>

namespace stowage {

namespace {

struct entry {
  std::string_view name;
  std::string_view sentence;
};

// Indexed by the code's number.
constexpr std::array<entry, errc_max + 1> table{{
    {"none", "no error"},
    {"not_found", "no such block"},
    {"conflict", "the block has another version than expected"},
    {"limit_exceeded", "a limit of the store is exceeded"},
    {"no_space", "no space is left for this write"},
    {"overloaded", "too many writes are in flight"},
    {"corrupt_block", "the block's bytes do not match their checksum"},
    {"corrupt", "the store is damaged"},
    {"journal_corrupt", "committed data in the journal is damaged"},
    {"not_a_store", "this is not a Stowage store"},
    {"unsupported_version", "the store's format is newer than this program"},
    {"locked", "another process or handle has the store open"},
    {"io_error", "the device failed"},
    {"permission_denied", "permission denied"},
    {"poisoned", "an earlier write failed and the store takes no more"},
    {"outcome_unknown", "whether the write took effect is unknown"},
    {"read_only", "the store is open read-only"},
    {"closed", "the store is closed"},
    {"already_exists", "something already exists at this path"},
    {"no_such_store", "no store is at this path"},
    {"invalid_argument", "the request is not valid"},
    {"snapshot_expired", "the snapshot was held longer than allowed"},
}};

}  // namespace

std::string_view name_of(errc code) noexcept {
  const auto number = static_cast<std::uint8_t>(code);
  return number <= errc_max ? table[number].name : "unknown";
}

std::string_view sentence_of(errc code) noexcept {
  const auto number = static_cast<std::uint8_t>(code);
  return number <= errc_max ? table[number].sentence : "an unknown error";
}

std::optional<errc> errc_from_name(std::string_view name) noexcept {
  for (std::uint8_t i = 0; i <= errc_max; ++i)
    if (table[i].name == name) return static_cast<errc>(i);
  return std::nullopt;
}

std::optional<errc> errc_from_integer(std::uint8_t number) noexcept {
  if (number > errc_max) return std::nullopt;
  return static_cast<errc>(number);
}

}  // namespace stowage
