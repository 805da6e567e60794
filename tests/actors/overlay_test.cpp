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

// The overlay, and who accepts ops and makes batches of them.
class rig {
 public:
  overlay of;
  std::uint64_t last = 0;

  /// Accepted, and not yet part of a batch that is kept.
  accepted_op& accept(op_kind kind, std::string name, std::string value = {},
                      std::uint64_t expires_at_ms = 0) {
    if (!unit_) {
      unit_ = std::make_shared<batch>();
      unit_->ops.reserve(100);
    }
    auto& o = unit_->ops.emplace_back();
    o.kind = kind;
    o.name = std::move(name);
    o.ver = version{++last};
    o.value = shared_bytes{std::move(value)};
    o.expires_at_ms = expires_at_ms;
    of.set(o);
    return o;
  }
  void keep() {
    if (!unit_) return;
    unit_->through = version{last};
    of.keep(std::exchange(unit_, nullptr));
  }
  bool put(std::string name, std::string value = {}) {
    const bool supersedes =
        accept(op_kind::put, std::move(name), std::move(value)).may_supersede_pending;
    keep();
    return supersedes;
  }
  bool del(std::string name) {
    const bool supersedes = accept(op_kind::del, std::move(name)).may_supersede_pending;
    keep();
    return supersedes;
  }
  void clear() {
    accept(op_kind::clear, {});
    keep();
  }
  void settle(std::uint64_t through) { of.settle(version{through}); }
  [[nodiscard]] std::size_t room_left() const {
    return unit_ ? unit_->ops.capacity() - unit_->ops.size() : 1;
  }

 private:
  std::shared_ptr<batch> unit_;
};

