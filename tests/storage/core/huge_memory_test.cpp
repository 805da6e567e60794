#include <stowage/storage/core/huge_memory.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace stowage;

namespace {

template <class T>
using huge_vector = std::vector<T, huge_allocator<T>>;

std::uintptr_t address_of(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

bool system_has_huge_pages() {
  std::ifstream mode{"/sys/kernel/mm/transparent_hugepage/enabled"};
  std::string word;
  while (mode >> word)
    if (word == "[always]" || word == "[madvise]") return true;
  return false;
}

// Whether the kernel was asked for huge pages where `p` points to.
bool is_asked_for_huge_pages(const void* p) {
  std::ifstream maps{"/proc/self/smaps"};
  bool is_here = false;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words{line};
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char dash = 0;
    if (words >> std::hex >> begin >> dash >> end && dash == '-') {
      is_here = begin <= address_of(p) && address_of(p) < end;
    } else if (is_here && line.starts_with("VmFlags:")) {
      return (line + ' ').find(" hg ") != std::string::npos;
    }
  }
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(huge_memory_suite)

BOOST_AUTO_TEST_CASE(large_memory_begins_at_a_huge_page_and_is_to_be_backed_by_such) {
  for (const std::size_t bytes : {huge_page_bytes, 3 * huge_page_bytes + 1}) {
    const huge_vector<char> large(bytes, 'x');
    BOOST_TEST(address_of(large.data()) % huge_page_bytes == 0U);
    if (system_has_huge_pages()) BOOST_TEST(is_asked_for_huge_pages(large.data()));
  }
}

BOOST_AUTO_TEST_CASE(a_vector_grows_from_one_kind_into_the_other) {
  huge_vector<std::array<std::uint64_t, 3>> of;
  const std::uint64_t count = 2 * huge_page_bytes / sizeof(of[0]);
  for (std::uint64_t i = 0; i < count; ++i) of.push_back({i, i + 1, i + 2});
  bool is_whole = true;
  for (std::uint64_t i = 0; i < count; ++i)
    is_whole = is_whole && of[i][0] == i && of[i][2] == i + 2;
  BOOST_TEST(is_whole);
  of.resize(10);
  of.shrink_to_fit();
  BOOST_TEST(of[9][1] == 10U);
}

BOOST_AUTO_TEST_SUITE_END()
