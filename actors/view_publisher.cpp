#include <stowage/actors/view_publisher.hpp>

#include <stowage/actors/list_range.hpp>
#include <stowage/storage/core/expiry.hpp>
#include <stowage/storage/core/mutant.hpp>

#include <optional>
#include <string>
#include <utility>

namespace stowage {

namespace {

class durable_source final : public view_source {
 public:
  durable_source(std::shared_ptr<durable_reads> reads, wall_clock clock,
                 std::shared_ptr<const names_in_flight> accepted)
      : reads_{std::move(reads)}, clock_{std::move(clock)}, accepted_{std::move(accepted)} {}

  result<block_value> get(std::string_view name, std::uint64_t offset,
                          std::uint64_t length) override {
    auto found = reads_->find(name);
    if (!found) return std::move(found).error();
    if (!*found || is_past(**found)) return not_found(name);
    auto got = reads_->read(*std::move(found), offset, length);
    if (!got) return std::move(got).error();
    // Another version than was found at first may end sooner.
    if (!got->what || is_past(*got->what)) return not_found(name);
    return block_value{std::move(got->bytes), got->what->ver(), got->what->expires_at_ms()};
  }

  std::optional<result<block_value>> try_get(std::string_view name, std::uint64_t offset,
                                             std::uint64_t length) override {
    if (accepted_->may_have(name) && !mutant("accepted-writes-not-seen")) return std::nullopt;
    const auto found = reads_->find(name);
    if (!found) return std::nullopt;
    if (!*found || is_past(**found)) return not_found(name);
    auto bytes = reads_->try_read(**found, offset, length);
    if (!bytes) return std::nullopt;
    return block_value{*std::move(bytes), (*found)->ver(), (*found)->expires_at_ms()};
  }

  result<block_stat> stat(std::string_view name) override {
    auto found = reads_->find(name);
    if (!found) return std::move(found).error();
    if (!*found || is_past(**found)) return not_found(name);
    return stat_of(**found);
  }

  result<block_list> list(const list_request& what) override {
    if (auto why = refusal_of(what)) return *std::move(why);
    const auto state = reads_->state();
    if (!state) return state.error();
    block_list out;
    state->for_each_from(first_name(what), [&](const block_ref& b) {
      if (!b->name().starts_with(what.prefix)) return false;
      if (is_past(*b)) return true;
      out.more = out.blocks.size() == what.limit;
      if (!out.more) out.blocks.push_back(stat_of(*b));
      return !out.more;
    });
    return out;
  }

 private:
  [[nodiscard]] bool is_past(const block& b) const {
    return b.expires_at_ms() != 0 && has_expired(b.expires_at_ms(), clock_());
  }

  static failure not_found(std::string_view name) {
    auto why = fail(errc::not_found);
    why.name = name;
    return why;
  }

  static block_stat stat_of(const block& b) {
    return {std::string{b.name()}, b.ver(), b.value_length(), b.expires_at_ms()};
  }

  std::shared_ptr<durable_reads> reads_;
  wall_clock clock_;
  std::shared_ptr<const names_in_flight> accepted_;
};

}  // namespace

view_publisher::view_publisher(std::shared_ptr<durable_reads> reads, wall_clock clock,
                               std::shared_ptr<const names_in_flight> accepted)
    : reads_{std::move(reads)},
      source_{std::make_shared<durable_source>(reads_, std::move(clock), std::move(accepted))} {}

read_view view_publisher::view_of(block_index& index) {
  if (!std::exchange(is_published_, true)) reads_->publish(index.snapshot());
  return read_view{source_};
}

void view_publisher::publish(block_index& index) {
  // What was accepted before a close becomes durable after it has begun.
  if (is_over_) return;
  if (has_views()) {
    if (!mutant("views-not-published")) reads_->publish(index.snapshot());
  } else if (std::exchange(is_published_, false)) {
    reads_->end();
  }
}

void view_publisher::end() {
  reads_->end();
  is_over_ = true;
}

}  // namespace stowage
