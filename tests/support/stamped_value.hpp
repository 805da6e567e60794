// Values that name the write they were made for, so that what is read back tells where it comes from.
//
// Contract: a stamp is unique to its write and says how long the value is: `LIFE.CLIENT.REQUEST.INDEX+BYTES`.
// `value_of` makes the bytes it stands for: the stamp, then bytes that follow from it and look random.
// `stamp_of` gives the stamp back only if every byte is as it was made.
// Concurrency: pure functions.
// Limits: an empty value carries no stamp; `stamp_of` answers `nameless_stamp`. Others have at least
// `stamped_bytes_min` bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stowage::test {

inline constexpr std::uint64_t stamped_bytes_min = 40;
inline constexpr std::string_view nameless_stamp = "+0";

[[nodiscard]] std::string make_stamp(std::uint64_t life, std::uint64_t client,
                                     std::uint64_t request, std::size_t index, std::uint64_t bytes);

[[nodiscard]] std::string value_of(const std::string& stamp);

/// Nothing if no write ever had this value.
[[nodiscard]] std::optional<std::string> stamp_of(std::string_view value);

/// How long the value of this stamp is.
[[nodiscard]] std::uint64_t bytes_of_stamp(std::string_view stamp);

}  // namespace stowage::test
