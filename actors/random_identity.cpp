#include <stowage/actors/random_identity.hpp>

#include <cstddef>
#include <cstring>
#include <random>

namespace stowage {

std::uint64_t random_number() {
  std::random_device source;
  return (std::uint64_t{source()} << 32U) | source();
}

store_identity random_identity() {
  store_identity identity;
  for (std::size_t i = 0; i < identity.id.size(); i += sizeof(std::uint64_t)) {
    const auto n = random_number();
    std::memcpy(identity.id.data() + i, &n, sizeof n);
  }
  identity.hash_seed = random_number();
  for (auto& salt : identity.area_salts) salt = random_number();
  return identity;
}

}  // namespace stowage
