#include <stowage/testkit/complaint.hpp>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace stowage::testkit {

namespace {

complaint_handler& current_handler() {
  static complaint_handler one;
  return one;
}

}  // namespace

complaint_handler set_complaint_handler(complaint_handler handler) {
  return std::exchange(current_handler(), std::move(handler));
}

void complain(const std::string& what) {
  if (current_handler()) return current_handler()(what);
  (void)std::fprintf(stderr,
                     "stowage::testkit: %s (no test framework hears this: include "
                     "<stowage/testkit/boost_test.hpp>, or call set_complaint_handler)\n",
                     what.c_str());
  std::abort();
}

}  // namespace stowage::testkit
