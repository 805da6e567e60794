// docs/on-disk-format.md says what the code does: its byte tables and its hexdump.

#include <boost/test/unit_test.hpp>

#include <stowage/storage/format/layout.hpp>
#include <stowage/tests/golden/annotated_dump.hpp>
#include <stowage/tests/golden/committed_files.hpp>
#include <stowage/tests/golden/golden_store.hpp>

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace stowage;
using namespace stowage::test;

namespace {

constexpr std::string_view dump_start = "<!-- written by tests/golden -->\n```text\n";
constexpr std::string_view dump_end = "```\n";

struct row {
  std::size_t offset = 0;
  std::size_t size = 0;
  std::string name;
};

// The rows "| offset | size | `name` | meaning |" under the heading, until the next one.
std::vector<row> rows_under(const std::string& document, std::string_view title) {
  std::vector<row> rows;
  bool inside = false;
  std::istringstream lines{document};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) inside = line == "### " + std::string{title};
    row r;
    std::string bar;
    std::istringstream cells{line};
    if (!inside || !(cells >> bar >> r.offset >> bar >> r.size >> bar >> r.name)) continue;
    if (r.name.size() < 3 || r.name.front() != '`' || r.name.back() != '`') continue;
    r.name = r.name.substr(1, r.name.size() - 2);
    rows.push_back(std::move(r));
  }
  return rows;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(document_suite)

BOOST_AUTO_TEST_CASE(the_tables_of_the_document_are_the_tables_of_the_test) {
  const auto document = read_file(document_path);
  for (const auto* s : structures()) {
    BOOST_TEST_CONTEXT(s->title) {
      const auto rows = rows_under(document, s->title);
      BOOST_REQUIRE_EQUAL(rows.size(), s->fields.size());
      std::size_t offset = 0;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        BOOST_CHECK_EQUAL(rows[i].name, s->fields[i].name);
        BOOST_CHECK_EQUAL(rows[i].offset, offset);
        BOOST_CHECK_EQUAL(rows[i].size, s->fields[i].size);
        offset += s->fields[i].size;
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_tables_have_the_sizes_of_the_code) {
  const auto size_of = [](std::string_view title) {
    const auto all = structures();
    const auto it = std::ranges::find(all, title, [](const structure* s) { return s->title; });
    BOOST_REQUIRE(it != all.end());
    return (*it)->size();
  };
  BOOST_CHECK_EQUAL(size_of("Superblock"), layout::superblock_bytes);
  BOOST_CHECK_EQUAL(size_of("Root"), layout::root_bytes);
  BOOST_CHECK_EQUAL(size_of("Area reference"), layout::area_ref_bytes);
  BOOST_CHECK_EQUAL(size_of("Record header"), layout::record_header_bytes);
  BOOST_CHECK_EQUAL(size_of("Op"), layout::op_fixed_bytes);
  BOOST_CHECK_EQUAL(size_of("Chunk"), layout::chunk_bytes);
  BOOST_CHECK_EQUAL(size_of("Manifest header"), layout::manifest_header_bytes);
  BOOST_CHECK_EQUAL(size_of("Page reference"), layout::page_ref_fixed_bytes);
  BOOST_CHECK_EQUAL(size_of("Checkpoint page header"), layout::checkpoint_page_header_bytes);
}

BOOST_AUTO_TEST_CASE(the_hexdump_of_the_document_is_a_store) {
  const auto dump = annotate(make_tiny_image());
  auto document = read_file(document_path);
  const auto marker = document.find(dump_start);
  BOOST_REQUIRE(marker != std::string::npos);
  const auto start = marker + dump_start.size();
  const auto size = document.find(dump_end, start) - start;
  if (is_writing_golden()) write_file(document_path, document.replace(start, size, dump));
  const auto documented = read_file(document_path).substr(start, dump.size() + dump_end.size());
  BOOST_CHECK_MESSAGE(documented == dump + std::string{dump_end}, "the hexdump would now be:\n"
                                                                      << dump);
}

BOOST_AUTO_TEST_SUITE_END()
