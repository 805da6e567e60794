// Messages of an application of its own: known to CAF because a line at namespace scope says so.
#include <stowage/testkit/actor_fixture.hpp>
#include <stowage/testkit/boost_test.hpp>

#include <caf/type_id.hpp>

#include <boost/test/unit_test.hpp>

namespace an_application {

struct order {
  int number = 0;
};

template <class Inspector>
bool inspect(Inspector& f, order& x) {
  return f.object(x).fields(f.field("number", x.number));
}

}  // namespace an_application

CAF_BEGIN_TYPE_ID_BLOCK(testkit_test, caf::first_custom_type_id + 900)
CAF_ADD_TYPE_ID(testkit_test, (an_application::order))
CAF_END_TYPE_ID_BLOCK(testkit_test)

namespace {

const stowage::testkit::with_message_types<caf::id_block::testkit_test> my_messages;

}  // namespace

using an_application::order;

BOOST_AUTO_TEST_SUITE(message_types)

BOOST_FIXTURE_TEST_CASE(an_application_sends_its_own, stowage::testkit::actor_fixture) {
  const auto doubles =
      spawn([]() -> caf::behavior { return {[](const order& o) { return order{2 * o.number}; }}; });
  auto doubled = ask<order>(doubles, order{21});
  run();
  BOOST_TEST(doubled->number == 42);
}

BOOST_AUTO_TEST_SUITE_END()
