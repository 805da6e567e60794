#include <stowage/cli/advice.hpp>
#include <stowage/cli/block_name.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/json_output.hpp>
#include <stowage/cli/offline_store.hpp>
#include <stowage/cli/progress.hpp>
#include <stowage/storage/read_block.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace stowage::cli {

namespace {

class verifier {
 public:
  verifier(const verify_command& what, offline_store& store, console& con)
      : what_{what}, store_{store}, con_{con}, progress_{con, "verifying", state().index.size()} {}

  void run() {
    check_metadata();
    // So that the disk is verified, and not what the system remembers of it.
    store_.device->drop_cache();
    state().index.for_each_from({}, [this](const block_ref& b) {
      check_block(*b);
      return true;
    });
    if (what_.as_json)
      print_json(con_, document());
    else
      con_.print(summary());
  }

 private:
  [[nodiscard]] const recovered_store& state() const noexcept { return store_.state; }

  void find(const failure& why) {
    con_.complain(what_.store, why);
    json row;
    if (!why.name.empty()) add_name(row, why.name);
    row["code"] = name_of(why.code);
    if (why.offset) row["offset"] = *why.offset;
    if (!why.detail.empty()) row["detail"] = json_text(why.detail);
    found_.push_back(std::move(row));
  }

  // What a reader gets along without, and the next open for writing repairs or gives up.
  void check_metadata() {
    // The console knows of it already.
    if (state().damage)
      found_.push_back({{"code", name_of(state().damage->code)},
                        {"offset", state().damage->offset.value_or(0)},
                        {"detail", json_text(state().damage->detail)}});
    if (state().superblock_slot_damaged)
      find(fail(errc::corrupt, "one of the two superblocks cannot be read"));
    if (state().used_previous_root) find(*state().used_previous_root);
    if (state().gave_up_previous_root) find(*state().gave_up_previous_root);
  }

  void check_block(const block& b) {
    ++blocks_;
    for (const auto& c : b.chunks()) {
      ++chunks_;
      buffer_.resize(std::max<std::size_t>(buffer_.size(), c.where.length));
      const mutable_byte_view bytes{buffer_.data(), c.where.length};
      auto matches = read(c, bytes, read_mode::cached);
      if (matches && !*matches) matches = read(c, bytes, read_mode::direct);
      if (matches && *matches) {
        bytes_ += c.where.length;
        continue;
      }
      auto why = matches ? fail_at(errc::corrupt_block, c.where.offset, {}) : matches.error();
      why.name = b.name();
      find(why);
    }
    progress_.advance(b.value_length());
  }

  result<bool> read(const chunk& c, mutable_byte_view bytes, read_mode mode) {
    return read_chunk(*store_.device, c, state().sb.hash_seed, bytes, mode);
  }

  [[nodiscard]] json document() const {
    json d;
    d["path"] = json_text(what_.store);
    d["ok"] = found_.empty();
    d["blocks"] = blocks_;
    d["chunks"] = chunks_;
    d["verified_bytes"] = bytes_;
    d["dropped_groups"] = state().dropped ? state().dropped->records : 0;
    d["found"] = found_;
    return d;
  }

  [[nodiscard]] std::string summary() const {
    return fmt::format("verified {} blocks, {} chunks, {} bytes: {}\n", blocks_, chunks_, bytes_,
                       found_.empty() ? "ok" : fmt::format("{} damaged", found_.size()));
  }

  const verify_command& what_;
  offline_store& store_;
  console& con_;
  progress progress_;
  std::vector<std::byte> buffer_;
  std::uint64_t blocks_ = 0;
  std::uint64_t chunks_ = 0;
  std::uint64_t bytes_ = 0;
  json found_ = json::array();
};

}  // namespace

void run(const verify_command& what, console& con) {
  auto store = open_offline(what.store, con);
  if (store) verifier{what, *store, con}.run();
}

}  // namespace stowage::cli
