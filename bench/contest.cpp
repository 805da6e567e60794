#include <stowage/bench/contest.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <utility>

namespace stowage::bench {

namespace {

constexpr std::uint64_t stat_block_bytes = 512;

std::string directory_for(const std::string& under, const std::string& label) {
  auto directory = under + "/" + label;
  std::ranges::replace(directory, ' ', '-');
  return directory;
}

}  // namespace

contestant::contestant(engine_entry what, engine_setup setup, std::string label)
    : what_{what}, setup_{std::move(setup)}, label_{std::move(label)} {
  setup_.directory = directory_for(setup_.directory, this->label());
}

contestant::~contestant() {
  close();
  std::error_code ignored;
  std::filesystem::remove_all(setup_.directory, ignored);
}

void contestant::open(const session_shape& shape) {
  close();
  std::filesystem::remove_all(setup_.directory);
  std::filesystem::create_directories(setup_.directory);
  reopen(shape);
}

void contestant::reopen(const session_shape& shape) {
  close();
  engine_ = what_.make(setup_);
  client_ = engine_->connect(shape);
}

void contestant::reopen_client(const session_shape& shape) {
  client_ = nullptr;
  client_ = engine_->connect(shape);
}

void contestant::close() {
  client_.reset();
  engine_.reset();
}

std::uint64_t contestant::disk_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{setup_.directory}) {
    struct ::stat found {};
    // Engines remove files while we look.
    if (::stat(entry.path().c_str(), &found) == 0 && S_ISREG(found.st_mode))
      bytes += static_cast<std::uint64_t>(found.st_blocks) * stat_block_bytes;
  }
  return bytes;
}

contest::contest(const options& how, const engine_setup& setup) : how_{how} {
  auto own = setup;
  own.directory = how.directory;
  for (const auto& entry : known_engines())
    if (has(entry.name)) all_.push_back(std::make_unique<contestant>(entry, own));
}

bool contest::has(std::string_view name) const {
  return std::ranges::find(how_.engines, name) != how_.engines.end();
}

void contest::add(std::string_view after, const engine_entry& what, engine_setup setup,
                  std::string label) {
  const auto found =
      std::ranges::find_if(all_, [&](const auto& c) { return c->engine_name() == after; });
  if (found == all_.end()) return;
  setup.directory = how_.directory;
  all_.insert(found + 1, std::make_unique<contestant>(what, std::move(setup), std::move(label)));
}

void contest::open_all(const session_shape& shape) {
  for (const auto& c : all_) c->open(shape);
}

std::vector<participant> contest::participants(const std::string& ours_driven,
                                               const turn& work) const {
  std::vector<participant> who;
  for (const auto& c : all_) {
    auto* const one = c.get();
    participant p;
    p.name = one->label();
    p.what = one->part();
    if (p.what == role::ours) {
      p.shape = [one, ours_driven] { return one->running().shape() + "; " + ours_driven; };
      p.messages = [one] { return one->running().messages(); };
    } else {
      p.shape = [one] { return one->running().shape(); };
    }
    if (work.prepare) p.prepare = [one, work](unsigned round) { work.prepare(*one, round); };
    p.run = [one, work](unsigned round) { work.run(*one, round); };
    if (work.check) p.check = [one, work](unsigned round) { work.check(*one, round); };
    if (work.also) p.also = [one, work] { return work.also(*one); };
    who.push_back(std::move(p));
  }
  return who;
}

void on_threads(unsigned count, const std::function<void(unsigned)>& work) {
  std::vector<std::future<void>> running;
  for (unsigned t = 0; t < count; ++t)
    running.push_back(std::async(std::launch::async, [&work, t] { work(t); }));
  for (auto& r : running) r.get();
}

}  // namespace stowage::bench
