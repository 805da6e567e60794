#include <stowage/storage/core/bytes.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>

using namespace stowage;

BOOST_AUTO_TEST_SUITE(bytes)

BOOST_AUTO_TEST_CASE(text_and_bytes_view_the_same_memory) {
  const std::string text{"a\0b", 3};
  const auto view = as_bytes(text);
  BOOST_TEST(view.size() == 3U);
  BOOST_TEST(as_text(view).data() == text.data());
  BOOST_TEST(as_text(view) == text);
  BOOST_TEST(as_text(as_bytes("")).empty());
}

BOOST_AUTO_TEST_CASE(shared_bytes_take_over_without_copying) {
  std::string text(1000, 'x');
  const auto* const address = reinterpret_cast<const std::byte*>(text.data());
  const shared_bytes from_text{std::move(text)};
  BOOST_TEST(from_text.data() == address);

  std::vector<std::byte> vector(1000, std::byte{7});
  const auto* const first = vector.data();
  const shared_bytes from_vector{std::move(vector)};
  BOOST_TEST(from_vector.data() == first);
  BOOST_TEST(from_vector.size() == 1000U);
}

BOOST_AUTO_TEST_CASE(copies_and_slices_share_and_outlive_the_original) {
  shared_bytes copy;
  shared_bytes part;
  const std::byte* address = nullptr;
  {
    const shared_bytes whole{std::string{"a short text"}};
    address = whole.data();
    copy = whole;
    part = whole.slice(2, 5);
  }
  BOOST_TEST(copy.text() == "a short text");
  BOOST_TEST(copy.data() == address);
  BOOST_TEST(part.text() == "short");
  BOOST_TEST(part.data() == address + 2);
}

BOOST_AUTO_TEST_CASE(equality_is_by_content) {
  const shared_bytes a{std::string{"same"}};
  const shared_bytes b{std::string{"same"}};
  const shared_bytes c{std::string{"other"}};
  BOOST_TEST((a == b));
  BOOST_TEST((a != c));
  BOOST_TEST((shared_bytes{} == shared_bytes{std::string{}}));
  BOOST_TEST(shared_bytes{}.empty());
}

BOOST_AUTO_TEST_CASE(page_buffers_are_aligned_and_zero) {
  for (const std::size_t size : {1U, 4096U, 4097U, 1'000'000U}) {
    const page_buffer buffer{size};
    BOOST_TEST(buffer.size() == size);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(buffer.bytes().data()) % page_buffer::alignment ==
               0U);
    BOOST_TEST(std::ranges::all_of(buffer.bytes(), [](std::byte b) { return b == std::byte{}; }));
  }
}

BOOST_AUTO_TEST_CASE(an_empty_page_buffer_is_fine) {
  BOOST_TEST(page_buffer{0}.bytes().empty());
  BOOST_TEST(page_buffer{}.size() == 0U);
  BOOST_TEST(page_buffer::share(page_buffer{0}).empty());
}

BOOST_AUTO_TEST_CASE(a_page_buffer_is_given_away_without_copying) {
  page_buffer buffer{100};
  buffer.bytes()[42] = std::byte{42};
  const auto* const address = buffer.bytes().data();
  const auto shared = page_buffer::share(std::move(buffer));
  BOOST_TEST(shared.data() == address);
  BOOST_TEST(shared.size() == 100U);
  BOOST_TEST((shared.view()[42] == std::byte{42}));
}

BOOST_AUTO_TEST_SUITE_END()
