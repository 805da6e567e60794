// How the registry has its state copied into a file of its own: slice by slice, between clients' reads.
#include <stowage/actors/registry.hpp>

#include <stowage/actors/random_identity.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace stowage {

// The state and the pin on it are taken together: nothing of it is reused before the copy is over.
caf::result<backup_result> registry_state::on_backup(const backup_request& request) {
  if (closing_) return to_error(fail(errc::closed));
  if (backup_) return to_error(fail(errc::overloaded, "another backup is being written"));
  backup_.reset(new backup_job{
      {request.path, random_identity()}, index_.snapshot(), retirement_.take(), last_version_, {}});
  backup_->result.through = durable_version_;
  backup_answer_ = self_->make_response_promise<backup_result>();
  backup_ends_at_ = self_->clock().now() + options_.backup.max_time;
  copy_next_slice();
  return backup_answer_;
}

// Whatever clients asked a reader meanwhile stands before the next slice.
void registry_state::copy_next_slice() {
  compat::request(self_, next_reader(), copy_slice{backup_})
      .then([this] { on_slice_copied(); }, [this](const caf::error& why) { end_backup(why); });
}

void registry_state::on_slice_copied() {
  const auto& copy = backup_->copy;
  if (copy.is_over()) return end_backup({});
  if (closing_) return end_backup(to_error(fail(errc::closed)));
  free_what_readers_let_go();
  if (retirement_.pinned_bytes() > options_.backup.max_pinned_bytes)
    return end_backup(to_error(fail(
        errc::snapshot_expired, "the backup kept too much superseded space from being reused")));
  if (self_->clock().now() > backup_ends_at_ && !mutant("backup-pins-for-ever")) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.backup.max_time);
    return end_backup(
        to_error(fail(errc::snapshot_expired,
                      "the backup took more than " + std::to_string(seconds.count()) + " s")));
  }
  copy_next_slice();
}

void registry_state::end_backup(const caf::error& why) {
  auto job = std::exchange(backup_, nullptr);
  if (why) {
    backup_answer_.deliver(why);
  } else {
    auto& result = job->result;
    result.blocks = job->copy.blocks();
    result.value_bytes = job->copy.value_bytes();
    result.file_bytes = job->copy.file_bytes();
    backup_answer_.deliver(std::move(result));
  }
  job->held.reset();
  job.reset();
  let_go_of_old_states();
  free_what_readers_let_go();
}

}  // namespace stowage
