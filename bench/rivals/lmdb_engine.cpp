// LMDB, as lmdb.h wants it.
//
// - A map of a fixed, ample size (mdb_env_set_mapsize): it is address space, not memory. LMDB has no cache of its own;
//   the page cache holds the map.
// - A write transaction of many puts where the workload lets puts wait for each other, because each commit of its own
//   writes the path to the root. A default environment syncs data and meta page on each commit.
// - Where the workload syncs only on its flushes: MDB_NOSYNC and mdb_env_sync at the flush, with commits of 1000 puts in
//   between. A power failure before the flush may then corrupt the file, which Stowage's would not be. There with
//   MDB_WRITEMAP ("uses fewer mallocs"), which is as fast or up to five times as fast; where each commit syncs, it is
//   several times slower (both measured here), so it is left out there.
// - MDB_APPEND for keys in ascending order ("this option allows fast bulk loading when keys are already known to be in
//   the correct order").
// - Read transactions are kept and renewed (mdb_txn_renew); MDB_NOTLS, because each session has its own.
// Values are not verified: LMDB has no checksums.
#include <stowage/bench/rivals/rivals.hpp>

#include <lmdb.h>

#include <stdexcept>
#include <utility>

namespace stowage::bench {

namespace {

constexpr std::size_t map_bytes = std::size_t{64} << 30U;
constexpr std::size_t commit_every = 1000;

void check(int code) {
  if (code != MDB_SUCCESS) throw std::runtime_error{std::string{"lmdb: "} + mdb_strerror(code)};
}

MDB_val as_val(byte_view bytes) {
  // The C interface has no const.
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};
}

class lmdb_engine final : public engine {
 public:
  explicit lmdb_engine(const engine_setup& setup) : is_lazy_{setup.syncs_only_on_flush} {
    check(mdb_env_create(&env_));
    check(mdb_env_set_mapsize(env_, map_bytes));
    check(mdb_env_open(env_, setup.directory.c_str(),
                       MDB_NOTLS | (is_lazy_ ? MDB_NOSYNC | MDB_WRITEMAP : 0U), 0600));
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &txn));
    check(mdb_dbi_open(txn, nullptr, 0, &blocks_));
    check(mdb_txn_commit(txn));
  }
  ~lmdb_engine() override { mdb_env_close(env_); }

  [[nodiscard]] std::string_view name() const override { return "lmdb"; }
  [[nodiscard]] std::string shape() const override {
    return is_lazy_ ? "MDB_NOSYNC, MDB_WRITEMAP, a transaction for up to 1000 puts, mdb_env_sync "
                      "at the flush"
                    : "a synced transaction for the puts up to a flush; the page cache as cache";
  }
  [[nodiscard]] std::unique_ptr<session> connect(const session_shape& shape) override;

  [[nodiscard]] MDB_env* env() const noexcept { return env_; }
  [[nodiscard]] MDB_dbi blocks() const noexcept { return blocks_; }
  [[nodiscard]] bool is_lazy() const noexcept { return is_lazy_; }

 private:
  bool is_lazy_;
  MDB_env* env_ = nullptr;
  MDB_dbi blocks_ = 0;
};

class lmdb_session final : public session {
 public:
  lmdb_session(lmdb_engine& owner, bool is_ascending)
      : owner_{&owner}, flags_{is_ascending ? unsigned{MDB_APPEND} : 0U} {}
  ~lmdb_session() override {
    if (writing_ != nullptr) mdb_txn_abort(writing_);
    if (reading_ != nullptr) mdb_txn_abort(reading_);
  }

  void put(std::uint64_t block, shared_bytes value) override {
    begin();
    write(block, value.view());
    if (owner_->is_lazy() && ++uncommitted_ == commit_every) end();
  }

  bench_clock::time_point flush() override {
    const auto accepted = bench_clock::now();
    end();
    if (owner_->is_lazy()) check(mdb_env_sync(owner_->env(), 1));
    return accepted;
  }

  void commit(std::span<const update> group) override {
    begin();
    for (const auto& u : group) write(u.block, u.value.view());
    flush();
  }

  void put_durably(std::uint64_t block, const shared_bytes& value) override {
    begin();
    write(block, value.view());
    flush();
  }

  void read(std::uint64_t block, byte_view expected) override {
    if (writing_ != nullptr) {
      compare(writing_, block, expected);
      return;
    }
    if (reading_ == nullptr)
      check(mdb_txn_begin(owner_->env(), nullptr, MDB_RDONLY, &reading_));
    else
      check(mdb_txn_renew(reading_));
    compare(reading_, block, expected);
    mdb_txn_reset(reading_);
  }

 private:
  void begin() {
    if (writing_ == nullptr) check(mdb_txn_begin(owner_->env(), nullptr, 0, &writing_));
  }
  void end() {
    if (writing_ == nullptr) return;
    // Whatever comes of it, the transaction is no more.
    check(mdb_txn_commit(std::exchange(writing_, nullptr)));
    uncommitted_ = 0;
  }
  void write(std::uint64_t block, byte_view value) {
    const auto name = block_name(block);
    auto key = as_val(as_bytes(name));
    auto data = as_val(value);
    check(mdb_put(writing_, owner_->blocks(), &key, &data, flags_));
  }
  void compare(MDB_txn* txn, std::uint64_t block, byte_view expected) {
    const auto name = block_name(block);
    auto key = as_val(as_bytes(name));
    MDB_val found{};
    check(mdb_get(txn, owner_->blocks(), &key, &found));
    require_equal("lmdb", block, {static_cast<const std::byte*>(found.mv_data), found.mv_size},
                  expected);
  }

  lmdb_engine* owner_;
  unsigned flags_;
  MDB_txn* writing_ = nullptr;
  MDB_txn* reading_ = nullptr;
  std::size_t uncommitted_ = 0;
};

std::unique_ptr<session> lmdb_engine::connect(const session_shape& shape) {
  return std::make_unique<lmdb_session>(*this, shape.ascending);
}

}  // namespace

std::unique_ptr<engine> make_lmdb(const engine_setup& setup) {
  return std::make_unique<lmdb_engine>(setup);
}

}  // namespace stowage::bench
