#include <stowage/messages/helping.hpp>

#include <caf/local_actor.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>

namespace stowage {

namespace {

// None of them waits, but for the disk's thread when the disk ends; none computes for long, but writer and registry
// for a large group. Nobody waits for the store's others: maintenance takes its time. What an actor of the host does is its own affair.
constexpr std::array<std::string_view, 4> helped_names{"stowage.disk", "stowage.writer",
                                                       "stowage.allocator", "stowage.registry"};
constexpr std::size_t disk_and_writer = 2;

// So long that 64 clients at once are served in one go, and short beside a sync.
constexpr std::size_t messages_max = 64;

// The innermost, where a thread that helps one system is made to help another.
thread_local helping* current = nullptr;

}  // namespace

class helping::executor final : public compat::executor {
 public:
  explicit executor(caf::actor_system& system) : compat::executor{system}, system_{system} {}

  void take(caf::resumable* what) override {
    auto* const here = current;
    if (here == nullptr || &here->context_ != this || here->count_ == here->runnable_.size() ||
        !helps(*here, *what))
      return leave_to_workers(what);
    here->runnable_[here->count_++] = what;
  }
  void leave_to_workers(caf::resumable* what) { compat::schedule(system_, what); }

 private:
  static bool helps(const helping& here, const caf::resumable& what) {
    if (what.subtype() != caf::resumable::scheduled_actor) return false;
    const auto* const actor = dynamic_cast<const caf::local_actor*>(&what);
    if (actor == nullptr) return false;
    const auto names = std::span{helped_names}.first(here.helped_ == whom::all ? helped_names.size()
                                                                               : disk_and_writer);
    return std::ranges::find(names, actor->name()) != names.end();
  }

  caf::actor_system& system_;
};

// One per system, and never destroyed. A system at the address of an earlier one has the same.
compat::executor& helping::context_in(caf::actor_system& system) {
  static std::mutex mutex;
  static auto* const all = new std::map<caf::actor_system*, std::unique_ptr<executor>>;
  const std::scoped_lock lock{mutex};
  auto& found = (*all)[&system];
  if (!found) found = std::make_unique<executor>(system);
  return *found;
}

helping::helping(compat::executor& context, whom helped)
    : context_{static_cast<executor&>(context)},
      helped_{helped},
      outer_{std::exchange(current, this)} {
  // It may wait for them.
  if (outer_ != nullptr) outer_->leave_all();
}

helping::~helping() {
  current = outer_;
  leave_all();
}

void helping::leave_all() {
  while (count_ > 0) context_.leave_to_workers(runnable_[--count_]);
}

// As a worker of CAF does.
void helping::run_last() {
  auto* const actor = runnable_[--count_];
  switch (actor->resume(&context_, messages_max)) {
    case caf::resumable::resume_later: return context_.leave_to_workers(actor);
    case caf::resumable::awaiting_message:
    case caf::resumable::done:
    case caf::resumable::shutdown_execution_unit: caf::intrusive_ptr_release(actor);
  }
}

}  // namespace stowage
