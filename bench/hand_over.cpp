#include <stowage/bench/hand_over.hpp>

namespace stowage::bench {

hand_over::hand_over(raw_file& file)
    : disk_{[this, &file] {
        while (const auto* value = to_write_.take()) {
          file.append(*value);
          file.sync();
          written_.put({});
        }
      }},
      order_{[this] {
        while (const auto* value = to_order_.take()) {
          to_write_.put(value);
          written_.take();
          answered_.put({});
        }
        to_write_.put(nullptr);
      }} {}

hand_over::~hand_over() {
  to_order_.put(nullptr);
  order_.join();
  disk_.join();
}

void hand_over::write_durably(byte_view value) {
  to_order_.put(&value);
  answered_.take();
}

}  // namespace stowage::bench
