// A host application: its own actor system with a store of ours in it.
//
// Contract: nothing is set in the system's config but what the test sets. The store lies in a directory of the test's.
// Concurrency: the test's thread; actors run on the system's.
#pragma once

#include <stowage/actors/runtime.hpp>
#include <stowage/client/store_client.hpp>
#include <stowage/tests/support/temporary_directory.hpp>

#include <boost/test/unit_test.hpp>

#include <caf/scoped_actor.hpp>

#include <memory>
#include <string>

namespace stowage::test {

inline payload text(std::string t) { return payload{std::move(t)}; }

template <class T>
errc code_of(const result<T>& outcome) {
  return outcome ? errc::none : outcome.error().code;
}

/// Outlives every actor system of a test: what was written is looked at afterwards.
class host_files {
 public:
  [[nodiscard]] store_options options(const std::string& name = "store") const {
    store_options out;
    out.path = directory_ / name;
    out.create = true;
    return out;
  }

  [[nodiscard]] const temporary_directory& directory() const { return directory_; }

  /// Opened by an actor system of its own: what a later run of the host finds.
  struct remains {
    open_report report;
    std::string value;
  };
  [[nodiscard]] remains look(const std::string& block, const std::string& name = "store") const {
    caf::actor_system_config config;
    caf::actor_system system{config};
    auto opened = open_store(system, options(name));
    BOOST_REQUIRE_MESSAGE(opened.ok(), (opened ? "" : describe(opened.error())));
    store_client client{system, opened->handle};
    const auto value = client.get(block);
    const remains out{opened->report, value ? std::string{value->value.text()} : ""};
    BOOST_TEST(client.close().ok());
    return out;
  }

 private:
  temporary_directory directory_;
};

/// A store in `system`, which has to open.
inline store_actor opened_in(caf::actor_system& system, const store_options& options) {
  auto opened = open_store(system, options);
  BOOST_REQUIRE_MESSAGE(opened.ok(), (opened ? "" : describe(opened.error())));
  return opened->handle;
}

}  // namespace stowage::test
