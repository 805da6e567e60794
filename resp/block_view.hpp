// Blocks as they were at one moment, and what commands make of them: what a transaction is decided on.
//
// Contract: first it learns of every name that will be asked for, with as much as is needed; then commands read
// and write, and see each other's writes. `decided` is the transaction that makes it so: it expects of each name
// that was asked for what was learned.
// Concurrency: a plain value.
// Limits: asking for more than was learned is a broken invariant.
#pragma once

#include <stowage/messages/store.hpp>
#include <stowage/storage/core/result.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace stowage::resp {

/// What a command has to know of a block before it can be decided.
enum class need : std::uint8_t {
  nothing,   ///< it is written, whatever it is
  presence,  ///< whether it is there, and its size
  value,
};

class block_view {
 public:
  /// `now_ms`: Unix time, for what expires.
  explicit block_view(std::uint64_t now_ms = 0) noexcept : now_ms_{now_ms} {}

  // -- learning ---------------------------------------------------------------------------------------
  void learn_absent(std::string_view name);
  void learn(std::string_view name, const block_stat& found);
  void learn(std::string_view name, const block_value& found);
  /// It cannot be read: whoever needs it fails with this.
  void learn_failure(std::string_view name, failure why);

  /// What was learned; version{} = absent. Nothing where it could not be read.
  [[nodiscard]] std::optional<version> version_of(std::string_view name) const;

  // -- commands ---------------------------------------------------------------------------------------
  /// Why the block cannot be read; a write heals it.
  [[nodiscard]] const failure* trouble(std::string_view name) const;
  [[nodiscard]] bool exists(std::string_view name) const;
  /// 0 if it is absent.
  [[nodiscard]] std::uint64_t size(std::string_view name) const;
  /// Empty if it is absent.
  [[nodiscard]] payload value(std::string_view name) const;
  /// Unix time in ms; 0 = never, or it is absent.
  [[nodiscard]] std::uint64_t expires_at_ms(std::string_view name) const;
  [[nodiscard]] std::uint64_t now_ms() const noexcept { return now_ms_; }
  void put(std::string_view name, payload value, std::uint64_t expires_at_ms = 0);
  void remove(std::string_view name);

  // -- the outcome ------------------------------------------------------------------------------------
  [[nodiscard]] bool writes_anything() const noexcept { return writes_; }
  /// As often as wanted.
  [[nodiscard]] transaction decided() const;

 private:
  struct entry {
    bool learned = false;
    version ver;
    std::optional<failure> why;

    bool is_there = false;
    std::uint64_t size = 0;
    std::uint64_t expires_at_ms = 0;
    /// Absent: only its presence is known.
    std::optional<payload> value;
    bool written = false;
  };

  [[nodiscard]] const entry& asked_for(std::string_view name) const;
  entry& at(std::string_view name);

  std::uint64_t now_ms_;
  std::map<std::string, entry, std::less<>> entries_;
  bool writes_ = false;
};

}  // namespace stowage::resp
