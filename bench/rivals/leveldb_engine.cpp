// LevelDB, as its documentation (doc/index.md) wants it.
//
// - block_cache of 512 MiB, a bloom filter of 10 bits, no compression (values are incompressible).
// - write_buffer_size of 64 MiB ("larger values increase performance, especially during bulk loads").
// - Puts without `sync`, then a write with `sync`: the "hybrid scheme where every Nth write is synchronous". Groups and
//   bulk loads as WriteBatch, which "may also be used to speed up bulk updates".
// - verify_checksums for reads, because the others verify; what is in the block cache was verified before.
// Whether that synchronous write also covers puts of a log file that was left full shortly before, LevelDB does not
// say: Stowage's flush does.
#include <stowage/bench/rivals/rivals.hpp>

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include <stdexcept>

namespace stowage::bench {

namespace {

constexpr std::size_t write_buffer_bytes = std::size_t{64} << 20U;
constexpr std::size_t batch_bytes_max = std::size_t{4} << 20U;
constexpr int filter_bits = 10;

void check(const leveldb::Status& status) {
  if (!status.ok()) throw std::runtime_error{"leveldb: " + status.ToString()};
}

leveldb::Slice as_slice(byte_view bytes) {
  const auto text = as_text(bytes);
  return {text.data(), text.size()};
}

class leveldb_engine final : public engine {
 public:
  explicit leveldb_engine(const engine_setup& setup)
      : cache_{leveldb::NewLRUCache(cache_bytes)},
        filter_{leveldb::NewBloomFilterPolicy(filter_bits)} {
    leveldb::Options options;
    options.create_if_missing = true;
    options.block_cache = cache_.get();
    options.filter_policy = filter_.get();
    options.compression = leveldb::kNoCompression;
    options.write_buffer_size = write_buffer_bytes;
    leveldb::DB* db = nullptr;
    check(leveldb::DB::Open(options, setup.directory, &db));
    db_.reset(db);
  }

  [[nodiscard]] std::string_view name() const override { return "leveldb"; }
  [[nodiscard]] std::string shape() const override {
    return "cache 512 MiB, write buffer 64 MiB, bloom filter; puts without sync, a synced write at "
           "the flush; groups as WriteBatch; reads verify checksums";
  }
  [[nodiscard]] std::unique_ptr<session> connect(const session_shape& shape) override;

  [[nodiscard]] leveldb::DB& db() noexcept { return *db_; }

 private:
  // The database goes first.
  std::unique_ptr<leveldb::Cache> cache_;
  std::unique_ptr<const leveldb::FilterPolicy> filter_;
  std::unique_ptr<leveldb::DB> db_;
};

class leveldb_session final : public session {
 public:
  leveldb_session(leveldb_engine& owner, std::size_t puts_together)
      : db_{&owner.db()}, puts_together_{puts_together} {
    synced_.sync = true;
    verified_.verify_checksums = true;
  }

  void put(std::uint64_t block, shared_bytes value) override {
    batch_.Put(block_name(block), as_slice(value.view()));
    if (++batched_ == puts_together_ || batch_.ApproximateSize() > batch_bytes_max)
      write(leveldb::WriteOptions{});
  }

  bench_clock::time_point flush() override {
    const auto accepted = bench_clock::now();
    write(synced_);
    return accepted;
  }

  void commit(std::span<const update> group) override {
    for (const auto& u : group) batch_.Put(block_name(u.block), as_slice(u.value.view()));
    write(synced_);
  }

  void put_durably(std::uint64_t block, const shared_bytes& value) override {
    check(db_->Put(synced_, block_name(block), as_slice(value.view())));
  }

  void read(std::uint64_t block, byte_view expected) override {
    check(db_->Get(verified_, block_name(block), &found_));
    require_equal("leveldb", block, as_bytes(found_), expected);
  }

 private:
  void write(const leveldb::WriteOptions& how) {
    check(db_->Write(how, &batch_));
    batch_.Clear();
    batched_ = 0;
  }

  leveldb::DB* db_;
  std::size_t puts_together_;
  leveldb::WriteOptions synced_;
  leveldb::ReadOptions verified_;
  leveldb::WriteBatch batch_;
  std::size_t batched_ = 0;
  std::string found_;
};

std::unique_ptr<session> leveldb_engine::connect(const session_shape& shape) {
  return std::make_unique<leveldb_session>(*this, shape.puts_together);
}

}  // namespace

std::unique_ptr<engine> make_leveldb(const engine_setup& setup) {
  return std::make_unique<leveldb_engine>(setup);
}

}  // namespace stowage::bench
