#include <stowage/cli/advice.hpp>
#include <stowage/cli/block_name.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/json_output.hpp>
#include <stowage/cli/maintenance_output.hpp>
#include <stowage/cli/offline_store.hpp>
#include <stowage/cli/progress.hpp>
#include <stowage/cli/remote_commands.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/metadata_check.hpp>
#include <stowage/storage/verify_values.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace stowage::cli {

namespace {

// So much is read in the order in which it lies in the file.
constexpr std::uint64_t values_bytes_together = 64 * limits::mib;
constexpr std::size_t blocks_together = 100'000;

class verifier {
 public:
  verifier(const verify_command& what, offline_store& store, console& con)
      : what_{what}, store_{store}, con_{con}, progress_{con, "verifying", state().index.size()} {}

  void run() {
    check_metadata();
    std::vector<block_ref> blocks;
    std::uint64_t bytes = 0;
    state().index.for_each_from({}, [&](const block_ref& b) {
      blocks.push_back(b);
      bytes += b->value_length();
      if (bytes < values_bytes_together && blocks.size() < blocks_together) return true;
      check_values(blocks, std::exchange(bytes, 0));
      blocks.clear();
      return true;
    });
    check_values(blocks, bytes);
    if (what_.as_json)
      print_json(con_, verified_document(what_.store, result_so_far(),
                                         state().dropped ? state().dropped->records : 0, found_));
    else
      con_.print(verified_line(result_so_far()));
  }

 private:
  [[nodiscard]] const recovered_store& state() const noexcept { return store_.state; }

  void find(const failure& why) {
    con_.complain(what_.store, why);
    found_.push_back(describe_found(why));
  }

  // What a reader gets along without, and the next open for writing repairs or gives up.
  void check_metadata() {
    const auto& damage = state().damage;
    // The console knows of it already.
    if (damage)
      found_.push_back({{"code", name_of(damage->code)},
                        {"offset", damage->offset.value_or(0)},
                        {"detail", json_text(damage->detail)}});
    // A reader of a file that nobody writes: no root is named meanwhile.
    metadata_check check{lsn{}};
    while (!check.is_over())
      if (auto done = check.step(*store_.device); !done) return find(done.error());
    for (const auto& why : check.found())
      if (!damage || why.code != damage->code || why.offset != damage->offset) find(why);
    if (check.found().empty() && state().gave_up_previous_root)
      find(*state().gave_up_previous_root);
  }

  void check_values(const std::vector<block_ref>& blocks, std::uint64_t bytes) {
    const auto done = verify_values(*store_.device, blocks, state().sb.hash_seed,
                                    [this](const failure& why) { find(why); });
    values_.blocks += done.blocks;
    values_.chunks += done.chunks;
    values_.bytes += done.bytes;
    progress_.advance(bytes, blocks.size());
  }

  [[nodiscard]] verify_result result_so_far() const {
    verify_result done;
    done.blocks = values_.blocks;
    done.chunks = values_.chunks;
    done.verified_bytes = values_.bytes;
    done.found_count = found_.size();
    return done;
  }

  const verify_command& what_;
  offline_store& store_;
  console& con_;
  progress progress_;
  verified_values values_;
  json found_ = json::array();
};

}  // namespace

void run(const verify_command& what, console& con) {
  if (what.connect) return run_remote(what, *what.connect, con);
  auto store = open_offline(what.store, con);
  if (store) verifier{what, *store, con}.run();
}

}  // namespace stowage::cli
