#include <stowage/resp/listener.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace stowage::resp {

namespace {

// More than a machine has ports, and no more than anybody counts.
constexpr rlim_t descriptors_max = 1'000'000;

failure with_errno(const char* what) {
  auto why = fail(errc::io_error, what);
  why.os_error = errno;
  return why;
}

struct socket_address {
  sockaddr_storage bytes{};
  socklen_t length = 0;

  [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&bytes); }
};

socket_address address_of(const endpoint& where) {
  socket_address out;
  if (where.is_ipv6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(where.port);
    (void)::inet_pton(AF_INET6, where.host.c_str(), &address.sin6_addr);
    std::memcpy(&out.bytes, &address, out.length = sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(where.port);
    (void)::inet_pton(AF_INET, where.host.c_str(), &address.sin_addr);
    std::memcpy(&out.bytes, &address, out.length = sizeof address);
  }
  return out;
}

std::uint16_t port_of(socket_address& address) {
  if (address.bytes.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.bytes, sizeof v6);
    return ntohs(v6.sin6_port);
  }
  sockaddr_in v4{};
  std::memcpy(&v4, &address.bytes, sizeof v4);
  return ntohs(v4.sin_port);
}

}  // namespace

result<listener> open_listener(const endpoint& where) {
  listener out;
  out.where = where;
  out.socket = descriptor{
      ::socket(where.is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!out.socket.is_open()) return with_errno("socket");
  const int fd = out.socket.get();
  const int on = 1;
  // A server that was just stopped leaves connections behind that nobody uses.
  if (::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
    return with_errno("SO_REUSEADDR");
  auto address = address_of(where);
  if (::bind(fd, address.get(), address.length) != 0) return with_errno("bind");
  if (::listen(fd, SOMAXCONN) != 0) return with_errno("listen");
  address.length = sizeof address.bytes;
  if (::getsockname(fd, address.get(), &address.length) != 0) return with_errno("getsockname");
  out.where.port = port_of(address);
  return out;
}

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  auto wanted = limit;
  wanted.rlim_cur = std::min(limit.rlim_max, descriptors_max);
  if (wanted.rlim_cur > limit.rlim_cur && ::setrlimit(RLIMIT_NOFILE, &wanted) == 0) limit = wanted;
  return std::min(limit.rlim_cur, descriptors_max);
}

}  // namespace stowage::resp
