// What the registry gives to views, and when.
//
// Contract: as long as there is a view, whatever the registry publishes is what views find; while there is none,
// nothing is kept for them, so that the index is changed in place. Its end is the end of all reads by views.
// Concurrency: belongs to the registry; the views it gives are anybody's.
// Limits: a state is published whole; what that costs is what the index takes for a snapshot.
#pragma once

#include <stowage/actors/names_in_flight.hpp>
#include <stowage/actors/wall_clock.hpp>
#include <stowage/messages/store.hpp>
#include <stowage/storage/durable_reads.hpp>
#include <stowage/storage/index/block_index.hpp>

#include <memory>

namespace stowage {

class view_publisher {
 public:
  /// `accepted` are the names that have a write which is not published yet.
  view_publisher(std::shared_ptr<durable_reads> reads, wall_clock clock,
                 std::shared_ptr<const names_in_flight> accepted);
  view_publisher(const view_publisher&) = delete;
  view_publisher& operator=(const view_publisher&) = delete;
  ~view_publisher() { end(); }

  /// A view of this state and of all that is published later.
  [[nodiscard]] read_view view_of(block_index& index);

  /// `index` has changed. Before extents that it no longer has are given away.
  void publish(block_index& index);

  /// Every read answers `closed`, whatever is published afterwards; no view is given any more.
  void end();

  [[nodiscard]] bool has_views() const noexcept { return source_.use_count() > 1; }
  [[nodiscard]] durable_reads::counts count() const noexcept { return reads_->count(); }

 private:
  std::shared_ptr<durable_reads> reads_;
  /// Views share it: while this is the only owner, there are none.
  std::shared_ptr<view_source> source_;
  bool is_published_ = false;
  bool is_over_ = false;
};

}  // namespace stowage
