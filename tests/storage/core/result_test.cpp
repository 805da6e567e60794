#include <stowage/storage/core/result.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <cstring>
#include <memory>

using namespace stowage;

namespace {

template <class T>
T taken_value(result<T> r) {
  return std::move(r).value();
}

template <class T>
failure taken_error(result<T> r) {
  return std::move(r).error();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(results)

BOOST_AUTO_TEST_CASE(a_value) {
  result<std::string> r{std::string{"value"}};
  BOOST_TEST(r.ok());
  BOOST_TEST(static_cast<bool>(r));
  BOOST_TEST(*r == "value");
  BOOST_TEST(r->size() == 5U);
  *r += "s";
  const auto& fixed = r;
  BOOST_TEST(fixed.value() == "values");
  BOOST_TEST(*fixed == "values");
  BOOST_TEST(fixed->size() == 6U);
  BOOST_TEST(taken_value(r) == "values");
  BOOST_CHECK_THROW((void)r.error(), invariant_violation);
  BOOST_CHECK_THROW((void)taken_error(r), invariant_violation);
}

BOOST_AUTO_TEST_CASE(a_failure) {
  result<int> r{fail(errc::no_space, "full")};
  BOOST_TEST(!r.ok());
  BOOST_TEST(!static_cast<bool>(r));
  BOOST_TEST((r.error() == fail(errc::no_space, "full")));
  BOOST_TEST(taken_error(r).detail == "full");
  const auto& fixed = r;
  BOOST_CHECK_THROW((void)r.value(), invariant_violation);
  BOOST_CHECK_THROW((void)fixed.value(), invariant_violation);
  BOOST_CHECK_THROW((void)taken_value(r), invariant_violation);
}

BOOST_AUTO_TEST_CASE(a_value_that_only_moves) {
  result<std::unique_ptr<int>> r{std::make_unique<int>(7)};
  const auto taken = *std::move(r);
  BOOST_TEST(*taken == 7);
}

BOOST_AUTO_TEST_CASE(nothing_or_a_failure) {
  const result<void> good;
  BOOST_TEST(good.ok());
  BOOST_TEST(static_cast<bool>(good));
  BOOST_CHECK_THROW((void)good.error(), invariant_violation);
  BOOST_CHECK_THROW((void)taken_error(good), invariant_violation);

  const result<void> bad{fail(errc::locked)};
  BOOST_TEST(!bad.ok());
  BOOST_TEST(!static_cast<bool>(bad));
  BOOST_TEST((bad.error().code == errc::locked));
  BOOST_TEST((taken_error(bad).code == errc::locked));
}

BOOST_AUTO_TEST_CASE(the_code_alone_describes_itself) {
  BOOST_TEST(describe(fail(errc::not_found)) == "no such block");
}

BOOST_AUTO_TEST_CASE(what_is_known_is_described) {
  auto why = fail_at(errc::io_error, 4096, "read failed");
  BOOST_TEST(describe(why) == "the device failed: read failed at offset 4096");
  why.os_error = EIO;
  BOOST_TEST(describe(why) == "the device failed: read failed at offset 4096 (" +
                                  std::string{std::strerror(EIO)} + ")");
  BOOST_TEST(describe(fail_at(errc::corrupt, 0, "")) == "the store is damaged at offset 0");
}

BOOST_AUTO_TEST_CASE(a_conflict_names_both_versions) {
  auto why = fail(errc::conflict);
  why.actual = version{12};
  BOOST_TEST(describe(why) ==
             "the block has another version than expected (expected absent, found 12)");
  why.expected = version{3};
  why.actual = version{};
  BOOST_TEST(describe(why) ==
             "the block has another version than expected (expected 3, found absent)");
}

BOOST_AUTO_TEST_SUITE_END()
