// A block's value on its way between actors: shared immutable bytes.
//
// Contract: sending one inside a process copies a pointer. Across processes it travels as one string,
// not byte by byte (CAF writes byte vectors element-wise: 10 ms per MiB). In logs it is only its size.
// Concurrency: immutable.
// Limits: 64 MiB where the store is concerned; the type itself has no limit.
#pragma once

#include <stowage/messages/type_ids.hpp>
#include <stowage/storage/core/bytes.hpp>
#include <stowage/storage/core/export.hpp>

#include <string>

namespace STOWAGE_EXPORT stowage {

using payload = shared_bytes;

template <class Inspector>
bool inspect(Inspector& f, shared_bytes& x) {
  if constexpr (Inspector::is_loading) {
    std::string text;
    if (!f.apply(text)) return false;
    x = shared_bytes{std::move(text)};
    return true;
  } else if (f.has_human_readable_format()) {
    auto size = static_cast<std::uint64_t>(x.size());
    return f.apply(size);
  } else {
    std::string text{x.text()};
    return f.apply(text);
  }
}

}  // namespace stowage
