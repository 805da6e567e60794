#include <stowage/storage/core/invariant.hpp>

#include <string>

namespace stowage::detail {

void report_violation(const char* what, const call_site& where) {
  throw invariant_violation{std::string{"invariant broken: "} + what + " (" + where.file + ":" +
                            std::to_string(where.line) + ")"};
}

}  // namespace stowage::detail
