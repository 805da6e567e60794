// A transaction: writes of many blocks and what has to be true for them.
//
// Contract: a value. Writes take effect in the order they were added, all of them or none. Expectations are
// about the state before the transaction, wherever they were added.
// Concurrency: a plain value.
// Limits: 65,536 writes and as many expectations, 64 MiB of values, 8 MiB of names; the store refuses more
// (limit_exceeded), this type does not.
#pragma once

#include <stowage/messages/ids.hpp>
#include <stowage/messages/payload.hpp>
#include <stowage/messages/type_ids.hpp>
#include <stowage/storage/core/export.hpp>
#include <stowage/storage/core/types.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace STOWAGE_EXPORT stowage {

/// What a `commit_request` carries.
class transaction {
 public:
  /// A put or a delete.
  struct write {
    std::string name;
    payload value;
    /// A delete: `value` is empty.
    bool removes = false;
    /// See `put_request`.
    std::uint64_t expires_at_ms = 0;
  };
  /// What has to be true of a block.
  struct expectation {
    std::string name;
    /// version{} = there is no such block.
    version ver;
  };

  /// `expires_at_ms` is Unix time in ms, 0 = never.
  transaction& put(std::string name, payload value, std::uint64_t expires_at_ms = 0) {
    writes_.push_back({std::move(name), std::move(value), false, expires_at_ms});
    return *this;
  }
  /// Nothing happens where there is no such block.
  transaction& remove(std::string name) {
    writes_.push_back({std::move(name), {}, true, 0});
    return *this;
  }
  /// Nothing of the transaction happens unless the block has this version.
  transaction& expect(std::string name, version ver) {
    expectations_.push_back({std::move(name), ver});
    return *this;
  }
  transaction& expect_absent(std::string name) { return expect(std::move(name), version{}); }

  [[nodiscard]] const std::vector<write>& writes() const noexcept { return writes_; }
  [[nodiscard]] const std::vector<expectation>& expectations() const noexcept {
    return expectations_;
  }
  [[nodiscard]] bool empty() const noexcept { return writes_.empty() && expectations_.empty(); }

  /// Gives the writes away.
  [[nodiscard]] std::vector<write> take_writes() && { return std::move(writes_); }

  template <class Inspector>
  friend bool inspect(Inspector& f, transaction& x) {
    return f.object(x).fields(f.field("writes", x.writes_),
                              f.field("expectations", x.expectations_));
  }

 private:
  std::vector<write> writes_;
  std::vector<expectation> expectations_;
};

template <class Inspector>
bool inspect(Inspector& f, transaction::write& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("value", x.value),
                            f.field("removes", x.removes),
                            f.field("expires-at-ms", x.expires_at_ms));
}
template <class Inspector>
bool inspect(Inspector& f, transaction::expectation& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("version", x.ver));
}

}  // namespace stowage
