// The test kit with Boost.Test: complaints are errors of the test at hand, and its types print themselves.
//
// Contract: including it is enough. Everything else of the kit works with any framework.
#pragma once

#include <stowage/testkit/complaint.hpp>
#include <stowage/testkit/printing.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

namespace stowage::testkit {

/// Hears complaints from before main() on, in whichever files include this.
inline const bool boost_test_hears_complaints = [] {
  (void)set_complaint_handler([](const std::string& what) { BOOST_ERROR(what); });
  return true;
}();

}  // namespace stowage::testkit
