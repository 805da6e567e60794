#include <boost/test/unit_test.hpp>

#include <stowage/actors/overlay.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace stowage;

namespace {

shared_bytes bytes_of(std::string text) { return shared_bytes{std::move(text)}; }

std::vector<std::string> names_in(const overlay& o, std::string_view prefix,
                                  std::string_view from) {
  std::vector<std::string> out;
  for (const auto& n : o.sorted(prefix, from)) out.emplace_back(n.name);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(overlay_suite)

BOOST_AUTO_TEST_CASE(the_newest_op_of_a_name_answers_until_it_is_durable) {
  overlay o;
  BOOST_CHECK(!o.set("a", {version{1}, false, bytes_of("one")}));
  BOOST_CHECK(o.set("a", {version{2}, true, {}}));
  BOOST_REQUIRE(o.find("a") != nullptr);
  BOOST_CHECK(o.find("a")->deleted);
  o.drop("a", version{1});
  BOOST_REQUIRE(o.find("a") != nullptr);
  BOOST_CHECK(o.find("a")->ver == version{2});
  o.drop("a", version{2});
  BOOST_CHECK(o.find("a") == nullptr);
  BOOST_CHECK(!o.set("a", {version{3}, false, {}}));
}

BOOST_AUTO_TEST_CASE(what_is_dropped_lets_go_of_its_value) {
  overlay o;
  auto owner = std::make_shared<const std::string>("value");
  const std::weak_ptr<const std::string> alive{owner};
  o.set("a", {version{1}, false, shared_bytes{owner, as_bytes(*owner)}});
  owner.reset();
  BOOST_CHECK(!alive.expired());
  o.drop("a", version{1});
  BOOST_CHECK(alive.expired());
}

BOOST_AUTO_TEST_CASE(a_clear_hides_what_came_before_it_and_nothing_after) {
  overlay o;
  o.set("a", {version{1}, false, bytes_of("one")});
  o.set_cleared(version{2});
  o.set("b", {version{3}, false, bytes_of("three")});
  BOOST_CHECK(o.find("a")->deleted);
  BOOST_CHECK(o.find("never-written")->deleted);
  BOOST_CHECK(!o.find("b")->deleted);
  BOOST_CHECK(names_in(o, "", "") == std::vector<std::string>{"b"});
  // Version 1 was in flight as well; its end ends nothing.
  o.drop("a", version{1});
  BOOST_CHECK(o.is_cleared());
  o.drop_clear(version{2});
  BOOST_CHECK(o.find("a") == nullptr);
  BOOST_CHECK(o.find("b") != nullptr);
}

BOOST_AUTO_TEST_CASE(agrees_with_a_map_whatever_is_done) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937_64 random{seed};
      overlay o;
      std::map<std::string, overlay::entry> model;
      version cleared;  // 0: none
      std::uint64_t last = 0;
      const auto name_of = [&](std::uint64_t n) {
        // Some as long as names get, so that they do not fit into a string object.
        return (n % 7 == 0 ? std::string(1000, 'x') : std::string{"n"}) + std::to_string(n);
      };
      for (int step = 0; step < 20'000; ++step) {
        const auto name = name_of(random() % 500);
        switch (random() % 16) {
          case 0: {
            const auto from = name_of(random() % 500);
            std::vector<std::string> expected;
            for (const auto& [n, e] : model)
              if (n >= from && n.starts_with("n")) expected.push_back(n);
            BOOST_REQUIRE(names_in(o, "n", from) == expected);
            break;
          }
          case 1:
            if (random() % 200 == 0) {
              o.set_cleared(version{++last});
              model.clear();
              cleared = version{last};
            } else if (random() % 200 == 0) {
              o.forget();
              model.clear();
              cleared = {};
            } else if (cleared != version{} && random() % 20 == 0) {
              o.drop_clear(cleared);
              cleared = {};
            }
            break;
          case 2:
          case 3:
          case 4:
          case 5:
          case 6:
          case 7: {
            const auto durable = version{last - std::min<std::uint64_t>(last, random() % 300)};
            o.drop(name, durable);
            if (const auto it = model.find(name); it != model.end() && it->second.ver <= durable)
              model.erase(it);
            break;
          }
          default: {
            const overlay::entry e{version{++last}, random() % 4 == 0,
                                   bytes_of(std::to_string(last)), random() % 3};
            BOOST_REQUIRE_EQUAL(o.set(name, e), model.contains(name));
            model[name] = e;
          }
        }
        const auto* found = o.find(name);
        if (const auto it = model.find(name); it != model.end()) {
          BOOST_REQUIRE(found != nullptr);
          BOOST_REQUIRE(found->ver == it->second.ver);
          BOOST_REQUIRE_EQUAL(found->deleted, it->second.deleted);
          BOOST_REQUIRE(found->value == it->second.value);
          BOOST_REQUIRE_EQUAL(found->expires_at_ms, it->second.expires_at_ms);
        } else if (cleared != version{}) {
          BOOST_REQUIRE(found != nullptr);
          BOOST_REQUIRE(found->ver == cleared && found->deleted);
        } else {
          BOOST_REQUIRE(found == nullptr);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
