#include <stowage/storage/verify_values.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/read_block.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace stowage {

namespace {

// Reading what lies between two chunks costs less than a read of its own.
constexpr std::uint64_t gap_bytes_max = 32 * limits::kib;

constexpr std::uint64_t run_bytes_max = limits::chunk_bytes_max;

struct placed_chunk {
  chunk what;
  /// Which of the blocks, and which chunk of the block.
  std::size_t block = 0;
  std::size_t number = 0;
};

class values_check {
 public:
  values_check(block_device& device, std::span<const block_ref> blocks, std::uint64_t seed)
      : device_{device}, blocks_{blocks}, seed_{seed} {
    for (std::size_t b = 0; b < blocks.size(); ++b)
      for (std::size_t n = 0; n < blocks[b]->chunks().size(); ++n)
        chunks_.push_back({blocks[b]->chunks()[n], b, n});
    std::ranges::sort(chunks_, {}, [](const placed_chunk& c) { return c.what.where.offset; });
  }

  verified_values run(const std::function<void(const failure&)>& report) {
    for (auto first = chunks_.cbegin(); first != chunks_.cend();) first = check_run(first);
    for (const auto& [place, why] : found_) report(why);
    done_.blocks = blocks_.size();
    done_.chunks = chunks_.size();
    return done_;
  }

 private:
  using iterator = std::vector<placed_chunk>::const_iterator;

  // The chunks from `first` on that one read covers; answers the first that it does not.
  iterator check_run(iterator first) {
    const auto start = first->what.where.offset;
    auto end = first->what.where.end();
    auto next = first + 1;
    while (next != chunks_.cend() && next->what.where.offset <= end + gap_bytes_max &&
           next->what.where.end() <= start + run_bytes_max)
      end = std::max(end, (next++)->what.where.end());
    bytes_.resize(std::max<std::size_t>(bytes_.size(), end - start));
    // What fails here fails again where a chunk is read by itself, and is told there.
    const auto got =
        device_.read(start, mutable_byte_view{bytes_}.first(end - start), read_mode::direct);
    const auto there = byte_view{bytes_}.first(got ? *got : 0);
    for (auto c = first; c != next; ++c) {
      const auto from = c->what.where.offset - start;
      const auto length = c->what.where.length;
      const bool matches = mutant("verified-without-comparing") ||
                           (from + length <= there.size() &&
                            checksum(there.subspan(from, length), seed_) == c->what.sum);
      if (matches || read_again(*c)) done_.bytes += length;
    }
    return next;
  }

  bool read_again(const placed_chunk& c) {
    again_.resize(std::max<std::size_t>(again_.size(), c.what.where.length));
    auto matches =
        read_chunk(device_, c.what, seed_, mutable_byte_view{again_}.first(c.what.where.length),
                   read_mode::direct);
    if (!matches) return find(c, std::move(matches).error());
    if (!*matches) return find(c, fail_at(errc::corrupt_block, c.what.where.offset, {}));
    return true;
  }

  bool find(const placed_chunk& c, failure why) {
    why.name = blocks_[c.block]->name();
    found_.emplace(std::pair{c.block, c.number}, std::move(why));
    return false;
  }

  block_device& device_;
  std::span<const block_ref> blocks_;
  std::uint64_t seed_;
  std::vector<placed_chunk> chunks_;
  std::vector<std::byte> bytes_;
  std::vector<std::byte> again_;
  std::map<std::pair<std::size_t, std::size_t>, failure> found_;
  verified_values done_;
};

}  // namespace

verified_values verify_values(block_device& device, std::span<const block_ref> blocks,
                              std::uint64_t seed,
                              const std::function<void(const failure&)>& report) {
  return values_check{device, blocks, seed}.run(report);
}

}  // namespace stowage
