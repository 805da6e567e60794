#include <stowage/messages/read_view.hpp>

#include <stowage/messages/store.hpp>

namespace stowage {

result<block_value> read_view::get(std::string_view name, std::uint64_t offset,
                                   std::uint64_t length) const {
  if (!source_) return fail(errc::closed);
  return source_->get(name, offset, length);
}

std::optional<result<block_value>> read_view::try_get(std::string_view name, std::uint64_t offset,
                                                      std::uint64_t length) const {
  if (!source_) return std::nullopt;
  return source_->try_get(name, offset, length);
}

result<bool> read_view::exists(std::string_view name) const {
  const auto found = stat(name);
  if (!found && found.error().code != errc::not_found) return found.error();
  return found.ok();
}

result<block_stat> read_view::stat(std::string_view name) const {
  if (!source_) return fail(errc::closed);
  return source_->stat(name);
}

result<block_list> read_view::list(const list_request& what) const {
  if (!source_) return fail(errc::closed);
  return source_->list(what);
}

}  // namespace stowage
