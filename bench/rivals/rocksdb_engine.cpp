// RocksDB, as its wiki wants it (Setup Options and Basic Tuning; BlobDB; Write Ahead Log Performance).
//
// - LRU cache of 512 MiB for blocks and blobs, full bloom filters of 10 bits, no compression.
// - Values of 4 KiB and more go to blob files ("key-value separation ... for workloads with large values"), with garbage
//   collection on, as its page advises for overwrites.
// - max_background_jobs = the machine's cores; write buffers of 64 MiB; WAL files are recycled, so that a sync need not
//   write the file's new length.
// - Puts without `sync`, then SyncWAL at the flush; groups and bulk loads as WriteBatch.
// - Where the workload syncs only on its flushes: disableWAL, and Flush of the memtables, which syncs what it writes.
// - Reads verify checksums (the default), and get pinned values, without a copy (PinnableSlice).
#include <stowage/bench/rivals/rivals.hpp>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace stowage::bench {

namespace {

constexpr std::size_t write_buffer_bytes = std::size_t{64} << 20U;
constexpr std::size_t batch_bytes_max = std::size_t{4} << 20U;
constexpr std::uint64_t blob_bytes_min = 4096;
constexpr int filter_bits = 10;
constexpr std::size_t recycled_logs = 4;

void check(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error{"rocksdb: " + status.ToString()};
}

rocksdb::Slice as_slice(byte_view bytes) {
  const auto text = as_text(bytes);
  return {text.data(), text.size()};
}

rocksdb::Options options_for(const engine_setup& setup) {
  const auto cores = static_cast<int>(std::max(2U, std::thread::hardware_concurrency()));
  const auto cache = rocksdb::NewLRUCache(cache_bytes);
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(filter_bits));
  rocksdb::Options options;
  options.create_if_missing = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = write_buffer_bytes;
  options.max_background_jobs = cores;
  options.recycle_log_file_num = recycled_logs;
  options.info_log_level = rocksdb::WARN_LEVEL;
  if (setup.value_bytes_max >= blob_bytes_min) {
    options.enable_blob_files = true;
    options.min_blob_size = blob_bytes_min;
    options.blob_compression_type = rocksdb::kNoCompression;
    options.enable_blob_garbage_collection = true;
    options.blob_cache = cache;
  }
  return options;
}

class rocksdb_engine final : public engine {
 public:
  explicit rocksdb_engine(const engine_setup& setup)
      : is_lazy_{setup.syncs_only_on_flush}, has_blobs_{setup.value_bytes_max >= blob_bytes_min} {
    rocksdb::DB* db = nullptr;
    check(rocksdb::DB::Open(options_for(setup), setup.directory, &db));
    db_.reset(db);
  }

  [[nodiscard]] std::string_view name() const override { return "rocksdb"; }
  [[nodiscard]] std::string shape() const override {
    return std::string{"cache 512 MiB, write buffers 64 MiB, bloom filter"} +
           (has_blobs_ ? ", blob files" : "") +
           (is_lazy_ ? "; disableWAL, Flush of the memtables at the flush"
                     : "; puts without sync, SyncWAL at the flush; groups as WriteBatch");
  }
  [[nodiscard]] std::unique_ptr<session> connect(const session_shape& shape) override;

  [[nodiscard]] rocksdb::DB& db() noexcept { return *db_; }
  [[nodiscard]] bool is_lazy() const noexcept { return is_lazy_; }

 private:
  bool is_lazy_;
  bool has_blobs_;
  std::unique_ptr<rocksdb::DB> db_;
};

class rocksdb_session final : public session {
 public:
  rocksdb_session(rocksdb_engine& owner, std::size_t puts_together)
      : db_{&owner.db()}, is_lazy_{owner.is_lazy()}, puts_together_{puts_together} {
    synced_.sync = true;
    unsynced_.disableWAL = is_lazy_;
  }

  void put(std::uint64_t block, shared_bytes value) override {
    if (puts_together_ == 1) {
      check(db_->Put(unsynced_, block_name(block), as_slice(value.view())));
      return;
    }
    check(batch_.Put(block_name(block), as_slice(value.view())));
    if (++batched_ == puts_together_ || batch_.GetDataSize() > batch_bytes_max) write(unsynced_);
  }

  bench_clock::time_point flush() override {
    if (batched_ > 0) write(unsynced_);
    const auto accepted = bench_clock::now();
    check(is_lazy_ ? db_->Flush(rocksdb::FlushOptions{}) : db_->SyncWAL());
    return accepted;
  }

  void commit(std::span<const update> group) override {
    for (const auto& u : group) check(batch_.Put(block_name(u.block), as_slice(u.value.view())));
    write(synced_);
  }

  void put_durably(std::uint64_t block, const shared_bytes& value) override {
    check(db_->Put(synced_, block_name(block), as_slice(value.view())));
  }

  void read(std::uint64_t block, byte_view expected) override {
    found_.Reset();
    check(db_->Get(rocksdb::ReadOptions{}, db_->DefaultColumnFamily(), block_name(block), &found_));
    require_equal("rocksdb", block, as_bytes({found_.data(), found_.size()}), expected);
  }

 private:
  void write(const rocksdb::WriteOptions& how) {
    check(db_->Write(how, &batch_));
    batch_.Clear();
    batched_ = 0;
  }

  rocksdb::DB* db_;
  bool is_lazy_;
  std::size_t puts_together_;
  rocksdb::WriteOptions synced_;
  rocksdb::WriteOptions unsynced_;
  rocksdb::WriteBatch batch_;
  std::size_t batched_ = 0;
  rocksdb::PinnableSlice found_;
};

std::unique_ptr<session> rocksdb_engine::connect(const session_shape& shape) {
  return std::make_unique<rocksdb_session>(*this, shape.puts_together);
}

}  // namespace

std::unique_ptr<engine> make_rocksdb(const engine_setup& setup) {
  return std::make_unique<rocksdb_engine>(setup);
}

}  // namespace stowage::bench
