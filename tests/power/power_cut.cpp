#include <stowage/tests/power/power_cut.hpp>

#include <stowage/tests/power/volatile_names.hpp>
#include <stowage/tests/storage/recovery/second_life.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>

namespace stowage::test {

namespace {

// The whole file system, as the operations leave it.
class recorded_disk {
 public:
  void take(const file_operation& o) {
    names_.take(o);
    switch (o.call) {
      case file_call::create: files_.try_emplace(o.file); break;
      case file_call::write:
        files_[o.file].allocate(o.offset + o.bytes.size());
        files_[o.file].write(o.offset, o.bytes);
        break;
      case file_call::allocate: files_[o.file].allocate(o.offset); break;
      case file_call::truncate:
        throw std::runtime_error{"the file was cut, which a session should give no reason for"};
      case file_call::sync: files_[o.file].sync(); break;
      default: break;
    }
  }

  [[nodiscard]] const volatile_names& names() const noexcept { return names_; }
  [[nodiscard]] const volatile_medium& file(std::uint64_t inode) const { return files_.at(inode); }
  [[nodiscard]] volatile_medium copy_of(std::uint64_t inode) const { return files_.at(inode); }

 private:
  volatile_names names_;
  std::map<std::uint64_t, volatile_medium> files_;
};

// The state that one sync of the store's file made durable.
struct synced_state {
  /// As `done` counts: it holds from here on.
  std::size_t from = 0;
  std::shared_ptr<const store_state> blocks;
};

bool has_versions_of(const recovered_store& got, const store_state& expected) {
  if (got.index.size() != expected.size()) return false;
  auto next = expected.begin();
  bool same = true;
  got.index.for_each_from({}, [&](const block_ref& b) {
    same = next->first == b->name() && next->second.ver == b->ver();
    ++next;
    return same;
  });
  return same;
}

// Everything in a store that nothing was cut from.
std::shared_ptr<const store_state> whole_state(const volatile_medium& file,
                                               const std::shared_ptr<const store_state>& before) {
  auto now = std::make_shared<store_state>();
  std::mt19937_64 none;
  bool same = false;
  file.for_each_image(none, {1, 0}, [&](overlay_device& d) {
    const auto got = recover(d, store_access::read_only);
    if (!got) throw std::runtime_error{"refused: " + describe(got.error())};
    if (got->damage) throw std::runtime_error{"damaged: " + describe(*got->damage)};
    same = before != nullptr && has_versions_of(*got, *before) &&
           complaint_about(*got, d, *before).empty();
    if (same) return;
    got->index.for_each_from({}, [&](const block_ref& b) {
      const std::string name{b->name()};
      auto value = read_block(d, *b, got->sb.hash_seed, 0, b->value_length());
      if (!value) throw std::runtime_error{describe(value.error())};
      // One copy of a value for all states it is in.
      if (before != nullptr)
        if (const auto it = before->find(name); it != before->end() && it->second.value == *value)
          value = it->second.value;
      now->emplace(name, expected_block{b->ver(), b->expires_at_ms(), *value});
      return true;
    });
  });
  if (same) return before;
  return now;
}

class checker {
 public:
  checker(const std::vector<file_operation>& log, std::uint64_t seed,
          const power_cut_effort& effort, power_cut_figures& sums, const image_trial& try_image)
      : log_{log},
        seed_{seed},
        effort_{effort},
        sums_{sums},
        try_image_{try_image},
        history_{log} {}

  std::string run() {
    sums_.commands += history_.commands().size();
    try {
      find_store();
      find_synced_states();
      cut_everywhere();
    } catch (const std::exception& e) {
      return place_ + ": " + e.what();
    }
    return {};
  }

 private:
  // The file that has the store's name in the end; no other may ever have it.
  void find_store() {
    place_ = "at the end";
    recorded_disk disk;
    for (const auto& o : log_) disk.take(o);
    for (const auto inode : disk.names().candidates(history_.store()))
      if (inode != volatile_names::none) store_ = inode;
    if (store_ == volatile_names::none) throw std::runtime_error{"there is no store"};
  }

  void find_synced_states() {
    recorded_disk disk;
    std::shared_ptr<const store_state> before;
    for (std::size_t i = 0; i < log_.size(); ++i) {
      disk.take(log_[i]);
      if (log_[i].call != file_call::sync || log_[i].file != store_) continue;
      place_ = place(i + 1);
      before = whole_state(disk.file(store_), before);
      synced_.push_back({i + 1, before});
    }
    // What was never synced may have reached the disk as well.
    auto last = disk.copy_of(store_);
    last.sync();
    synced_.push_back({log_.size() + 1, whole_state(last, before)});
  }

  void cut_everywhere() {
    recorded_disk disk;
    for (std::size_t done = 0; done <= log_.size(); ++done) {
      if (done > 0) disk.take(log_[done - 1]);
      while (next_ < synced_.size() && synced_[next_].from <= done) ++next_;
      place_ = place(done);
      cut(disk, done);
    }
    sums_.operations += log_.size();
  }

