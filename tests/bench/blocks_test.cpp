#include <stowage/bench/measuring/blocks.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

using namespace stowage;
using namespace stowage::bench;

BOOST_AUTO_TEST_SUITE(blocks)

BOOST_AUTO_TEST_CASE(names_are_in_the_order_of_the_numbers) {
  BOOST_TEST(block_name(0) == "block-00000000");
  BOOST_TEST(block_name(1234) == "block-00001234");
  BOOST_TEST(block_name(99'999'999) == "block-99999999");
  BOOST_TEST(block_name(9) < block_name(10));
}

BOOST_AUTO_TEST_CASE(what_reads_back_wrong_is_said) {
  const std::string right = "value";
  BOOST_CHECK_NO_THROW(require_equal("one", 1, as_bytes(right), as_bytes("value")));
  BOOST_CHECK_NO_THROW(require_equal("one", 1, {}, {}));
  for (const auto* const wrong : {"valuf", "valu", "values", ""})
    BOOST_CHECK_EXCEPTION(require_equal("one", 7, as_bytes(wrong), as_bytes(right)),
                          std::runtime_error, [](const auto& e) {
                            return std::string{e.what()} == "one: block-00000007 reads back wrong";
                          });
}

BOOST_AUTO_TEST_SUITE_END()
