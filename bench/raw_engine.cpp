// Raw: no names, no versions, no checksums, no recovery. What the same bytes cost the device and the kernel.
#include <stowage/bench/engines.hpp>

#include <stowage/bench/group_committer.hpp>
#include <stowage/bench/raw_file.hpp>
#include <stowage/bench/require.hpp>
#include <stowage/storage/core/types.hpp>

#include <sys/mman.h>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <vector>

namespace stowage::bench {

namespace {

enum class reads { by_call, by_mapping };

class raw_engine final : public engine {
 public:
  raw_engine(const engine_setup& setup, reads how)
      : how_{how},
        file_{setup.directory + "/raw.bin", setup.raw_file_bytes},
        places_(setup.blocks) {
    if (setup.writers > 1) committer_.emplace(file_);
    if (how == reads::by_mapping) {
      mapping_ = ::mmap(nullptr, file_.size(), PROT_READ, MAP_SHARED | MAP_POPULATE,
                        file_.descriptor_number(), 0);
      require(mapping_ != MAP_FAILED, "mmap");
    }
  }
  ~raw_engine() override {
    if (how_ == reads::by_mapping) (void)::munmap(mapping_, file_.size());
  }

  [[nodiscard]] std::string_view name() const override {
    return how_ == reads::by_call ? "raw" : "raw mapped";
  }
  [[nodiscard]] std::string shape() const override {
    if (how_ == reads::by_mapping) return "reads of a mapping of the file";
    return committer_
               ? "threads hand values to one that writes all it finds and syncs once"
               : "pwrite into a written file whose pages are hot in the cache, fdatasync; pread";
  }
  [[nodiscard]] std::unique_ptr<session> connect(const session_shape& shape) override;
  [[nodiscard]] std::uint64_t syncs() override { return file_.syncs(); }

 private:
  friend class raw_session;

  struct place {
    std::uint64_t at = 0;
    std::uint64_t length = 0;
  };

  reads how_;
  raw_file file_;
  std::vector<place> places_;
  std::optional<group_committer> committer_;
  void* mapping_ = nullptr;
};

// Each value with a call of its own; of values smaller than a page, a page of them.
class raw_session final : public session {
 public:
  explicit raw_session(raw_engine& owner) : owner_{&owner} {}

  void put(std::uint64_t block, shared_bytes value) override {
    if (value.size() >= page_size) {
      // In their order: what waits may be of the same block.
      write_out();
      owner_->places_[block] = {owner_->file_.append(value.view()), value.size()};
      return;
    }
    bytes_together_ += value.size();
    together_.push_back({block, std::move(value)});
    if (bytes_together_ >= page_size) write_out();
  }

  bench_clock::time_point flush() override {
    write_out();
    const auto accepted = bench_clock::now();
    owner_->file_.sync();
    return accepted;
  }

  void commit(std::span<const update> group) override {
    write(group);
    owner_->file_.sync();
  }

  void put_durably(std::uint64_t block, const shared_bytes& value) override {
    if (owner_->committer_) {
      owner_->places_[block] = {owner_->committer_->write_durably(value.view()), value.size()};
      return;
    }
    owner_->places_[block] = {owner_->file_.append(value.view()), value.size()};
    owner_->file_.sync();
  }

  void read(std::uint64_t block, byte_view expected) override {
    write_out();
    const auto [at, length] = owner_->places_[block];
    // There is no room for ever, and nothing that moves what lives: what has been written over is gone.
    if (!owner_->file_.holds(at)) return;
    if (owner_->how_ == reads::by_mapping) {
      const auto* const mapped = static_cast<const std::byte*>(owner_->mapping_);
      require_equal(owner_->name(), block, {mapped + owner_->file_.offset_of(at), length},
                    expected);
      return;
    }
    read_.resize(length);
    owner_->file_.read(at, read_);
    require_equal(owner_->name(), block, read_, expected);
  }

  void settle() override { write_out(); }

 private:
  void write(std::span<const update> group) {
    views_.clear();
    for (const auto& u : group) views_.push_back(u.value.view());
    auto at = owner_->file_.append(views_);
    for (const auto& u : group) {
      owner_->places_[u.block] = {at, u.value.size()};
      at += u.value.size();
    }
  }
  void write_out() {
    if (together_.empty()) return;
    write(together_);
    together_.clear();
    bytes_together_ = 0;
  }

  raw_engine* owner_;
  std::vector<update> together_;
  std::uint64_t bytes_together_ = 0;
  std::vector<byte_view> views_;
  std::vector<std::byte> read_;
};

std::unique_ptr<session> raw_engine::connect(const session_shape& /*shape*/) {
  return std::make_unique<raw_session>(*this);
}

}  // namespace

std::unique_ptr<engine> make_raw(const engine_setup& setup) {
  return std::make_unique<raw_engine>(setup, reads::by_call);
}

std::unique_ptr<engine> make_raw_mapped(const engine_setup& setup) {
  return std::make_unique<raw_engine>(setup, reads::by_mapping);
}

}  // namespace stowage::bench
