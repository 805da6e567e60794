#include <stowage/actors/maintenance.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/log/write_plan.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace stowage {

namespace {

// A page is written while the next is encoded. It is small enough that a client whose group goes along waits for not
// much longer than for that alone.
static_assert(limits::checkpoint_page_bytes <= limits::checkpoint_slice_bytes);

}  // namespace

maintenance_state::maintenance_state(maintenance_actor::pointer self, std::uint64_t hash_seed,
                                     compaction_peers peers)
    : self_{self}, hash_seed_{hash_seed}, peers_{std::move(peers)} {}

maintenance_actor::behavior_type maintenance_state::make_behavior() {
  return {
      [this](const start_checkpoint& message) -> caf::result<void> {
        invariant(!at_hand_, "one checkpoint at a time");
        const auto& job = *message.job;
        auto answer = self_->make_response_promise<void>();
        at_hand_.emplace(checkpoint{checkpoint_writer{job.state, job.at, hash_seed_},
                                    job.journal_total,
                                    std::nullopt,
                                    false,
                                    false,
                                    {},
                                    answer});
        compat::send(self_, maintenance_actor{self_}, next_slice{});
        return answer;
      },
      [this](const next_slice&) -> caf::result<void> {
        if (at_hand_) encode_page();
        return caf::unit;
      },
      [this](const start_compaction& how) -> caf::result<compact_result> {
        invariant(!compaction_ || compaction_->is_over(), "one compaction at a time");
        auto answer = self_->make_response_promise<compact_result>();
        compaction_.emplace(self_, peers_, how, answer);
        compaction_->step();
        return answer;
      },
      [this](const compaction_step&) -> caf::result<void> {
        if (compaction_) compaction_->step();
        return caf::unit;
      },
  };
}

void maintenance_state::encode_page() {
  auto& c = *at_hand_;
  if (c.waiting || c.is_encoded) return;
  c.waiting = c.pages.next_page();
  c.is_encoded = !c.waiting;
  if (!c.is_being_written) write_next();
}

void maintenance_state::write_next() {
  auto& c = *at_hand_;
  if (c.waiting) return write_page();
  if (c.is_encoded) write_manifest();
}

void maintenance_state::write_page() {
  auto& c = *at_hand_;
  c.is_being_written = true;
  std::vector<page_buffer> page;
  page.push_back(*std::exchange(c.waiting, std::nullopt));
  place_and_write(std::move(page), [this](const std::vector<extent>& places) {
    at_hand_->pages.page_placed(places.front());
    at_hand_->is_being_written = false;
    write_next();
  });
  compat::send(self_, maintenance_actor{self_}, next_slice{});
}

void maintenance_state::write_manifest() {
  std::vector<page_buffer> manifest;
  manifest.push_back(at_hand_->pages.encode_manifest());
  place_and_write(std::move(manifest), [this](const std::vector<extent>& places) {
    install(at_hand_->pages.finish(places.front()));
  });
}

void maintenance_state::place_and_write(
    std::vector<page_buffer> buffers,
    const std::function<void(const std::vector<extent>&)>& written) {
  checkpoint_space_request request;
  std::vector<shared_bytes> contents;
  for (auto& b : buffers) {
    request.lengths.push_back(b.size());
    contents.push_back(page_buffer::share(std::move(b)));
  }
  compat::request(self_, peers_.allocator, std::move(request))
      .then(
          [this, contents, written](const checkpoint_space& space) {
            auto plan = std::make_shared<write_plan>();
            for (std::size_t i = 0; i < contents.size(); ++i)
              plan->add_value(space.pieces[i].offset, contents[i]);
            auto& placed = at_hand_->placed;
            placed.insert(placed.end(), space.pieces.begin(), space.pieces.end());
            compat::request(self_, peers_.writer, write_pages{std::move(plan)})
                .then([written, pieces = space.pieces] { written(pieces); },
                      [this](const caf::error& why) { give_up(why); });
          },
          [this](const caf::error& why) { give_up(why); });
}

void maintenance_state::install(root named) {
  auto finished = std::make_shared<new_root>();
  finished->named = named;
  finished->pages = at_hand_->placed;
  finished->journal_total = at_hand_->journal_total;
  compat::request(self_, peers_.writer, install_root{std::move(finished)})
      .then([this] { end_checkpoint().deliver(); },
            [this](const caf::error& why) { give_up(why); });
}

void maintenance_state::give_up(const caf::error& why) {
  // Only a refusal of space leaves pages that are surely not named by any superblock; after a failed
  // device nothing is reused at all.
  if (why == errc::no_space) compat::send(self_, peers_.allocator, free_pages{at_hand_->placed});
  end_checkpoint().deliver(why);
}

// Who hears of the end finds the state let go.
caf::typed_response_promise<void> maintenance_state::end_checkpoint() {
  auto answer = std::move(at_hand_->answer);
  at_hand_.reset();
  return answer;
}

}  // namespace stowage
