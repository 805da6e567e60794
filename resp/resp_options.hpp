// How the store is served to Redis clients. The defaults are the product's; config/stowage.conf lists them.
#pragma once

#include <string>

namespace stowage {

struct resp_options {
  /// HOST:PORT, numeric; port 0 = any free one. Empty = not at all.
  std::string listen = "127.0.0.1:7411";
  /// Empty = nobody is asked. Other than on a loopback address it must be set.
  std::string requirepass;
  /// Where STOWAGE BACKUP puts its copies. Empty = it is refused.
  std::string backup_dir;

  friend bool operator==(const resp_options&, const resp_options&) = default;
};

}  // namespace stowage
