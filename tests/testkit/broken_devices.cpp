#include <stowage/tests/testkit/broken_devices.hpp>

#include <stowage/storage/device/device_call.hpp>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace stowage::testkit {

namespace {

using device_ptr = std::unique_ptr<block_device>;

/// A sound device, which others break one call of.
class passing : public block_device {
 public:
  explicit passing(device_ptr inner) : inner_{std::move(inner)} {}
  result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override {
    return inner_->read(offset, out, mode);
  }
  result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override {
    return inner_->write(offset, buffers);
  }
  result<void> sync() override { return inner_->sync(); }
  result<void> allocate(std::uint64_t size) override { return inner_->allocate(size); }
  result<void> resize(std::uint64_t size) override { return inner_->resize(size); }
  void drop_cache() override { inner_->drop_cache(); }
  [[nodiscard]] std::uint64_t size() const override { return inner_->size(); }
  result<void> close() override { return inner_->close(); }

 protected:
  result<void> write_one(std::uint64_t offset, byte_view bytes) {
    return inner_->write(offset, {&bytes, 1});
  }

  device_ptr inner_;
};

class broken final : public passing {
 public:
  broken(device_ptr inner, breakage how) : passing{std::move(inner)}, how_{std::move(how)} {}
  result<std::size_t> read(std::uint64_t offset, mutable_byte_view out, read_mode mode) override {
    return how_.read ? how_.read(*inner_, offset, out, mode) : inner_->read(offset, out, mode);
  }
  result<void> write(std::uint64_t offset, std::span<const byte_view> buffers) override {
    return how_.write ? how_.write(*inner_, offset, buffers) : inner_->write(offset, buffers);
  }
  result<void> sync() override { return how_.sync ? how_.sync(*inner_) : inner_->sync(); }
  result<void> allocate(std::uint64_t size) override {
    return how_.allocate ? how_.allocate(*inner_, size) : inner_->allocate(size);
  }
  result<void> resize(std::uint64_t size) override {
    return how_.resize ? how_.resize(*inner_, size) : inner_->resize(size);
  }
  void drop_cache() override {
    if (how_.drop_cache) return how_.drop_cache(*inner_);
    inner_->drop_cache();
  }
  [[nodiscard]] std::uint64_t size() const override {
    return how_.size ? how_.size(*inner_) : inner_->size();
  }
  result<void> close() override { return how_.close ? how_.close(*inner_) : inner_->close(); }

 private:
  breakage how_;
};

result<void> write_text(block_device& device, std::uint64_t offset, std::string_view text) {
  const auto bytes = as_bytes(text);
  return device.write(offset, {&bytes, 1});
}

}  // namespace

device_under_test with(const device_under_test& sound, const breakage& how) {
  const auto breaks = [how](device_ptr inner) -> device_ptr {
    return std::make_unique<broken>(std::move(inner), how);
  };
  device_under_test out;
  out.make = [=] { return breaks(sound.make()); };
  out.reopen = [=] { return breaks(sound.reopen()); };
  if (sound.after_power_loss)
    out.after_power_loss = [=] { return breaks(sound.after_power_loss()); };
  out.make_limited = [=](std::uint64_t capacity) { return breaks(sound.make_limited(capacity)); };
  out.make_failing = [=](device_call call, int os_error, std::function<void()>& arm) {
    return breaks(sound.make_failing(call, os_error, arm));
  };
  return out;
}