  void cut(const recorded_disk& disk, std::size_t done) {
    for (const auto inode : disk.names().candidates(history_.store())) {
      if (inode == volatile_names::none) {
        if (history_.store_must_exist(done))
          throw std::runtime_error{"a store whose creation was acknowledged is gone"};
        ++sums_.absent;
        continue;
      }
      if (inode != store_) throw std::runtime_error{"the name stood for another file"};
      std::mt19937_64 chance{seed_ * 1'000'003 + done};
      std::uint64_t number = 0;
      const auto here = place_;
      disk.file(inode).for_each_image(chance, effort_.images, [&](overlay_device& d) {
        place_ = here + ", image " + std::to_string(number++);
        look_at(d, done);
      });
      place_ = here;
    }
  }

  void look_at(overlay_device& d, std::size_t done) {
    ++sums_.states;
    const bool is_trial = is_turn(effort_.try_image_each) && try_image_ != nullptr;
    const auto before = is_trial ? std::optional<image>{d.image()} : std::nullopt;
    std::shared_ptr<const store_state> found;
    const allowed_fn require_allowed = [&](const recovered_store& got, block_device& device) {
      found = require_synced_state(got, device, done);
    };
    const auto at = is_turn(effort_.every_way_each) ? require_same_each_time(d, require_allowed)
                                                    : require_recoverable(d, require_allowed);
    if (is_trial) {
      ++sums_.trials;
      try_image_(*before, *found);
    }
    if (!is_turn(effort_.second_life_each)) return;
    ++sums_.second_lives;
    sums_.states += require_second_life(d.image(), at, *found, seed_ + 1000 * sums_.states);
  }

  // The state of the last sync or of the next: groups go to the disk one after the other, each whole.
  std::shared_ptr<const store_state> require_synced_state(const recovered_store& got,
                                                          block_device& device, std::size_t done) {
    const std::shared_ptr<const store_state> nothing;
    const auto& before = next_ > 0 ? synced_[next_ - 1].blocks : nothing;
    const auto& after = next_ < synced_.size() ? synced_[next_].blocks : before;
    for (const auto& expected : {before, after}) {
      if (expected == nullptr || !has_versions_of(got, *expected)) continue;
      if (auto complaint = complaint_about(got, device, *expected); !complaint.empty())
        throw std::runtime_error{complaint};
      require_legal(expected, done);
      return expected;
    }
    throw std::runtime_error{
        "neither the state before nor the one after: " + std::to_string(got.index.size()) +
        " blocks, where there were " + std::to_string(before == nullptr ? 0 : before->size()) +
        " and would be " + std::to_string(after->size())};
  }

  // The same question is asked for every image.
  void require_legal(const std::shared_ptr<const store_state>& state, std::size_t done) {
    const auto* command = history_.current(done);
    const bool has_ended = command != nullptr && command->end && *command->end < done;
    const auto [it, is_new] = legal_.try_emplace({state.get(), command, has_ended}, std::string{});
    if (is_new) it->second = history_.complaint_about(*state, done);
    if (!it->second.empty()) throw std::runtime_error{it->second};
  }

  [[nodiscard]] bool is_turn(std::uint64_t each) const {
    return each != 0 && sums_.states % each == 0;
  }

  [[nodiscard]] std::string place(std::size_t done) const {
    const auto* command = history_.current(done);
    auto text =
        "cut after operation " + std::to_string(done) + " of " + std::to_string(log_.size());
    if (done > 0) text += " (" + std::string{name_of(log_[done - 1].call)} + ")";
    if (command != nullptr)
      text += ", command " + std::to_string(command - history_.commands().data() + 1) + " (" +
              command->what.substr(0, 60) + ")";
    return text;
  }

  const std::vector<file_operation>& log_;
  std::uint64_t seed_;
  const power_cut_effort& effort_;
  power_cut_figures& sums_;
  const image_trial& try_image_;
  command_history history_;
  std::uint64_t store_ = volatile_names::none;
  std::vector<synced_state> synced_;
  /// The first sync that is still to come.
  std::size_t next_ = 0;
  std::map<std::tuple<const store_state*, const noted_command*, bool>, std::string> legal_;
  std::string place_;
};

}  // namespace

void power_cut_figures::add(const power_cut_figures& other) {
  operations += other.operations;
  commands += other.commands;
  states += other.states;
  absent += other.absent;
  second_lives += other.second_lives;
  trials += other.trials;
}

std::string complaint_about_power_cuts(const std::vector<file_operation>& log, std::uint64_t seed,
                                       const power_cut_effort& effort, power_cut_figures& sums,
                                       const image_trial& try_image) {
  return checker{log, seed, effort, sums, try_image}.run();
}

}  // namespace stowage::test
