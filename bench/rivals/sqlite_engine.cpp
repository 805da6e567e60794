// SQLite, as its documentation (pragma.html, wal.html, intern-v-extern-blob.html) wants it.
//
// - journal_mode = WAL, whose readers do not wait for writers; synchronous = FULL, which syncs the WAL on each commit
//   (NORMAL would lose durability on power failure).
// - A page of 8 KiB ("8192 or 16384 give the best performance for large BLOB I/O"), a cache of 512 MiB, memory-mapped
//   reads. A table with a rowid, because WITHOUT ROWID is for rows smaller than a twentieth of a page.
// - One transaction for many puts where the workload lets puts wait for each other.
// - Where the workload syncs only on its flushes: synchronous = NORMAL, and a checkpoint at the flush, which syncs the
//   WAL before and the database after.
// - One connection a thread, serialized by a mutex for writes: SQLite has one writer, and who finds it busy would sleep.
// Values are not verified: checksums are an extension that Debian does not bring.
#include <stowage/bench/rivals/rivals.hpp>

#include <sqlite3.h>

#include <mutex>
#include <stdexcept>
#include <utility>

namespace stowage::bench {

namespace {

constexpr std::size_t commit_every = 1000;

[[noreturn]] void fail(sqlite3* db) {
  throw std::runtime_error{std::string{"sqlite: "} + sqlite3_errmsg(db)};
}

class connection {
 public:
  connection(const std::string& path, bool is_lazy) {
    if (sqlite3_open_v2(path.c_str(), &db_,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        nullptr) != SQLITE_OK)
      fail(db_);
    execute("PRAGMA page_size = 8192");
    execute("PRAGMA journal_mode = WAL");
    execute(is_lazy ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
    execute("PRAGMA cache_size = -524288");
    execute("PRAGMA mmap_size = 2147418112");
    execute(
        "CREATE TABLE IF NOT EXISTS blocks (name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL)");
    prepare("INSERT INTO blocks VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2", put_);
    prepare("SELECT value FROM blocks WHERE name = ?1", get_);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() {
    (void)sqlite3_finalize(put_);
    (void)sqlite3_finalize(get_);
    (void)sqlite3_close(db_);
  }

  void execute(const char* statement) {
    if (sqlite3_exec(db_, statement, nullptr, nullptr, nullptr) != SQLITE_OK) fail(db_);
  }

  void put(std::uint64_t block, byte_view value) {
    bind_name(put_, block);
    if (sqlite3_bind_blob64(put_, 2, value.data(), value.size(), SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(put_) != SQLITE_DONE)
      fail(db_);
    (void)sqlite3_reset(put_);
  }

  void compare(std::uint64_t block, byte_view expected) {
    bind_name(get_, block);
    if (sqlite3_step(get_) != SQLITE_ROW) fail(db_);
    const auto* const bytes = static_cast<const std::byte*>(sqlite3_column_blob(get_, 0));
    const auto length = static_cast<std::size_t>(sqlite3_column_bytes(get_, 0));
    require_equal("sqlite", block, {bytes, length}, expected);
    (void)sqlite3_reset(get_);
  }

 private:
  void prepare(const char* text, sqlite3_stmt*& statement) {
    if (sqlite3_prepare_v2(db_, text, -1, &statement, nullptr) != SQLITE_OK) fail(db_);
  }
  void bind_name(sqlite3_stmt* statement, std::uint64_t block) {
    const auto name = block_name(block);
    if (sqlite3_bind_text(statement, 1, name.data(), static_cast<int>(name.size()),
                          SQLITE_TRANSIENT) != SQLITE_OK)
      fail(db_);
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* put_ = nullptr;
  sqlite3_stmt* get_ = nullptr;
};

class sqlite_engine final : public engine {
 public:
  explicit sqlite_engine(const engine_setup& setup)
      : path_{setup.directory + "/blocks.db"},
        is_lazy_{setup.syncs_only_on_flush},
        // Keeps the WAL while sessions come and go.
        first_{path_, is_lazy_} {}

  [[nodiscard]] std::string_view name() const override { return "sqlite"; }
  [[nodiscard]] std::string shape() const override {
    return std::string{"WAL, pages of 8 KiB, cache 512 MiB; "} +
           (is_lazy_ ? "synchronous = NORMAL, transactions of 1000 puts, a checkpoint at the flush"
                     : "synchronous = FULL, a transaction for the puts up to a flush");
  }
  [[nodiscard]] std::unique_ptr<session> connect(const session_shape& shape) override;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] bool is_lazy() const noexcept { return is_lazy_; }
  [[nodiscard]] std::mutex& writer() noexcept { return writer_; }

 private:
  std::string path_;
  bool is_lazy_;
  std::mutex writer_;
  connection first_;
};

class sqlite_session final : public session {
 public:
  explicit sqlite_session(sqlite_engine& owner)
      : owner_{&owner}, connection_{owner.path(), owner.is_lazy()} {}

  void put(std::uint64_t block, shared_bytes value) override {
    begin();
    connection_.put(block, value.view());
    if (owner_->is_lazy() && ++uncommitted_ == commit_every) end();
  }

  bench_clock::time_point flush() override {
    const auto accepted = bench_clock::now();
    end();
    if (owner_->is_lazy()) connection_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    return accepted;
  }

  void commit(std::span<const update> group) override {
    begin();
    for (const auto& u : group) connection_.put(u.block, u.value.view());
    flush();
  }

  void put_durably(std::uint64_t block, const shared_bytes& value) override {
    begin();
    connection_.put(block, value.view());
    flush();
  }

  void read(std::uint64_t block, byte_view expected) override {
    connection_.compare(block, expected);
  }

 private:
  void begin() {
    if (turn_.owns_lock()) return;
    turn_ = std::unique_lock{owner_->writer()};
    connection_.execute("BEGIN IMMEDIATE");
  }
  void end() {
    if (!turn_.owns_lock()) return;
    connection_.execute("COMMIT");
    turn_.unlock();
    uncommitted_ = 0;
  }

  sqlite_engine* owner_;
  connection connection_;
  std::unique_lock<std::mutex> turn_;
  std::size_t uncommitted_ = 0;
};

std::unique_ptr<session> sqlite_engine::connect(const session_shape& /*shape*/) {
  return std::make_unique<sqlite_session>(*this);
}

}  // namespace

std::unique_ptr<engine> make_sqlite(const engine_setup& setup) {
  return std::make_unique<sqlite_engine>(setup);
}

}  // namespace stowage::bench