std::vector<std::string> names_in(const overlay& o, std::string_view prefix,
                                  std::string_view from) {
  std::vector<std::string> out;
  for (const auto* each : o.sorted(prefix, from)) out.push_back(each->name);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(overlay_suite)

BOOST_AUTO_TEST_CASE(the_newest_op_of_a_name_answers_until_it_is_durable) {
  rig r;
  BOOST_CHECK(!r.put("a", "one"));
  BOOST_CHECK(r.del("a"));
  BOOST_REQUIRE(r.of.find("a") != nullptr);
  BOOST_CHECK(r.of.find("a")->removes());
  r.settle(1);
  BOOST_REQUIRE(r.of.find("a") != nullptr);
  BOOST_CHECK(r.of.find("a")->ver == version{2});
  r.settle(2);
  BOOST_CHECK(r.of.find("a") == nullptr);
  BOOST_CHECK(!r.put("a"));
}

BOOST_AUTO_TEST_CASE(within_one_batch_too) {
  rig r;
  BOOST_CHECK(!r.accept(op_kind::put, "a", "one").may_supersede_pending);
  BOOST_CHECK(r.of.find("a")->value.text() == "one");
  BOOST_CHECK(r.accept(op_kind::put, "a", "two").may_supersede_pending);
  BOOST_CHECK(!r.accept(op_kind::put, "b", "three").may_supersede_pending);
  r.keep();
  BOOST_CHECK(r.of.find("a")->value.text() == "two");
  // Not all of it is durable: nothing is.
  r.settle(2);
  BOOST_CHECK(r.of.find("a") != nullptr && r.of.find("b") != nullptr);
  r.settle(3);
  BOOST_CHECK(r.of.find("a") == nullptr && r.of.find("b") == nullptr);
}

BOOST_AUTO_TEST_CASE(what_is_durable_is_let_go_of) {
  rig r;
  auto owner = std::make_shared<const std::string>("value");
  const std::weak_ptr<const std::string> alive{owner};
  r.accept(op_kind::put, "a").value = shared_bytes{owner, as_bytes(*owner)};
  r.keep();
  owner.reset();
  BOOST_CHECK(!alive.expired());
  r.settle(1);
  BOOST_CHECK(alive.expired());
}

BOOST_AUTO_TEST_CASE(names_are_told_as_long_as_they_are_in_flight) {
  rig r;
  const auto names = r.of.names();
  r.put("a");
  r.put("a");
  r.settle(1);
  BOOST_CHECK(names->may_have("a"));
  r.settle(2);
  BOOST_CHECK(!names->may_have("a"));
  r.put("a");
  r.clear();
  BOOST_CHECK(names->may_have("a") && names->may_have("never-written"));
  r.settle(4);
  BOOST_CHECK(!names->may_have("a") && !names->may_have("never-written"));
  r.put("a");
  r.clear();
  r.of.forget();
  BOOST_CHECK(!names->may_have("a") && !names->may_have("never-written"));
}

BOOST_AUTO_TEST_CASE(a_clear_hides_what_came_before_it_and_nothing_after) {
  rig r;
  r.put("a", "one");
  r.clear();
  r.put("b", "three");
  BOOST_CHECK(r.of.find("a")->removes());
  BOOST_CHECK(r.of.find("never-written")->removes());
  BOOST_CHECK(!r.of.find("b")->removes());
  BOOST_CHECK(names_in(r.of, "", "") == std::vector<std::string>{"b"});
  // Version 1 was in flight as well; its end ends nothing.
  r.settle(1);
  BOOST_CHECK(r.of.is_cleared());
  r.settle(2);
  BOOST_CHECK(r.of.find("a") == nullptr);
  BOOST_CHECK(r.of.find("b") != nullptr);
}

BOOST_AUTO_TEST_CASE(agrees_with_a_map_whatever_is_done) {
  struct known {
    version ver;
    bool removed = false;
    std::string value;
    std::uint64_t expires_at_ms = 0;
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937_64 random{seed};
      rig r;
      std::map<std::string, known> model;
      version cleared;  // 0: none
      const auto name_of = [&](std::uint64_t n) {
        // Some as long as names get, so that they do not fit into a string object.
        return (n % 7 == 0 ? std::string(1000, 'x') : std::string{"n"}) + std::to_string(n);
      };
      // Where batches end: only there something can be durable.
      std::vector<std::uint64_t> ends{0};
      const auto keep = [&] {
        r.keep();
        if (ends.back() != r.last) ends.push_back(r.last);
      };
      for (int step = 0; step < 20'000; ++step) {
        const auto name = name_of(random() % 500);
        if (r.room_left() == 0) keep();
        switch (random() % 16) {
          case 0: {
            const auto from = name_of(random() % 500);
            std::vector<std::string> expected;
            for (const auto& [n, e] : model)
              if (n >= from && n.starts_with("n")) expected.push_back(n);
            BOOST_REQUIRE(names_in(r.of, "n", from) == expected);
            break;
          }
          case 1:
            if (random() % 200 == 0) {
              r.accept(op_kind::clear, {});
              model.clear();
              cleared = version{r.last};
            } else if (random() % 200 == 0) {
              keep();
              r.of.forget();
              model.clear();
              cleared = {};
            }
            break;
          case 2:
          case 3: {
            keep();
            // Some batches later than the last time, and sometimes all.
            const auto lag = std::min<std::size_t>(ends.size() - 1, random() % 60);
            const version durable{ends[ends.size() - 1 - lag]};
            r.of.settle(durable);
            std::erase_if(model, [&](const auto& e) { return e.second.ver <= durable; });
            if (cleared <= durable) cleared = {};
            break;
          }
          default: {
            if (random() % 4 == 0) keep();
            const bool removes = random() % 4 == 0;
            const auto& o = r.accept(removes ? op_kind::del : op_kind::put, name,
                                     std::to_string(r.last), random() % 3);
            BOOST_REQUIRE_EQUAL(o.may_supersede_pending, model.contains(name));
            model[name] = {o.ver, removes, std::string{o.value.text()}, o.expires_at_ms};
          }
        }
        const auto* found = r.of.find(name);
        if (const auto it = model.find(name); it != model.end()) {
          BOOST_REQUIRE(found != nullptr);
          BOOST_REQUIRE(found->ver == it->second.ver);
          BOOST_REQUIRE_EQUAL(found->removes(), it->second.removed);
          BOOST_REQUIRE(found->value.text() == it->second.value);
          BOOST_REQUIRE_EQUAL(found->expires_at_ms, it->second.expires_at_ms);
        } else if (cleared != version{}) {
          BOOST_REQUIRE(found != nullptr);
          BOOST_REQUIRE(found->ver == cleared && found->removes());
        } else {
          BOOST_REQUIRE(found == nullptr);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
