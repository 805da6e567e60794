// The scanner finds each kind of error branch, and nothing else.

#include <stowage/tests/coverage/error_sites.hpp>
#include <stowage/tests/coverage/tree.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace stowage::coverage;

namespace {

error_scan scan(std::string text) {
  const source_text source{std::move(text)};
  failure_names names;
  add_failure_names(source, names);
  return scan_errors("a.cpp", source, names);
}

/// "function: what (codes)" of each.
std::vector<std::string> found_in(std::string text) {
  std::vector<std::string> out;
  for (const auto& s : scan(std::move(text)).sites)
    out.push_back(s.function + ": " + s.what + " (" + s.codes + ")");
  return out;
}

void check(std::string text, const std::vector<std::string>& expected) {
  const auto found = found_in(std::move(text));
  BOOST_CHECK_EQUAL_COLLECTIONS(found.begin(), found.end(), expected.begin(), expected.end());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(error_sites)

BOOST_AUTO_TEST_CASE(a_failure_made_with_a_message) {
  check(R"source(result<void> f() {
    if (a) return fail(errc::corrupt, "torn, and " + std::to_string(n) + " bytes short");
    return fail_at(errc::io_error, offset, path + " is gone");
  })source",
        {"f: torn, and … bytes short (corrupt)", "f: … is gone (io_error)"});
}

BOOST_AUTO_TEST_CASE(a_failure_made_without_a_message_has_a_reason) {
  check(R"source(result<void> f() {
    if (auto n = g(); n > 3 && h(n)) return fail(errc::locked);
    if (!good) {
      auto why = fail(errc::corrupt, {});
      return why;
    }
    switch (n) {
      case 1:
      case 2: return fail(errc::closed);
      default: return fail(errc::conflict);
    }
    return fail(full ? errc::no_space : errc::io_error);
  })source",
        {"f: `n > 3 && h(n)` (locked)", "f: `!good` (corrupt)", "f: 1, 2 (closed)",
         "f: anything else (conflict)", "f: `full` (no_space, io_error)"});
}

BOOST_AUTO_TEST_CASE(who_makes_failures_for_others_is_not_a_branch_itself) {
  check(R"source(failure by_number(int n, const std::string& path) {
    auto why = fail(code, path);
    return why;
  }
  result<void> f() {
    const auto bad = [&](const char* what) { return fail_at(errc::corrupt, at, what); };
    if (a) return bad("cut short");
    if (b) return by_number(errno, "the directory " + path);
    return ours::by_number(errno, path);
  })source",
        {"f: cut short (corrupt)", "f: the directory … (by errno)",
         "f: `return ours::by_number(errno, path)` (by errno)"});
}

BOOST_AUTO_TEST_CASE(a_failure_handed_on) {
  check(R"source(result<int> f(std::optional<failure> complaint) {
    auto got = device.read(at, out);
    if (!got) return std::move(got).error();
    if (auto claimed = space.claim(a, b); !claimed) return claimed;
    if (auto second = load(previous); !second) return first;
    if (!walked || walked->n > 3) return walked;
    if (complaint) return *complaint;
    note(slots[newest].error());
  })source",
        {"f: `device.read(at, out)` fails ()", "f: `space.claim(a, b)` fails ()",
         "f: `load(previous)` fails ()", "f: `walked` fails ()", "f: `complaint` fails ()",
         "f: `slots` fails ()"});
}

BOOST_AUTO_TEST_CASE(a_code_put_into_a_failure) {
  check("void f() { if (full) why.code = errc::io_error; }", {"f: `full` (io_error)"});
}

BOOST_AUTO_TEST_CASE(what_is_no_error_branch) {
  check(R"source(// return fail(errc::corrupt, "in a comment");
  bool f(const result<int>& r) {
    const char* text = "return fail(errc::corrupt)";
    if (r.error().code == errc::corrupt || r.error().os_error != EINVAL) return true;
    if (!found) return false;
    if (!run) return std::nullopt;
    other.fail(3);
    return r.ok();
  })source",
        {});
}

BOOST_AUTO_TEST_CASE(a_code_used_in_another_way_is_told) {
  const auto found =
      scan("void f() {\n  answer(errc::corrupt);\n  if (c == errc::closed) g();\n}\n");
  BOOST_TEST(found.sites.empty());
  BOOST_REQUIRE(found.unrecognized.size() == 1U);
  BOOST_TEST(found.unrecognized[0] == "a.cpp:2");
}

BOOST_AUTO_TEST_CASE(the_place_that_is_counted) {
  const auto sites =
      scan("void f() {\n  if (!a) return a;\n  if (b) return fail(errc::closed);\n}\n").sites;
  BOOST_REQUIRE(sites.size() == 2U);
  BOOST_TEST(sites[0].is_condition);
  BOOST_TEST((sites[0].where == position{2, 7}));
  BOOST_TEST(!sites[1].is_condition);
  BOOST_TEST((sites[1].where == position{3, 17}));
}

BOOST_AUTO_TEST_CASE(functions_are_known_by_name) {
  const source_text source{R"source(namespace a { namespace {
    struct point { int x = 0; };
    template <class T> auto twice(T t) noexcept { return t + t; }
    constexpr std::array<int, 2> table{{1, 2}};
  }
  class shape final : public thing {
   public:
    explicit shape(int n) : n_{n} {}
    [[nodiscard]] result<void> draw(extent e = {}, char c = '{') override { return {}; }
  };
  }
  result<void> other::open(const std::string& path) { for (;;) { if (x) { y(); } } }
  )source"};
  std::vector<std::string> names;
  for (const auto& f : source.functions()) names.push_back(f.name);
  const std::vector<std::string> expected{"twice", "shape", "draw", "open"};
  BOOST_CHECK_EQUAL_COLLECTIONS(names.begin(), names.end(), expected.begin(), expected.end());
}

BOOST_AUTO_TEST_CASE(arguments_of_an_invariant_are_known) {
  const source_text source{"void f() { invariant(a && b(c), \"x (\"); if (d) e(); }"};
  const auto ranges = invariant_arguments(source);
  BOOST_REQUIRE(ranges.size() == 1U);
  BOOST_TEST(source.text().substr(ranges[0].first, ranges[0].second - ranges[0].first) ==
             "(a && b(c), \"x (\"");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(test_names_of_the_tree)

BOOST_AUTO_TEST_CASE(are_those_of_ctest) {
  const auto names = test_names_in("storage/x", R"source(
  BOOST_AUTO_TEST_SUITE(outer)
  BOOST_AUTO_TEST_CASE(plain) {}
  BOOST_FIXTURE_TEST_SUITE(inner, rig)
  BOOST_FIXTURE_TEST_CASE(with_rig, rig) {}
  BOOST_AUTO_TEST_SUITE_END()
  BOOST_DATA_TEST_CASE(many, data::make(table)) {}
  BOOST_AUTO_TEST_SUITE_END()
  // BOOST_AUTO_TEST_CASE(only_a_comment)
  BOOST_AUTO_TEST_CASE(alone) {}
  )source");
  const std::set<std::string> expected{"storage/x/outer/plain", "storage/x/outer/inner/with_rig",
                                       "storage/x/outer/many", "storage/x/alone"};
  BOOST_TEST((names == expected));
}

BOOST_AUTO_TEST_SUITE_END()
