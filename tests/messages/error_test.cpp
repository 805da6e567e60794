#include <stowage/messages/error.hpp>
#include <stowage/messages/register_types.hpp>

#include <boost/test/unit_test.hpp>

#include <caf/sec.hpp>

using namespace stowage;

namespace {

struct message_types {
  message_types() { register_message_types(); }
};
BOOST_GLOBAL_FIXTURE(message_types);

failure full_failure(errc code) {
  auto why = fail_at(code, UINT64_MAX - 3, "what exactly");
  why.name = std::string{"any\0byte\xff", 9};
  why.os_error = 5;
  why.expected = version{17};
  why.actual = version{UINT64_MAX};
  return why;
}

std::vector<errc> all_codes() {
  std::vector<errc> codes;
  for (std::uint8_t i = 0; i <= errc_max; ++i) codes.push_back(*errc_from_integer(i));
  return codes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(every_code_goes_through_caf_and_back_with_its_context) {
  for (const auto code : all_codes()) {
    if (code == errc::none) continue;
    BOOST_TEST_CONTEXT(name_of(code)) {
      for (const auto& why : {fail(code), full_failure(code)}) {
        const auto error = to_error(why);
        BOOST_TEST((error == code));
        BOOST_TEST((to_failure(error) == why));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_error_with_only_a_code_keeps_it) {
  BOOST_TEST((to_failure(caf::make_error(errc::locked)) == fail(errc::locked)));
}

BOOST_AUTO_TEST_CASE(errors_of_caf_get_the_nearest_code) {
  BOOST_TEST((to_failure(caf::make_error(caf::sec::request_receiver_down)).code == errc::closed));
  BOOST_TEST((to_failure(caf::make_error(caf::sec::broken_promise)).code == errc::outcome_unknown));
  BOOST_TEST(
      (to_failure(caf::make_error(caf::sec::request_timeout)).code == errc::outcome_unknown));
  BOOST_TEST((to_failure(caf::make_error(caf::exit_reason::kill)).code == errc::outcome_unknown));
  BOOST_TEST(!to_failure(caf::make_error(caf::sec::request_receiver_down)).detail.empty());
}

BOOST_AUTO_TEST_CASE(codes_are_read_from_their_names_and_numbers) {
  for (const auto code : all_codes()) {
    errc found{};
    BOOST_TEST(from_string(compat::string_view{to_string(code)}, found));
    BOOST_TEST((found == code));
    found = {};
    BOOST_TEST(from_integer(static_cast<std::uint8_t>(code), found));
    BOOST_TEST((found == code));
  }
  errc untouched = errc::locked;
  BOOST_TEST(!from_string(compat::string_view{"no such code"}, untouched));
  BOOST_TEST(!from_integer(errc_max + 1, untouched));
  BOOST_TEST((untouched == errc::locked));
}

BOOST_AUTO_TEST_CASE(an_error_reads_well) {
  auto why = fail(errc::conflict);
  why.name = "block";
  const auto text = caf::to_string(to_error(why));
  BOOST_TEST(text.find("conflict") != std::string::npos);
  BOOST_TEST(text.find("block") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
