// What travels between processes, through CAF's binary format and back.
#include <stowage/messages/all.hpp>

#include <boost/test/unit_test.hpp>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/byte_buffer.hpp>
#include <caf/deep_to_string.hpp>

using namespace stowage;

namespace {

template <class T>
T round_trip(const T& value) {
  caf::byte_buffer bytes;
  caf::binary_serializer sink{nullptr, bytes};
  BOOST_REQUIRE(sink.apply(value));
  T out{};
  caf::binary_deserializer source{nullptr, bytes};
  BOOST_REQUIRE(source.apply(out));
  BOOST_TEST(source.remaining() == 0U);
  return out;
}

template <class T>
std::size_t serialized_bytes(const T& value) {
  caf::byte_buffer bytes;
  caf::binary_serializer sink{nullptr, bytes};
  BOOST_REQUIRE(sink.apply(value));
  return bytes.size();
}

std::string all_bytes() {
  std::string text;
  for (int b = 0; b < 256; ++b) text.push_back(static_cast<char>(b));
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(serialization)

BOOST_AUTO_TEST_CASE(payloads_keep_every_byte) {
  for (const auto& text :
       {std::string{}, std::string{"\0", 1}, all_bytes(), std::string(1 << 20, 'x')})
    BOOST_TEST((round_trip(payload{text}).text() == text));
}

BOOST_AUTO_TEST_CASE(a_slice_travels_as_what_it_shows) {
  const payload whole{all_bytes()};
  BOOST_TEST((round_trip(whole.slice(100, 50)).text() == all_bytes().substr(100, 50)));
}

BOOST_AUTO_TEST_CASE(a_payload_travels_as_one_string) {
  BOOST_TEST(serialized_bytes(payload{std::string(1 << 20, 'x')}) < (1U << 20U) + 16);
}

BOOST_AUTO_TEST_CASE(a_log_shows_the_size_of_a_payload_and_none_of_its_bytes) {
  const auto text =
      caf::deep_to_string(put_request{"name", payload{std::string(5000, 'x')}, {}, {}});
  BOOST_TEST(text.find("5000") != std::string::npos);
  BOOST_TEST(text.find("xx") == std::string::npos);
  BOOST_TEST(text.find("name") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(requests_keep_their_fields) {
  const auto put = round_trip(
      put_request{all_bytes(), payload{all_bytes()}, durability::accepted, version{UINT64_MAX}});
  BOOST_TEST((put.name == all_bytes()));
  BOOST_TEST((put.value.text() == all_bytes()));
  BOOST_TEST((put.level == durability::accepted));
  BOOST_TEST((put.expected == version{UINT64_MAX}));

  auto with_time = put_request{"n", {}, {}, {}};
  with_time.expires_at_ms = UINT64_MAX;
  BOOST_TEST(round_trip(with_time).expires_at_ms == UINT64_MAX);
  const auto cleared = round_trip(clear_request{durability::accepted, false});
  BOOST_TEST((cleared.level == durability::accepted));
  BOOST_TEST(!cleared.wait_for_credit);

  // Absent is not the same as the first of a kind.
  const auto plain = round_trip(put_request{"n", {}, {}, {}});
  BOOST_TEST(!plain.level.has_value());
  BOOST_TEST(!plain.expected.has_value());
  const auto absent = round_trip(delete_request{"n", durability::durable, version{}});
  BOOST_TEST((absent.level == durability::durable));
  BOOST_TEST((absent.expected == version{}));

  const auto get = round_trip(get_request{"n", 1, UINT64_MAX});
  BOOST_TEST(get.offset == 1U);
  BOOST_TEST(get.length == UINT64_MAX);
  const auto list = round_trip(list_request{"p", "a", 7});
  BOOST_TEST(list.prefix == "p");
  BOOST_TEST(list.after == "a");
  BOOST_TEST(list.limit == 7U);
  BOOST_TEST(round_trip(exists_request{"e"}).name == "e");
  BOOST_TEST(round_trip(stat_request{"s"}).name == "s");
  (void)round_trip(flush_request{});
  (void)round_trip(status_request{});
  (void)round_trip(close_request{});
}

BOOST_AUTO_TEST_CASE(answers_keep_their_fields) {
  const auto got = round_trip(receipt{version{9}, durability::durable});
  BOOST_TEST((got.ver == version{9}));
  BOOST_TEST((got.reached == durability::durable));
  const auto value = round_trip(block_value{payload{std::string{"v"}}, version{3}, 77});
  BOOST_TEST(value.expires_at_ms == 77U);
  BOOST_TEST((value.value.text() == "v"));
  BOOST_TEST((value.ver == version{3}));
  const block_list blocks{{{"a", version{1}, 5, 99}, {all_bytes(), version{2}, 0}}, true};
  const auto listed = round_trip(blocks);
  BOOST_TEST((listed.blocks == blocks.blocks));
  BOOST_TEST(listed.more);
}

BOOST_AUTO_TEST_CASE(a_status_keeps_every_number) {
  store_status s;
  s.state = "open";
  s.cause = "cause";
  s.path = "path";
  std::uint8_t digit = 1;
  for (auto& b : s.uuid) b = digit++;
  std::uint64_t n = 100;
  for (auto* field : {&s.epoch,
                      &s.generation,
                      &s.blocks,
                      &s.value_bytes,
                      &s.blocks_expiring,
                      &s.blocks_expired,
                      &s.last_version.value,
                      &s.durable_version.value,
                      &s.durable_lsn.value,
                      &s.ops_in_flight,
                      &s.bytes_in_flight,
                      &s.requests_parked,
                      &s.ops_accepted,
                      &s.ops_rejected,
                      &s.batches,
                      &s.groups,
                      &s.seals,
                      &s.syncs,
                      &s.bytes_written,
                      &s.value_bytes_written,
                      &s.journal_bytes_written,
                      &s.prepared_bytes_written,
                      &s.checkpoints,
                      &s.compactions,
                      &s.blocks_moved,
                      &s.bytes_moved,
                      &s.blocks_verified,
                      &s.blocks_to_verify,
                      &s.journal_bytes,
                      &s.file_bytes,
                      &s.free_bytes,
                      &s.leased_bytes,
                      &s.promised_bytes,
                      &s.reserve_bytes,
                      &s.pinned_bytes,
                      &s.watches,
                      &s.watch_gaps,
                      &s.cache_hits,
                      &s.cache_misses,
                      &s.cache_entries,
                      &s.cache_bytes,
                      &s.view_reads})
    *field = n++;
  for (auto& cause : s.batches_closed_by) cause = n++;
  BOOST_TEST((round_trip(s) == s));
  // All of the numbers are above: a new one that is not inspected would be lost here.
  BOOST_TEST(sizeof(store_status) ==
             3 * sizeof(std::string) + sizeof(s.uuid) + (n - 100) * sizeof(std::uint64_t));
}

BOOST_AUTO_TEST_CASE(a_compaction_says_everything_it_did) {
  compact_result done;
  done.blocks_moved = 1;
  done.bytes_moved = 2;
  done.file_bytes_before = 3;
  done.file_bytes_after = 4;
  done.unreadable_count = 5;
  done.unreadable.push_back(fail(errc::corrupt_block));
  done.unreadable.front().name = all_bytes();
  const auto got = round_trip(done);
  BOOST_TEST(got.blocks_moved == 1U);
  BOOST_TEST(got.bytes_moved == 2U);
  BOOST_TEST(got.file_bytes_before == 3U);
  BOOST_TEST(got.file_bytes_after == 4U);
  BOOST_TEST(got.unreadable_count == 5U);
  BOOST_TEST_REQUIRE(got.unreadable.size() == 1U);
  BOOST_TEST((got.unreadable.front().name == all_bytes()));
  (void)round_trip(compact_request{});
  (void)round_trip(checkpoint_request{});
}

BOOST_AUTO_TEST_CASE(a_backup_says_everything_it_did) {
  BOOST_TEST((round_trip(backup_request{"a path"}).path == "a path"));
  backup_result done;
  done.blocks = 1;
  done.value_bytes = 2;
  done.file_bytes = 3;
  done.through = version{4};
  done.unreadable_count = 5;
  done.unreadable.push_back(fail(errc::corrupt_block));
  done.unreadable.front().name = all_bytes();
  const auto got = round_trip(done);
  BOOST_TEST(got.blocks == 1U);
  BOOST_TEST(got.value_bytes == 2U);
  BOOST_TEST(got.file_bytes == 3U);
  BOOST_TEST(got.through.value == 4U);
  BOOST_TEST(got.unreadable_count == 5U);
  BOOST_TEST_REQUIRE(got.unreadable.size() == 1U);
  BOOST_TEST((got.unreadable.front().name == all_bytes()));
}

BOOST_AUTO_TEST_CASE(a_verification_says_everything_it_found) {
  (void)round_trip(verify_request{});
  verify_result done;
  done.blocks = 1;
  done.chunks = 2;
  done.verified_bytes = 3;
  done.found_count = 4;
  done.found.push_back(fail_at(errc::corrupt_block, 5, {}));
  done.found.front().name = all_bytes();
  const auto got = round_trip(done);
  BOOST_TEST(got.blocks == 1U);
  BOOST_TEST(got.chunks == 2U);
  BOOST_TEST(got.verified_bytes == 3U);
  BOOST_TEST(got.found_count == 4U);
  BOOST_TEST((got.found == done.found));
}

BOOST_AUTO_TEST_CASE(changes_keep_their_fields) {
  BOOST_TEST((round_trip(watch_request{all_bytes()}).prefix == all_bytes()));
  const auto started = round_trip(watch_started{7, version{8}});
  BOOST_TEST(started.watch == 7U);
  BOOST_TEST(started.from.value == 8U);
  const auto next = round_trip(next_changes_request{9, version{10}});
  BOOST_TEST(next.watch == 9U);
  BOOST_TEST(next.after.value == 10U);
  BOOST_TEST(round_trip(unwatch_request{11}).watch == 11U);
  const change_batch batch{change_gap{version{1}, version{2}},
                           {{all_bytes(), change_kind::put, version{3}},
                            {"d", change_kind::deleted, version{4}},
                            {"e", change_kind::expired, version{5}},
                            {"", change_kind::cleared, version{6}}},
                           version{6}};
  BOOST_TEST((round_trip(batch) == batch));
  BOOST_TEST((round_trip(change_batch{{}, {}, version{1}}) == change_batch{{}, {}, version{1}}));
}

BOOST_AUTO_TEST_CASE(a_change_of_another_kind_is_refused) {
  caf::byte_buffer bytes;
  caf::binary_serializer sink{nullptr, bytes};
  BOOST_REQUIRE(sink.apply(std::uint8_t{4}));
  change_kind kind{};
  caf::binary_deserializer source{nullptr, bytes};
  BOOST_TEST(!source.apply(kind));
  for (const auto each :
       {change_kind::put, change_kind::deleted, change_kind::expired, change_kind::cleared}) {
    auto read = change_kind::put;
    BOOST_TEST(from_string(compat::string_view{to_string(each)}, read));
    BOOST_TEST((read == each));
  }
  BOOST_TEST(!from_string(compat::string_view{"moved"}, kind));
}

BOOST_AUTO_TEST_CASE(failures_keep_their_context) {
  auto why = fail_at(errc::corrupt_block, 4096, "detail");
  why.name = all_bytes();
  why.os_error = 28;
  why.expected = version{1};
  why.actual = version{2};
  BOOST_TEST((round_trip(why) == why));
  BOOST_TEST((round_trip(fail(errc::closed)) == fail(errc::closed)));
  BOOST_TEST((to_failure(round_trip(to_error(why))) == why));
}

BOOST_AUTO_TEST_CASE(a_durability_of_another_kind_is_refused) {
  caf::byte_buffer bytes;
  caf::binary_serializer sink{nullptr, bytes};
  BOOST_REQUIRE(sink.apply(std::uint8_t{2}));
  durability level{};
  caf::binary_deserializer source{nullptr, bytes};
  BOOST_TEST(!source.apply(level));
  durability untouched = durability::durable;
  BOOST_TEST(from_string(compat::string_view{"accepted"}, untouched));
  BOOST_TEST((untouched == durability::accepted));
  BOOST_TEST(!from_string(compat::string_view{"maybe"}, untouched));
}

BOOST_AUTO_TEST_CASE(a_truncated_message_is_refused) {
  caf::byte_buffer bytes;
  caf::binary_serializer sink{nullptr, bytes};
  BOOST_REQUIRE(sink.apply(put_request{"name", payload{std::string(100, 'x')}, {}, version{4}}));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    put_request out;
    caf::binary_deserializer source{nullptr, bytes.data(), size};
    BOOST_TEST(!source.apply(out));
  }
}

BOOST_AUTO_TEST_SUITE_END()
