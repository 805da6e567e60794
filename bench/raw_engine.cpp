#include <stowage/bench/engine.hpp>

#include <stowage/bench/require.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>

namespace stowage::bench {

namespace {

// Long enough that a round never reaches the end; written before anything is measured.
constexpr std::size_t file_bytes = std::size_t{64} << 20U;

double ms_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

class raw_engine final : public engine {
 public:
  explicit raw_engine(const std::string& directory)
      : fd_{::open((directory + "/raw.bin").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
                   0600)} {
    require(fd_ >= 0, "open raw.bin");
    const std::vector<std::byte> zeros(std::size_t{1} << 20U);
    for (std::size_t at = 0; at < file_bytes; at += zeros.size()) append(zeros);
    require(::fdatasync(fd_) == 0, "fdatasync");
  }
  ~raw_engine() override { ::close(fd_); }

  [[nodiscard]] std::string_view name() const override { return "raw"; }
  [[nodiscard]] std::string shape() const override {
    return "pwrite of each value to the next place of a written file, one fdatasync";
  }

  void fill(const std::vector<shared_bytes>& values) override {
    places_.resize(values.size());
    for (std::uint32_t i = 0; i < values.size(); ++i) write({i, values[i]});
    require(::fdatasync(fd_) == 0, "fdatasync");
  }

  round_figures update_then_flush(const std::vector<update>& updates) override {
    const auto start = std::chrono::steady_clock::now();
    for (const auto& u : updates) write(u);
    const auto accepted = ms_since(start);
    require(::fdatasync(fd_) == 0, "fdatasync");
    return {accepted, ms_since(start)};
  }

  std::string last_round() override { return "1 sync"; }

  shared_bytes read(std::uint32_t block) override {
    const auto [offset, length] = places_.at(block);
    std::vector<std::byte> out(length);
    require(::pread(fd_, out.data(), length, static_cast<off_t>(offset)) ==
                static_cast<ssize_t>(length),
            "pread");
    return shared_bytes{std::move(out)};
  }

 private:
  struct place {
    std::size_t offset = 0;
    std::size_t length = 0;
  };

  void write(const update& u) {
    if (at_ + u.value.size() > file_bytes) at_ = 0;
    places_.at(u.block) = {at_, u.value.size()};
    append(u.value.view());
  }

  void append(byte_view bytes) {
    require(::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at_)) ==
                static_cast<ssize_t>(bytes.size()),
            "pwrite");
    at_ += bytes.size();
  }

  int fd_;
  std::size_t at_ = 0;
  std::vector<place> places_;
};

}  // namespace

std::unique_ptr<engine> make_raw_engine(const std::string& directory) {
  return std::make_unique<raw_engine>(directory);
}

}  // namespace stowage::bench
