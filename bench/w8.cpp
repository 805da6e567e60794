#include <stowage/bench/contest.hpp>
#include <stowage/bench/process.hpp>
#include <stowage/bench/update_plan.hpp>
#include <stowage/bench/workloads.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>

namespace stowage::bench {

namespace {

constexpr std::uint64_t w8_block_count = 1'000'000;
constexpr std::size_t w8_value_bytes = 128;
/// What a killed process has written last: a tenth of the blocks.
constexpr std::uint64_t overwrite_step = 10;

enum class before { orderly_close, kill };

// What raw has in place of a store: the bytes of names and values, to be read from start to end.
void write_plain_file(const std::string& path, const value_source& values, std::uint64_t blocks) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  for (std::uint64_t n = 0; n < blocks; ++n) file << block_name(n) << as_text(values.view(n));
  if (!file.flush()) throw std::runtime_error{"cannot write " + path};
}

class opening {
 public:
  opening(const options& how, std::uint64_t blocks)
      : blocks_{blocks}, seed_{how.seed}, plain_{how.directory + "/plain.bin"} {}

  opening(const opening&) = delete;
  opening& operator=(const opening&) = delete;
  ~opening() { (void)std::remove(plain_.c_str()); }

  [[nodiscard]] const std::string& plain_file() const noexcept { return plain_; }

  /// Others than in the rounds before: an engine could see that nothing changes.
  void kill_a_writer(const contestant& c, unsigned round) {
    newest_from_ = blocks_ * (1 + round);
    if (c.part() == role::device) return;
    auto role = role_of(c, "overwrite");
    role.step = overwrite_step;
    role.value = newest_from_;
    const started_process killed{role};
  }

  void open(const contestant& c) {
    process_.emplace(c.part() == role::device ? role_of(c, "scan") : role_of(c, "open"));
  }

  /// When it has ended.
  void finish(const contestant& c) {
    figures_.clear();
    if (c.part() != role::device)
      figures_.emplace_back("memory B/block", process_->said() / static_cast<double>(blocks_));
    process_.reset();
  }
  [[nodiscard]] const named_figures& figures() const noexcept { return figures_; }

 private:
  [[nodiscard]] process_role role_of(const contestant& c, const char* what) const {
    process_role role;
    role.role = what;
    role.engine = c.engine_name();
    role.path = c.part() == role::device ? plain_ : c.directory();
    role.blocks = blocks_;
    role.value_bytes = w8_value_bytes;
    role.seed = seed_;
    // One of those that are overwritten.
    role.block = blocks_ / 2 / overwrite_step * overwrite_step;
    role.value = newest_from_ + role.block;
    return role;
  }

  std::uint64_t blocks_;
  std::uint64_t seed_;
  std::string plain_;
  /// The value of a block is that of its number from here on.
  std::uint64_t newest_from_ = 0;
  std::optional<started_process> process_;
  named_figures figures_;
};

void run_after(const options& how, report& out, contest& all, opening& state, std::uint64_t blocks,
               before what) {
  turn work;
  work.prepare = [&](contestant& c, unsigned round) {
    if (what == before::kill) state.kill_a_writer(c, round);
  };
  work.run = [&](contestant& c, unsigned) { state.open(c); };
  work.check = [&](contestant& c, unsigned) { state.finish(c); };
  work.also = [&](contestant&) { return state.figures(); };
  auto who = all.participants({}, work);
  for (auto& p : who) {
    // Nobody is open in this process.
    p.messages = nullptr;
    p.shape = nullptr;
  }
  auto result = measure(
      {"W8",
       fmt::format(
           "a new process opens a store of {} x {} B and reads one block, {}; raw: reads the "
           "names and values from start to end",
           blocks, w8_value_bytes,
           what == before::kill
               ? fmt::format("SIGKILL before, behind {} overwrites", blocks / overwrite_step)
               : std::string{"after an orderly close"}),
       "ms", 0, 0},
      who, how.rounds);
  out.add(std::move(result));
}

}  // namespace

void run_w8(const options& how, report& out) {
  const auto blocks = how.scaled(w8_block_count, overwrite_step);
  const value_source values{w8_value_bytes, how.seed};
  engine_setup setup;
  setup.blocks = blocks;
  setup.value_bytes_max = w8_value_bytes;
  setup.syncs_only_on_flush = true;
  contest all{how, setup};
  opening state{how, blocks};
  for (const auto& c : all.all()) {
    if (c->part() == role::device) {
      write_plain_file(state.plain_file(), values, blocks);
      continue;
    }
    c->open(bulk_load());
    fill(c->client(), values, blocks);
    c->close();
  }
  for (const auto what : {before::orderly_close, before::kill})
    run_after(how, out, all, state, blocks, what);
}

}  // namespace stowage::bench
