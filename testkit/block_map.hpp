// The blocks of a store, in memory and nothing else: what a store double answers unless the test says otherwise.
//
// Contract: each request is answered as a store that has always room and never fails answers it, and takes effect at
// once: versions, expectations, ranges, order of names, expiry, limits of names and lists. A test holds it against the
// real one.
// Concurrency: a plain value; time is an argument.
// Limits: what is too large for one request is not refused; blocks that have expired are absent and stay in memory.
#pragma once

#include <stowage/messages/store.hpp>
#include <stowage/storage/core/result.hpp>
#include <stowage/testkit/store_printing.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stowage::testkit {

class block_map {
 public:
  struct block {
    payload value;
    version ver;
    std::uint64_t expires_at_ms = 0;
  };

  result<receipt> answer(const put_request& r, std::uint64_t now_ms);
  [[nodiscard]] result<block_value> answer(const get_request& r, std::uint64_t now_ms) const;
  result<receipt> answer(const delete_request& r, std::uint64_t now_ms);
  result<put_many_result> answer(const put_many_request& r, std::uint64_t now_ms);
  result<commit_receipt> answer(const commit_request& r, std::uint64_t now_ms);
  result<receipt> answer(const clear_request& r, std::uint64_t now_ms);
  [[nodiscard]] result<bool> answer(const exists_request& r, std::uint64_t now_ms) const;
  [[nodiscard]] result<block_stat> answer(const stat_request& r, std::uint64_t now_ms) const;
  [[nodiscard]] result<block_list> answer(const list_request& r, std::uint64_t now_ms) const;

  /// Puts a block there without any request.
  version set(const std::string& name, std::string value, std::uint64_t expires_at_ms = 0) {
    return put(name, payload{std::move(value)}, expires_at_ms);
  }

  [[nodiscard]] const std::map<std::string, block>& blocks() const noexcept { return blocks_; }
  [[nodiscard]] version last_version() const noexcept { return last_; }
  /// Everything that was ever changed, in order.
  [[nodiscard]] const std::vector<block_change>& changes() const noexcept { return changes_; }

 private:
  [[nodiscard]] const block* find(const std::string& name, std::uint64_t now_ms) const;
  [[nodiscard]] std::optional<failure> refusal(const std::string& name, bool removes,
                                               const std::optional<version>& expected,
                                               std::uint64_t now_ms) const;
  version put(const std::string& name, payload value, std::uint64_t expires_at_ms);
  version remove(const std::string& name);
  version note(const std::string& name, change_kind kind);

  std::map<std::string, block> blocks_;
  std::vector<block_change> changes_;
  version last_;
};

}  // namespace stowage::testkit
