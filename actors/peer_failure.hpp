// What a request to another of the store's own actors failed with.
//
// Contract: a peer that is gone is why the store fails stop, so that is `poisoned`. It never means
// `closed`: that would tell a client whose op was under way that it certainly did not happen.
// Concurrency: a pure function.
#pragma once

#include <stowage/messages/error.hpp>
#include <stowage/storage/core/result.hpp>

namespace stowage {

[[nodiscard]] inline failure peer_failure(const caf::error& why) {
  auto known = to_failure(why);
  if (why.category() != caf::type_id_v<errc>) known.code = errc::poisoned;
  return known;
}

}  // namespace stowage
