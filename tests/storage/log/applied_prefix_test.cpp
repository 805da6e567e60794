#include <boost/test/unit_test.hpp>

#include <stowage/storage/log/applied_prefix.hpp>

using namespace stowage;

BOOST_AUTO_TEST_SUITE(applied_prefixes)

BOOST_AUTO_TEST_CASE(grow_by_the_next_record) {
  applied_prefix applied{lsn{7}};
  applied.append(lsn{8});
  applied.append(lsn{9});
  BOOST_TEST(applied.through().value == 9U);
}

BOOST_AUTO_TEST_CASE(have_no_gap_and_nothing_twice) {
  applied_prefix applied{lsn{7}};
  for (const std::uint64_t wrong : {0U, 6U, 7U, 9U})
    BOOST_CHECK_THROW(applied.append(lsn{wrong}), invariant_violation);
  BOOST_TEST(applied.through().value == 7U);
}

BOOST_AUTO_TEST_SUITE_END()
