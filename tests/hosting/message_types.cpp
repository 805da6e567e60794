// What CAF_MAIN does for a program: the messages of the store and of CAF's middleman are known before any system is.
#include <stowage/messages/register_types.hpp>

#include <boost/test/unit_test.hpp>

#include <caf/io/middleman.hpp>

namespace {

struct message_types {
  message_types() {
    stowage::register_message_types();
    caf::io::middleman::init_global_meta_objects();
  }
};
BOOST_GLOBAL_FIXTURE(message_types);

}  // namespace