const std::vector<offender>& offenders() {
  static const std::vector<offender> all{
      {"a_new_device_has_no_bytes", "it begins with a page", "size() of a new device",
       [] {
         return breakage{
             .size = [](const block_device& d) { return std::max<std::uint64_t>(d.size(), 4096); }};
       }},
      {"what_is_written_is_read_at_once", "direct reads show zeros", "is not what it should be",
       [] {
         return breakage{
             .read = [](block_device& d, std::uint64_t at, mutable_byte_view out, read_mode mode) {
               auto got = d.read(at, out, mode);
               if (mode == read_mode::direct && got)
                 std::ranges::fill(out.first(*got), std::byte{0});
               return got;
             }};
       }},
      {"what_is_written_is_read_at_once", "what is not resident is read as zeros",
       "brings other bytes",
       [] {
         return breakage{
             .read = [](block_device& d, std::uint64_t at, mutable_byte_view out, read_mode mode) {
               auto got = d.read(at, out, mode);
               if (mode == read_mode::resident)
                 std::ranges::fill(out.subspan(out.size() / 2), std::byte{});
               return got;
             }};
       }},
      {"what_is_written_is_read_at_once", "reads are aligned to sectors",
       "is not what it should be",
       [] {
         return breakage{
             .read = [](block_device& d, std::uint64_t at, mutable_byte_view out, read_mode mode) {
               return d.read(round_down(at, std::uint64_t{512}), out, mode);
             }};
       }},
      {"buffers_are_written_one_after_another",
       "it takes as many buffers as one call of the system", "after a write of 3000 buffers",
       [] {
         return breakage{
             .write = [](block_device& d, std::uint64_t at, std::span<const byte_view> b) {
               return d.write(at, b.first(std::min<std::size_t>(b.size(), 1024)));
             }};
       }},
      {"buffers_are_written_one_after_another", "the last buffer comes first", "after a write of",
       [] {
         return breakage{
             .write = [](block_device& d, std::uint64_t at, std::span<const byte_view> b) {
               std::vector<byte_view> turned{b.begin(), b.end()};
               std::ranges::reverse(turned);
               return d.write(at, turned);
             }};
       }},
      {"later_writes_replace_earlier_ones", "a byte that was written stays",
       "after writes over each other",
       [] {
         return breakage{.write = [](block_device& d, std::uint64_t at,
                                     std::span<const byte_view> b) -> result<void> {
           std::string now;
           for (const auto& each : b) now += as_text(each);
           std::string before(now.size(), '\0');
           (void)d.read(at, std::as_writable_bytes(std::span{before}), read_mode::cached);
           for (std::size_t i = 0; i < now.size(); ++i)
             if (before[i] != '\0') now[i] = before[i];
           return write_text(d, at, now);
         }};
       }},
      {"writes_change_nothing_beside_them", "it writes whole sectors", "after a small write at",
       [] {
         return breakage{.write = [](block_device& d, std::uint64_t at,
                                     std::span<const byte_view> b) -> result<void> {
           if (total_bytes(b) > 512) return d.write(at, b);
           const auto from = round_down(at, std::uint64_t{512});
           const auto zeros = std::string(std::min<std::uint64_t>(512, d.size() - from), '\0');
           if (auto cleared = write_text(d, from, zeros); !cleared) return cleared;
           return d.write(at, b);
         }};
       }},
      {"nothing_is_a_size_as_well", "it refuses to write nothing", "a write of no buffers failed",
       [] {
         return breakage{.write = [](block_device& d, std::uint64_t at,
                                     std::span<const byte_view> b) -> result<void> {
           if (total_bytes(b) == 0) return fail(errc::invalid_argument);
           return d.write(at, b);
         }};
       }},
      {"nothing_is_a_size_as_well", "allocate(0) empties it", "changes the size",
       [] {
         return breakage{.allocate = [](block_device& d, std::uint64_t size) {
           return size == 0 ? d.resize(0) : d.allocate(size);
         }};
       }},
      {"reads_end_where_the_device_does", "beyond the end there are zeros", "is not cut at the end",
       [] {
         return breakage{.read = [](block_device& d, std::uint64_t at, mutable_byte_view out,
                                    read_mode mode) -> result<std::size_t> {
           (void)d.read(at, out, mode);
           return out.size();
         }};
       }},
      {"reads_end_where_the_device_does", "a read beyond the end is an error", "failed: ",
       [] {
         return breakage{.read = [](block_device& d, std::uint64_t at, mutable_byte_view out,
                                    read_mode mode) -> result<std::size_t> {
           if (at >= d.size()) return fail(errc::io_error);
           return d.read(at, out, mode);
         }};
       }},
      {"writes_beyond_the_end_are_refused", "it grows with what is written", "beyond the end",
       [] {
         return breakage{.write = [](block_device& d, std::uint64_t at,
                                     std::span<const byte_view> b) -> result<void> {
           if (at < (1U << 20U) && at + total_bytes(b) > d.size())
             (void)d.allocate(at + total_bytes(b));
           return d.write(at, b);
         }};
       }},
      {"writes_beyond_the_end_are_refused", "it writes what fits", "succeeds",
       [] {
         return breakage{.write = [](block_device& d, std::uint64_t at,
                                     std::span<const byte_view> b) -> result<void> {
           if (at > d.size() || total_bytes(b) > d.size() - at) return {};
           return d.write(at, b);
         }};
       }},
      {"allocated_bytes_are_zeros", "new bytes are what was in memory", "after allocate(",
       [] {
         return breakage{.allocate = [](block_device& d, std::uint64_t size) -> result<void> {
           const auto old = d.size();
           if (auto done = d.allocate(size); !done) return done;
           return size > old ? write_text(d, old, std::string(size - old, '?')) : result<void>{};
         }};
       }},
      {"allocated_bytes_are_zeros", "it is shorter by what does not fill a page",
       "shorter than what was allocated",
       [] {
         return breakage{.allocate = [](block_device& d, std::uint64_t size) {
           return d.allocate(round_down(size, std::uint64_t{4096}));
         }};
       }},
      {"allocating_less_changes_nothing", "allocate cuts as well", "changes the size",
       [] {
         return breakage{.allocate = [](block_device& d, std::uint64_t size) {
           return size < d.size() ? d.resize(size) : d.allocate(size);
         }};
       }},
      {"what_is_cut_off_does_not_come_back", "a cut only moves the end", "and growing again",
       [] {
         const auto end = std::make_shared<std::uint64_t>(UINT64_MAX);
         const auto visible = [end](const block_device& d) { return std::min(*end, d.size()); };
         return breakage{.read = [visible](block_device& d, std::uint64_t at, mutable_byte_view out,
                                           read_mode mode) -> result<std::size_t> {
                           const auto size = visible(d);
                           if (at >= size) return std::size_t{0};
                           return d.read(
                               at, out.first(std::min<std::size_t>(out.size(), size - at)), mode);
                         },
                         .allocate =
                             [end](block_device& d, std::uint64_t size) {
                               *end = std::max(size, std::min(*end, d.size()));
                               return d.allocate(size);
                             },
                         .resize = [end](block_device&, std::uint64_t size) -> result<void> {
                           *end = size;
                           return {};
                         },
                         .size = visible};
       }},
      {"what_is_cut_off_does_not_come_back", "it does not cut",
       "size() is not what resize() made it",
       [] {
         return breakage{.resize = [](block_device&, std::uint64_t) { return result<void>{}; }};
       }},
      {"resize_does_not_grow", "it grows", "a resize that grows the device succeeds",
       [] {
         return breakage{.resize = [](block_device& d, std::uint64_t size) {
           return size > d.size() ? d.allocate(size) : d.resize(size);
         }};
       }},
      {"a_full_device_says_so_and_stays_as_it_is", "full is an I/O error", "and not no_space",
       [] {
         return breakage{.allocate = [](block_device& d, std::uint64_t size) -> result<void> {
           if (auto done = d.allocate(size); done) return done;
           return fail(errc::io_error);
         }};
       }},
      {"a_full_device_says_so_and_stays_as_it_is", "it keeps what it got until then",
       "changes the size",
       [] {
         return breakage{.allocate = [](block_device& d, std::uint64_t size) -> result<void> {
           auto done = d.allocate(size);
           if (!done) (void)d.allocate(150'000);
           return done;
         }};
       }},
      {"a_full_device_says_so_and_stays_as_it_is", "once full, always full",
       "after one that failed failed",
       [] {
         const auto full = std::make_shared<bool>(false);
         return breakage{.allocate = [full](block_device& d, std::uint64_t size) -> result<void> {
           if (*full) return fail(errc::no_space);
           auto done = d.allocate(size);
           *full = !done;
           return done;
         }};
       }},
      {"syncs_change_nothing_that_is_read", "a sync with nothing to do fails",
       "a sync with nothing to do failed",
       [] {
         const auto wrote = std::make_shared<bool>(false);
         return breakage{
             .write =
                 [wrote](block_device& d, std::uint64_t at, std::span<const byte_view> b) {
                   *wrote = true;
                   return d.write(at, b);
                 },
             .sync = [wrote](block_device& d) -> result<void> {
               if (!*wrote) return fail(errc::invalid_argument);
               return d.sync();
             }};
       }},
      {"syncs_change_nothing_that_is_read", "it stamps what it syncs", "after a sync",
       [] {
         return breakage{.sync = [](block_device& d) -> result<void> {
           if (d.size() > 0) (void)write_text(d, d.size() - 1, "!");
           return d.sync();
         }};
       }},
      {"a_dropped_cache_loses_nothing", "dirty pages go as well", "what is not synced",
       [] {
         const auto dirty = std::make_shared<std::map<std::uint64_t, std::uint64_t>>();
         return breakage{
             .write =
                 [dirty](block_device& d, std::uint64_t at, std::span<const byte_view> b) {
                   (*dirty)[at] = total_bytes(b);
                   return d.write(at, b);
                 },
             .sync =
                 [dirty](block_device& d) {
                   dirty->clear();
                   return d.sync();
                 },
             .drop_cache =
                 [dirty](block_device& d) {
                   for (const auto& [at, size] : *dirty)
                     (void)write_text(d, at, std::string(size, '\0'));
                 }};
       }},
      {"what_is_synced_is_there_when_opened_again", "a close forgets the end", "opened again",
       [] {
         return breakage{.close = [](block_device& d) -> result<void> {
           (void)d.resize(d.size() - 1);
           return d.close();
         }};
       }},
      {"a_power_loss_takes_nothing_that_was_synced", "it never syncs", "a power loss",
       [] { return breakage{.sync = [](block_device&) { return result<void>{}; }}; }},
      {"a_failed_read_says_where", "it does not say where", "does not say where",
       [] {
         return breakage{.read = [](block_device& d, std::uint64_t at, mutable_byte_view out,
                                    read_mode mode) -> result<std::size_t> {
           auto got = d.read(at, out, mode);
           if (got) return got;
           auto why = got.error();
           why.offset.reset();
           return why;
         }};
       }},
      {"a_failed_read_says_where", "it brings nothing", "a read that failed succeeds",
       [] {
         return breakage{.read = [](block_device& d, std::uint64_t at, mutable_byte_view out,
                                    read_mode mode) -> result<std::size_t> {
           auto got = d.read(at, out, mode);
           return got ? *got : std::size_t{0};
         }};
       }},
      {"a_failed_write_says_where", "errno is lost on the way", "is told with errno 0",
       [] {
         return breakage{.write = [](block_device& d, std::uint64_t at,
                                     std::span<const byte_view> b) -> result<void> {
           auto done = d.write(at, b);
           if (done) return done;
           auto why = done.error();
           why.os_error = 0;
           return why;
         }};
       }},
      {"a_failed_write_says_where", "full is an I/O error", "and not as no_space",
       [] {
         return breakage{.write = [](block_device& d, std::uint64_t at,
                                     std::span<const byte_view> b) -> result<void> {
           auto done = d.write(at, b);
           if (done) return done;
           auto why = done.error();
           why.code = errc::io_error;
           return why;
         }};
       }},
      {"a_failed_sync_is_told", "it is tried again until it succeeds",
       "a sync that failed succeeds",
       [] {
         return breakage{.sync = [](block_device& d) -> result<void> {
           if (auto done = d.sync(); done) return done;
           return d.sync();
         }};
       }},
      {"a_failed_allocate_changes_nothing", "it keeps what it got until then", "changes the size",
       [] {
         return breakage{.allocate = [](block_device& d, std::uint64_t size) -> result<void> {
           auto done = d.allocate(size);
           if (!done) (void)d.allocate(size - 1);
           return done;
         }};
       }},
      {"a_failed_resize_is_told", "it is ignored", "a resize that failed succeeds",
       [] {
         return breakage{.resize = [](block_device& d, std::uint64_t size) -> result<void> {
           (void)d.resize(size);
           return {};
         }};
       }},
      {"threads_read_beside_the_one_that_writes", "two reads at a time share one buffer",
       "brings wrong bytes",
       [] {
         // The first one waits until another one is there: so two do meet, once.
         struct meeting {
           std::mutex mutex;
           std::condition_variable has_met;
           bool one_waits = false;
           bool met = false;
         };
         const auto m = std::make_shared<meeting>();
         return breakage{.read = [m](block_device& d, std::uint64_t at, mutable_byte_view out,
                                     read_mode mode) -> result<std::size_t> {
           std::unique_lock lock{m->mutex};
           if (m->met) return d.read(at, out, mode);
           if (std::exchange(m->one_waits, true)) {
             m->met = true;
             m->has_met.notify_all();
           }
           m->has_met.wait(lock, [&] { return m->met; });
           std::ranges::fill(out, std::byte{'!'});
           return out.size();
         }};
       }},
      {"a_closed_device_does_nothing", "it stays open", "to a closed device succeeds",
       [] { return breakage{.close = [](block_device&) { return result<void>{}; }}; }},
  };
  return all;
}

}  // namespace stowage::testkit
