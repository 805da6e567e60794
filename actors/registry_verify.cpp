// How the registry has what is stored verified: slice by slice, each block as it is when its turn comes, so that
// nothing is kept from being reused for longer than a slice takes.
#include <stowage/actors/registry.hpp>

#include <stowage/storage/core/limits.hpp>

#include <memory>
#include <string>
#include <utility>

namespace stowage {

namespace {

// Reads of clients wait for a slice; and the larger it is, the more neighbours are read together.
constexpr std::uint64_t slice_value_bytes = limits::mib;
constexpr std::size_t verified_together = 1000;

}  // namespace

caf::result<verify_result> registry_state::on_verify() {
  if (closing_) return to_error(fail(errc::closed));
  if (verify_) return to_error(fail(errc::overloaded, "another verification is under way"));
  verify_.reset(new verify_job{metadata_check{newest_position_.last}, {}, {}, {}});
  verify_from_.clear();
  blocks_verified_ = 0;
  blocks_to_verify_ = index_.size();
  verify_answer_ = self_->make_response_promise<verify_result>();
  verify_next_slice();
  return verify_answer_;
}

void registry_state::verify_next_slice() {
  auto& job = *verify_;
  if (job.metadata.is_over()) {
    std::uint64_t bytes = 0;
    index_.for_each_from(verify_from_, [&](const block_ref& b) {
      job.blocks.push_back(b);
      bytes += b->value_length();
      return bytes < slice_value_bytes && job.blocks.size() < verified_together;
    });
    if (job.blocks.empty()) return end_verification({});
    // The least name after the last of them.
    verify_from_ = job.blocks.back()->name();
    verify_from_.push_back('\0');
    job.held = retirement_.take();
  }
  compat::request(self_, next_reader(), verify_slice{verify_})
      .then([this] { on_slice_verified(); },
            [this](const caf::error& why) { end_verification(why); });
}

void registry_state::on_slice_verified() {
  blocks_verified_ += verify_->blocks.size();
  verify_->blocks.clear();
  verify_->held.reset();
  free_what_readers_let_go();
  if (closing_) return end_verification(to_error(fail(errc::closed)));
  verify_next_slice();
}

void registry_state::end_verification(const caf::error& why) {
  const auto job = std::exchange(verify_, nullptr);
  if (why)
    verify_answer_.deliver(why);
  else
    verify_answer_.deliver(std::move(job->result));
  job->held.reset();
  free_what_readers_let_go();
}

}  // namespace stowage
