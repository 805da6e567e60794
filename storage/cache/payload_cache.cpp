#include <stowage/storage/cache/payload_cache.hpp>

#include <stowage/storage/core/invariant.hpp>

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

namespace stowage {

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20U;

// Few enough that large payloads fit into a shard, and many enough that threads seldom meet in one.
constexpr std::uint64_t shard_bytes_wanted = 8 * mib;
constexpr std::uint64_t shards_max = 64;
constexpr std::uint64_t payload_part_min = 8;

// The share of what is new, as the paper has it.
constexpr std::uint64_t small_part = 10;
// What is new stays if it was asked for more often than this.
constexpr std::uint8_t uses_to_stay = 1;
constexpr std::uint8_t uses_max = 3;

constexpr std::size_t heads_min = 16;

// More than are remembered at a time, so that the places they may take are seldom all taken.
constexpr std::size_t ghosts_per_head = 2;
constexpr std::size_t places_per_ghost = 4;

// Memory that the payload's own counter takes, and the allocator for it and for entries.
constexpr std::uint64_t payload_overhead = 72;

std::uint64_t mixed(std::uint64_t x) noexcept {
  x ^= x >> 32U;
  x *= 0xd6e8feb86659fd93U;
  x ^= x >> 32U;
  x *= 0xd6e8feb86659fd93U;
  return x ^ (x >> 32U);
}

std::uint64_t hash_of(const payload_key& key) noexcept {
  return mixed(key.ver.value ^ mixed(key.where.offset));
}

}  // namespace

class alignas(64) payload_cache::shard {
 public:
  explicit shard(std::uint64_t bytes_max)
      : bytes_max_{bytes_max}, heads_(heads_min), ghosts_(ghosts_per_head * heads_min) {}

  std::optional<shared_bytes> find(std::uint64_t hash, const payload_key& key) {
    const std::lock_guard lock{mutex_};
    auto* e = find_entry(hash, key);
    add(e == nullptr ? misses_ : hits_, 1);
    if (e == nullptr) return std::nullopt;
    if (e->uses < uses_max) ++e->uses;
    return e->payload;
  }

  void insert(std::uint64_t hash, const payload_key& key, shared_bytes verified) {
    // Freed when the lock no longer is held.
    std::vector<shared_bytes> gone;
    const std::lock_guard lock{mutex_};
    if (find_entry(hash, key) != nullptr) return;
    const auto bytes = verified.size() + entry_overhead();
    while (bytes_.load(std::memory_order_relaxed) + bytes > bytes_max_)
      gone.push_back(let_one_go());
    auto& e = new_entry();
    e.key = key;
    e.hash = hash;
    e.payload = std::move(verified);
    e.uses = 0;
    e.same_head = std::exchange(head_of(hash), &e);
    put_into(take_ghost(hash), e);
    add(bytes_, bytes);
    add(entries_, 1);
    invariant(bytes_.load(std::memory_order_relaxed) <= bytes_max_,
              "I8: the cache stays within its bytes");
  }

  bool remove(std::uint64_t hash, const payload_key& key) {
    // Without the lock, for those who write and never read.
    if (entries_.load(std::memory_order_relaxed) == 0) return false;
    shared_bytes gone;
    const std::lock_guard lock{mutex_};
    auto* e = find_entry(hash, key);
    if (e == nullptr) return false;
    (e->is_in_main ? main_ : small_).remove(*e);
    gone = forget(*e);
    return true;
  }

  void count_into(counts& sum) const noexcept {
    sum.hits += hits_.load(std::memory_order_relaxed);
    sum.misses += misses_.load(std::memory_order_relaxed);
    sum.entries += entries_.load(std::memory_order_relaxed);
    sum.bytes += bytes_.load(std::memory_order_relaxed);
  }

  static std::uint64_t bytes_per_entry() noexcept {
    // And as many heads and ghosts that are not used, after the tables have doubled.
    return sizeof(entry) + 2 * (sizeof(void*) + ghosts_per_head * sizeof(ghost)) + payload_overhead;
  }

 private:
  struct entry {
    payload_key key;
    std::uint64_t hash = 0;
    shared_bytes payload;
    /// Of the entries with the same head, and in its queue.
    entry* same_head = nullptr;
    entry* newer = nullptr;
    entry* older = nullptr;
    std::uint8_t uses = 0;
    bool is_in_main = false;
  };

  /// What left the small queue, and when.
  struct ghost {
    std::uint32_t name = 0;
    std::uint32_t at = 0;
  };

