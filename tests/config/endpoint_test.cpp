// Addresses to listen on are numeric and whole.
#include <stowage/config/endpoint.hpp>

#include <boost/test/unit_test.hpp>

using namespace stowage;

BOOST_AUTO_TEST_SUITE(endpoints)

BOOST_AUTO_TEST_CASE(numeric_addresses_with_a_port) {
  BOOST_TEST((parse_endpoint("127.0.0.1:7411") == endpoint{"127.0.0.1", 7411, false, true}));
  BOOST_TEST((parse_endpoint("127.8.9.1:0") == endpoint{"127.8.9.1", 0, false, true}));
  BOOST_TEST((parse_endpoint("0.0.0.0:65535") == endpoint{"0.0.0.0", 65535, false, false}));
  BOOST_TEST((parse_endpoint("192.168.1.2:1") == endpoint{"192.168.1.2", 1, false, false}));
  BOOST_TEST((parse_endpoint("[::1]:7411") == endpoint{"::1", 7411, true, true}));
  BOOST_TEST((parse_endpoint("[::]:7411") == endpoint{"::", 7411, true, false}));
  for (const auto* text : {"127.0.0.1:7411", "[::1]:0"})
    BOOST_TEST(to_string(*parse_endpoint(text)) == text);
}

BOOST_AUTO_TEST_CASE(everything_else_is_refused) {
  for (const auto* text :
       {"", ":", ":7411", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:1 ", " 127.0.0.1:1", "localhost:7411", "127.0.0.1.1:7411", "::1:7411", "[]:7411",
        "[::1:7411", "[127.0.0.1]x:1", "127.0.0.1:0x1"})
    BOOST_TEST(!parse_endpoint(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