  class queue {
   public:
    void push(entry& e) noexcept {
      e.newer = nullptr;
      e.older = newest_;
      (newest_ == nullptr ? oldest_ : newest_->newer) = &e;
      newest_ = &e;
      bytes_ += e.payload.size() + entry_overhead();
    }
    void remove(entry& e) noexcept {
      (e.older == nullptr ? oldest_ : e.older->newer) = e.newer;
      (e.newer == nullptr ? newest_ : e.newer->older) = e.older;
      bytes_ -= e.payload.size() + entry_overhead();
    }
    /// There must be one.
    entry& pop() noexcept {
      auto& e = *oldest_;
      remove(e);
      return e;
    }
    [[nodiscard]] bool empty() const noexcept { return oldest_ == nullptr; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

   private:
    entry* oldest_ = nullptr;
    entry* newest_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  // Only changed under the lock, and read without it.
  static void add(std::atomic<std::uint64_t>& count, std::uint64_t n) noexcept {
    count.store(count.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  entry*& head_of(std::uint64_t hash) noexcept { return heads_[hash & (heads_.size() - 1)]; }

  entry* find_entry(std::uint64_t hash, const payload_key& key) noexcept {
    auto* e = head_of(hash);
    while (e != nullptr && !(e->key == key)) e = e->same_head;
    return e;
  }

  entry& new_entry() {
    if (unused_ != nullptr) return *std::exchange(unused_, unused_->newer);
    if (all_.size() == heads_.size()) grow();
    return all_.emplace_back();
  }

  void grow() {
    heads_.assign(2 * heads_.size(), nullptr);
    for (auto& e : all_) e.same_head = std::exchange(head_of(e.hash), &e);
    ghosts_.assign(ghosts_per_head * heads_.size(), {});
  }

  // Room is needed, so there is an entry. The payload of the one that goes.
  shared_bytes let_one_go() noexcept {
    for (;;) {
      const bool from_small = main_.empty() || small_.bytes() > bytes_max_ / small_part;
      auto& e = (from_small ? small_ : main_).pop();
      if (from_small && e.uses > uses_to_stay) {
        e.uses = 0;
        put_into(true, e);
      } else if (!from_small && e.uses > 0) {
        --e.uses;
        put_into(true, e);
      } else {
        if (from_small) put_ghost(e.hash);
        return forget(e);
      }
    }
  }

  void put_into(bool main, entry& e) noexcept {
    e.is_in_main = main;
    (main ? main_ : small_).push(e);
  }

  // It is in no queue any more.
  shared_bytes forget(entry& e) noexcept {
    auto** at = &head_of(e.hash);
    while (*at != &e) at = &(*at)->same_head;
    *at = e.same_head;
    add(bytes_, std::uint64_t{0} - (e.payload.size() + entry_overhead()));
    add(entries_, std::uint64_t{0} - 1);
    e.newer = std::exchange(unused_, &e);
    return std::exchange(e.payload, {});
  }

  // A name has a few places to be; the oldest one there gives way. As many departures are remembered as there are
  // entries.
  std::span<ghost> places_of(std::uint64_t hash) noexcept {
    const auto first = (hash >> 16U) & (ghosts_.size() - 1) & ~(places_per_ghost - 1);
    return std::span{ghosts_}.subspan(first, places_per_ghost);
  }
  static std::uint32_t ghost_name(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash >> 32U) | 1U;
  }
  [[nodiscard]] std::uint32_t age_of(const ghost& g) const noexcept { return departures_ - g.at; }
  void put_ghost(std::uint64_t hash) noexcept {
    auto& oldest = *std::ranges::max_element(places_of(hash), {}, [this](const ghost& g) {
      return g.name == 0 ? UINT32_MAX : age_of(g);
    });
    oldest = {ghost_name(hash), ++departures_};
  }
  bool take_ghost(std::uint64_t hash) noexcept {
    for (auto& g : places_of(hash)) {
      if (g.name != ghost_name(hash)) continue;
      const bool is_recent = age_of(g) < entries_.load(std::memory_order_relaxed);
      g = {};
      return is_recent;
    }
    return false;
  }

  const std::uint64_t bytes_max_;
  std::mutex mutex_;
  /// Powers of two, at least as many as entries.
  std::vector<entry*> heads_;
  std::vector<ghost> ghosts_;
  /// As many as there ever were at a time.
  std::deque<entry> all_;
  entry* unused_ = nullptr;
  queue small_;
  queue main_;
  std::uint32_t departures_ = 0;
  std::atomic<std::uint64_t> hits_{0};
  std::atomic<std::uint64_t> misses_{0};
  std::atomic<std::uint64_t> entries_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

payload_cache::payload_cache(std::uint64_t bytes_max) {
  if (bytes_max == 0) return;
  const auto count =
      std::clamp(std::bit_floor(bytes_max / shard_bytes_wanted), std::uint64_t{1}, shards_max);
  const auto shard_bytes = bytes_max / count;
  payload_bytes_max_ = shard_bytes / payload_part_min;
  for (std::uint64_t i = 0; i < count; ++i) shards_.push_back(std::make_unique<shard>(shard_bytes));
}

payload_cache::~payload_cache() = default;

std::uint64_t payload_cache::entry_overhead() noexcept { return shard::bytes_per_entry(); }

// By other bits of the hash than the tables' within.
payload_cache::shard& payload_cache::shard_of(std::uint64_t hash) noexcept {
  return *shards_[(hash >> 56U) & (shards_.size() - 1)];
}

std::optional<shared_bytes> payload_cache::find(const payload_key& key) {
  if (!is_on()) return std::nullopt;
  const auto hash = hash_of(key);
  return shard_of(hash).find(hash, key);
}

void payload_cache::insert(const payload_key& key, shared_bytes verified) {
  if (!is_on() || verified.size() > payload_bytes_max_ ||
      verified.size() + entry_overhead() > payload_bytes_max_ * payload_part_min)
    return;
  const auto hash = hash_of(key);
  shard_of(hash).insert(hash, key, std::move(verified));
}

bool payload_cache::remove(const payload_key& old) {
  if (!is_on()) return false;
  const auto hash = hash_of(old);
  return shard_of(hash).remove(hash, old);
}

payload_cache::counts payload_cache::count() const noexcept {
  counts sum;
  for (const auto& s : shards_) s->count_into(sum);
  return sum;
}

}  // namespace stowage
