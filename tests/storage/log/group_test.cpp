#include <boost/test/unit_test.hpp>

#include <stowage/storage/core/invariant.hpp>
#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/log/group.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace stowage;
using limits::kib;
using limits::mib;

namespace {

constexpr std::uint64_t store_seed = 0xfeed'beef;

const page_pool buffers{32 * mib};

using random_source = std::mt19937_64;

std::uint64_t below(random_source& random, std::uint64_t end) {
  return std::uniform_int_distribution<std::uint64_t>{0, end - 1}(random);
}

accepted_op op_of(op_kind kind, std::string name, std::uint64_t ver, shared_bytes value = {}) {
  accepted_op o;
  o.kind = kind;
  o.name = std::move(name);
  o.ver = version{ver};
  o.value = std::move(value);
  return o;
}

accepted_op put_of(std::string name, std::uint64_t ver, std::string value = {}) {
  return op_of(op_kind::put, std::move(name), ver, shared_bytes{std::move(value)});
}

// -- coalesce ---------------------------------------------------------------------------------------

struct model_block {
  version ver;
  std::string value;
  friend bool operator==(const model_block&, const model_block&) = default;
};
using model_state = std::map<std::string, model_block>;

// What ops mean, from the contracts: a relocation counts only for the version it names.
model_state applied(model_state state, const std::vector<accepted_op>& ops) {
  for (const auto& o : ops) {
    switch (o.kind) {
      case op_kind::put: state[o.name] = {o.ver, std::string{o.value.text()}}; break;
      case op_kind::del: state.erase(o.name); break;
      case op_kind::relocate:
        if (const auto it = state.find(o.name); it != state.end() && it->second.ver == o.ver)
          it->second.value = std::string{o.value.text()};
        break;
      case op_kind::clear:
        std::erase_if(state, [&](const auto& b) { return b.second.ver < o.ver; });
        break;
    }
  }
  return state;
}

std::vector<accepted_op> coalesced(const accepted_ops& ops) {
  std::vector<accepted_op> kept;
  for (const auto* o : coalesce(ops.all())) kept.push_back(*o);
  return kept;
}

// In batches as they may come.
accepted_ops cut(std::vector<accepted_op> ops, random_source& random) {
  accepted_ops all;
  for (auto from = ops.begin(); from != ops.end();) {
    const auto to =
        from + 1 +
        static_cast<std::ptrdiff_t>(below(random, static_cast<std::uint64_t>(ops.end() - from)));
    all.add(std::make_shared<const batch>(batch{{from, to}, 0, {}}));
    from = to;
  }
  return all;
}

std::string shown(const std::vector<accepted_op>& ops) {
  std::string text;
  for (const auto& o : ops)
    text += std::to_string(static_cast<int>(o.kind)) + ":" + o.name + "@" +
            std::to_string(o.ver.value) + " ";
  return text;
}

// -- place_values -----------------------------------------------------------------------------------

shared_bytes random_value(random_source& random, std::size_t size) {
  std::vector<std::byte> bytes(size);
  std::size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    const auto word = random();
    std::memcpy(bytes.data() + at, &word, 8);
  }
  for (; at < size; ++at) bytes[at] = static_cast<std::byte>(random());
  return shared_bytes{std::move(bytes)};
}

std::uint64_t bytes_for(const accepted_ops& ops) { return value_pages_bytes(ops.all()); }

std::vector<committed_op> place(const accepted_ops& ops, const std::vector<extent>& runs,
                                std::uint64_t seed, const page_pool& from, write_plan& plan) {
  return place_values(ops.all(), runs, seed, from, plan);
}

std::size_t random_size(random_source& random) {
  switch (below(random, 12)) {
    case 0: return 0;
    case 1: return below(random, 3) + 63;
    case 2: return below(random, 3) + 2047;
    case 3: return below(random, 3) + 4095;
    case 4: return below(random, 3) + 64 * kib - 1;
    case 5: return below(random, 3) + (1 + below(random, 40)) * page_size - 1;
    case 6: return below(random, 4) == 0 ? below(random, 5 * mib + 1) : below(random, 300 * kib);
    case 7:
      return below(random, 10) == 0 ? 4 * mib + below(random, 3) - 1 : below(random, 64 * kib);
    default: return 1 + below(random, 3'000);
  }
}

// Runs of at least `bytes` in all, of random page counts, at random places in random order.
std::vector<extent> random_runs(random_source& random, std::uint64_t bytes,
                                std::uint64_t pages_max) {
  std::vector<extent> runs;
  auto offset = layout::data_start;
  for (std::uint64_t sum = 0; sum < bytes;) {
    offset += below(random, 3) * page_size;
    const auto length = (1 + below(random, pages_max)) * page_size;
    runs.push_back({offset, length});
    offset += length;
    sum += length;
  }
  // Shuffled before the last one is cut to what is needed, so that any may be left over.
  std::ranges::shuffle(runs, random);
  return runs;
}

constexpr std::byte untouched{0xee};

std::vector<std::byte> device_for(const std::vector<extent>& runs) {
  std::uint64_t end = layout::data_start;
  for (const auto& r : runs) end = std::max(end, r.end());
  return std::vector<std::byte>(end, untouched);
}

void carry_out(const write_plan& plan, std::vector<std::byte>& device) {
  for (const auto& w : plan.values()) {
    auto at = w.offset;
    for (const auto& b : w.buffers) {
      BOOST_REQUIRE_LE(at + b.size(), device.size());
      std::ranges::copy(b.view(), device.begin() + static_cast<std::ptrdiff_t>(at));
      at += b.size();
    }
    BOOST_REQUIRE_EQUAL(at, w.end());
  }
}

bool lies_in(const extent& inner, const extent& outer) {
  return inner.offset >= outer.offset && inner.end() <= outer.end();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(group_suite)

BOOST_AUTO_TEST_CASE(of_several_writes_of_a_name_the_last_is_kept) {
  auto kept = coalesced({put_of("a", 1, "1"), put_of("b", 2), op_of(op_kind::del, "a", 3),
                         put_of("a", 4, "4"), op_of(op_kind::del, "b", 5)});
  BOOST_REQUIRE_EQUAL(kept.size(), 2U);
  BOOST_CHECK(kept[0].ver == version{4});
  BOOST_CHECK(kept[0].value.text() == "4");
  BOOST_CHECK(kept[1].ver == version{5});
  BOOST_CHECK(kept[1].kind == op_kind::del);
  BOOST_CHECK(coalesced({}).empty());
}

BOOST_AUTO_TEST_CASE(a_clear_is_kept_and_what_follows_it_too) {
  const auto kept = coalesced({put_of("a", 1), put_of("b", 2), op_of(op_kind::clear, "", 3),
                               put_of("a", 4), op_of(op_kind::clear, "", 5)});
  BOOST_CHECK_EQUAL(shown(kept), "1:b@2 4:@3 1:a@4 4:@5 ");
}

BOOST_AUTO_TEST_CASE(a_relocation_makes_nothing_moot_and_may_be_moot) {
  BOOST_CHECK_EQUAL(shown(coalesced({put_of("a", 5), op_of(op_kind::relocate, "a", 5)})),
                    "1:a@5 3:a@5 ");
  BOOST_CHECK_EQUAL(shown(coalesced({op_of(op_kind::relocate, "a", 5), put_of("a", 6)})), "1:a@6 ");
}

BOOST_AUTO_TEST_CASE(coalesced_ops_lead_to_the_same_state) {
  std::size_t dropped = 0;
  for (std::uint64_t seed = 1; seed <= 5'000; ++seed) {
    random_source random{seed};
    model_state before;
    std::uint64_t last = 0;
    const auto name = [&] { return std::string(1, static_cast<char>('a' + below(random, 6))); };
    for (int i = 0; i < 4; ++i) {
      ++last;
      before[name()] = {version{last}, "before " + std::to_string(last)};
    }
    std::vector<accepted_op> ops;
    for (auto count = below(random, 25); count > 0; --count) {
      switch (below(random, 10)) {
        case 0: ops.push_back(op_of(op_kind::clear, "", ++last)); break;
        case 1:
        case 2: ops.push_back(op_of(op_kind::del, name(), ++last)); break;
        case 3:
        case 4:
        case 5: {
          // Mostly of the version that is there now.
          const auto now = applied(before, ops);
          const auto n = name();
          const auto it = now.find(n);
          const auto v = it != now.end() && below(random, 4) != 0 ? it->second.ver.value
                                                                  : 1 + below(random, last);
          ops.push_back(
              op_of(op_kind::relocate, n, v, shared_bytes{"moved " + std::to_string(random())}));
          break;
        }
        default: ++last; ops.push_back(put_of(name(), last, "value " + std::to_string(last)));
      }
    }
    const auto kept = coalesced(seed % 2 == 0 ? accepted_ops{ops} : cut(ops, random));
    dropped += ops.size() - kept.size();
    BOOST_TEST_CONTEXT("seed " << seed << ": " << shown(ops) << "became " << shown(kept)) {
      BOOST_REQUIRE(applied(before, ops) == applied(before, kept));
      // In accept order, each whole, and never two deciding ops of a name.
      std::set<std::string> decided;
      auto from = ops.begin();
      for (const auto& k : kept) {
        from = std::find_if(from, ops.end(), [&](const accepted_op& o) {
          return o.kind == k.kind && o.name == k.name && o.ver == k.ver && o.value == k.value;
        });
        BOOST_REQUIRE(from != ops.end());
        ++from;
        if (k.kind == op_kind::put || k.kind == op_kind::del)
          BOOST_REQUIRE(decided.insert(k.name).second);
      }
    }
  }
  BOOST_CHECK_GT(dropped, 10'000U);
}

BOOST_AUTO_TEST_CASE(values_take_whole_pages_together) {
  const auto bytes_of = [](const std::vector<std::size_t>& sizes) {
    std::vector<accepted_op> ops;
    for (const auto size : sizes) ops.push_back(put_of("n", 1, std::string(size, 'v')));
    return bytes_for(ops);
  };
  BOOST_CHECK_EQUAL(bytes_of({}), 0U);
  BOOST_CHECK_EQUAL(bytes_of({0}), 0U);
  BOOST_CHECK_EQUAL(bytes_of({1}), page_size);
  BOOST_CHECK_EQUAL(bytes_of({4096}), page_size);
  BOOST_CHECK_EQUAL(bytes_of({4097}), 2 * page_size);
  // 64 values of 64 bytes or less fill a page.
  BOOST_CHECK_EQUAL(bytes_of(std::vector<std::size_t>(64, 1)), page_size);
  BOOST_CHECK_EQUAL(bytes_of(std::vector<std::size_t>(64, 64)), page_size);
  BOOST_CHECK_EQUAL(bytes_of(std::vector<std::size_t>(65, 1)), 2 * page_size);
  BOOST_CHECK_EQUAL(bytes_of(std::vector<std::size_t>(33, 65)), 2 * page_size);
  // From 64 KiB on a value has pages of its own.
  BOOST_CHECK_EQUAL(bytes_of({64 * kib - 1, 1}), 17 * page_size);
  BOOST_CHECK_EQUAL(bytes_of({64 * kib, 1}), 17 * page_size);
  BOOST_CHECK_EQUAL(bytes_of({64 * kib + 1, 64 * kib + 1}), 34 * page_size);
  BOOST_CHECK_EQUAL(bytes_of({1, 64 * kib + 1, 1}), 18 * page_size);
}

BOOST_AUTO_TEST_CASE(the_body_of_an_op_has_an_upper_bound) {
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{1}, 4 * mib - 1, 4 * mib, 4 * mib + 1, 8 * mib, 64 * mib}) {
    // In chunks of 4 MiB after a first one that ends anywhere, because a run did.
    for (const std::uint64_t first : {std::uint64_t{1}, 2 * mib, 4 * mib}) {
      std::size_t chunks = 0;
      for (std::uint64_t at = 0; at < value; ++chunks)
        at += chunks == 0 ? first : limits::chunk_bytes_max;
      BOOST_CHECK_LE(encoded_op_bytes(11, chunks), record_body_bytes_for(11, value));
    }
  }
}

BOOST_AUTO_TEST_CASE(placed_values_can_be_read_back) {
  std::size_t split_packed = 0;
  std::size_t split_large = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      random_source random{seed};
      std::vector<accepted_op> ops;
      std::uint64_t total = 0;
      for (auto count = below(random, 60); count > 0; --count) {
        auto value = random_value(random, random_size(random));
        if (total + value.size() > 16 * mib) break;
        total += value.size();
        auto o = op_of(below(random, 8) == 0 ? op_kind::relocate : op_kind::put,
                       "name " + std::to_string(ops.size()), 100 + ops.size(), std::move(value));
        o.expires_at_ms = random();
        ops.push_back(std::move(o));
        if (below(random, 9) == 0)
          ops.push_back(op_of(op_kind::del, "gone " + std::to_string(ops.size()), 1));
        if (below(random, 30) == 0) ops.push_back(op_of(op_kind::clear, "", 2));
      }
      const auto needed = bytes_for(ops);
      const std::uint64_t pages_max = seed % 3 == 0 ? 3 : seed % 3 == 1 ? 40 : 3'000;
      const auto runs = random_runs(random, needed, pages_max);

      write_plan plan;
      const auto placed = place(seed % 2 == 0 ? accepted_ops{ops} : cut(ops, random), runs,
                                store_seed, buffers, plan);
      plan.seal();
      BOOST_CHECK(plan.records().empty());
      BOOST_CHECK(plan.superblock().empty());
      auto device = device_for(runs);
      carry_out(plan, device);

      BOOST_REQUIRE_EQUAL(placed.size(), ops.size());
      std::vector<extent> chunks;
      for (std::size_t i = 0; i < ops.size(); ++i) {
        const auto& o = ops[i];
        const auto& p = placed[i];
        const auto as_op = p.as_op();
        BOOST_CHECK(p.kind == o.kind && as_op.kind == o.kind && as_op.name == o.name &&
                    as_op.ver == o.ver && as_op.expires_at_ms == o.expires_at_ms &&
                    as_op.flags == o.flags);
        BOOST_CHECK_EQUAL(as_op.value_length, o.value.size());
        const bool packed = o.value.size() < 64 * kib;
        const auto alignment = packed ? limits::packing_unit : page_size;
        std::uint64_t at = 0;
        for (const auto& c : p.what->chunks()) {
          chunks.push_back(c.where);
          BOOST_REQUIRE(c.where.length >= 1 && c.where.length <= limits::chunk_bytes_max);
          BOOST_REQUIRE_LE(at + c.where.length, o.value.size());
          BOOST_CHECK_EQUAL(c.where.offset % alignment, 0U);
          BOOST_CHECK(
              std::ranges::any_of(runs, [&](const extent& run) { return lies_in(c.where, run); }));
          const auto bytes = byte_view{device}.subspan(c.where.offset, c.where.length);
          BOOST_CHECK(std::ranges::equal(bytes, o.value.view().subspan(at, c.where.length)));
          BOOST_CHECK(c.sum == checksum(bytes, store_seed));
          at += c.where.length;
        }
        BOOST_CHECK_EQUAL(at, o.value.size());
        if (p.what->chunks().size() > 1) ++(packed ? split_packed : split_large);
      }

      // No two chunks share a byte, nor a packing unit, nor (large with anything) a page.
      std::ranges::sort(chunks);
      for (std::size_t i = 1; i < chunks.size(); ++i)
        BOOST_REQUIRE(!chunks[i - 1].overlaps(chunks[i]));

      // What is written: whole pages, as many as were asked for, all of them in the runs, from the
      // start of each run on, and zeros where there is no value.
      std::uint64_t written = 0;
      for (const auto& w : plan.values()) {
        BOOST_CHECK(is_page_aligned(w.offset) && is_page_aligned(w.length));
        written += w.length;
      }
      BOOST_CHECK_EQUAL(written, needed);
      BOOST_CHECK_EQUAL(plan.bytes(), needed);
      std::uint64_t left = needed;
      for (const auto& run : runs) {
        const auto used = std::min(left, run.length);
        left -= used;
        for (std::uint64_t done = 0; done < used;) {
          const auto page = run.offset + done;
          BOOST_REQUIRE(std::ranges::any_of(plan.values(), [&](const device_write& w) {
            return lies_in({page, page_size}, {w.offset, w.length});
          }));
          done += page_size;
        }
      }
      BOOST_CHECK_EQUAL(left, 0U);
      auto chunk = chunks.begin();
      for (const auto& w : plan.values()) {
        for (auto at = w.offset; at < w.end();) {
          while (chunk != chunks.end() && chunk->end() <= at) ++chunk;
          const auto next = chunk == chunks.end() ? w.end() : std::min(w.end(), chunk->offset);
          for (; at < next; ++at)
            if (device[at] != std::byte{0}) BOOST_ERROR("padding at " << at << " is not zero");
          if (chunk != chunks.end() && at < w.end()) at = std::min(w.end(), chunk->end());
        }
      }
    }
  }
  // The runs were fragmented enough to mean something.
  BOOST_CHECK_GT(split_packed, 50U);
  BOOST_CHECK_GT(split_large, 50U);
}

BOOST_AUTO_TEST_CASE(packed_values_come_first_in_accept_order) {
  write_plan plan;
  const auto placed =
      place({put_of("large", 1, std::string(64 * kib, 'l')), put_of("a", 2, "a"), put_of("none", 3),
             put_of("b", 4, std::string(65, 'b')), put_of("c", 5, "c")},
            {{layout::data_start, mib}}, store_seed, buffers, plan);
  BOOST_CHECK_EQUAL(placed[1].what->chunks()[0].where.offset, layout::data_start);
  BOOST_CHECK_EQUAL(placed[3].what->chunks()[0].where.offset, layout::data_start + 64);
  BOOST_CHECK_EQUAL(placed[4].what->chunks()[0].where.offset, layout::data_start + 192);
  BOOST_CHECK_EQUAL(placed[0].what->chunks()[0].where.offset, layout::data_start + page_size);
  BOOST_CHECK(placed[2].what->chunks().empty());
  plan.seal();
  BOOST_REQUIRE_EQUAL(plan.values().size(), 1U);
  BOOST_CHECK_EQUAL(plan.values()[0].length, 17 * page_size);
}

BOOST_AUTO_TEST_CASE(large_values_are_written_from_where_they_are) {
  const auto value = shared_bytes{std::string(100'000, 'v')};
  write_plan plan;
  (void)place({op_of(op_kind::put, "n", 1, value)}, {{layout::data_start, mib}}, store_seed,
              buffers, plan);
  BOOST_REQUIRE_EQUAL(plan.values().size(), 1U);
  BOOST_CHECK(plan.values()[0].buffers[0].data() == value.data());
}

BOOST_AUTO_TEST_CASE(small_values_that_lie_together_are_one_buffer) {
  std::vector<accepted_op> ops;
  for (std::uint64_t n = 0; n < 100; ++n)
    ops.push_back(put_of("n" + std::to_string(n), n + 1, std::string(100, 'v')));
  {
    write_plan plan;
    (void)place(ops, {{layout::data_start, mib}}, store_seed, buffers, plan);
    plan.seal();
    BOOST_REQUIRE_EQUAL(plan.values().size(), 1U);
    BOOST_CHECK_EQUAL(plan.values()[0].buffers.size(), 1U);
    // 100 times two packing units.
    BOOST_CHECK_EQUAL(plan.values()[0].length, 4 * page_size);
  }
  // In two places.
  write_plan plan;
  (void)place(ops, {{layout::data_start, page_size}, {layout::data_start + 9 * page_size, mib}},
              store_seed, buffers, plan);
  plan.seal();
  BOOST_REQUIRE_EQUAL(plan.values().size(), 2U);
  BOOST_CHECK_EQUAL(plan.values()[0].buffers.size(), 1U);
  BOOST_CHECK_EQUAL(plan.values()[1].buffers.size(), 1U);
}

BOOST_AUTO_TEST_CASE(a_larger_value_between_small_ones_parts_them) {
  write_plan plan;
  (void)place({put_of("a", 1, std::string(100, 'a')), put_of("b", 2, std::string(3000, 'b')),
               put_of("c", 3, std::string(100, 'c'))},
              {{layout::data_start, mib}}, store_seed, buffers, plan);
  plan.seal();
  BOOST_REQUIRE_EQUAL(plan.values().size(), 1U);
  std::vector<std::size_t> sizes;
  for (const auto& b : plan.values()[0].buffers) sizes.push_back(b.size());
  BOOST_TEST(sizes == (std::vector<std::size_t>{128, 3000, 8, 960}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_value_is_split_at_4_mib) {
  write_plan plan;
  const auto placed = place({put_of("n", 1, std::string(9 * mib, 'v'))},
                            {{layout::data_start, 9 * mib}}, store_seed, buffers, plan);
  BOOST_REQUIRE_EQUAL(placed[0].what->chunks().size(), 3U);
  BOOST_CHECK_EQUAL(placed[0].what->chunks()[0].where.length, 4 * mib);
  BOOST_CHECK_EQUAL(placed[0].what->chunks()[1].where.length, 4 * mib);
  BOOST_CHECK_EQUAL(placed[0].what->chunks()[2].where.length, mib);
  BOOST_CHECK_EQUAL(placed[0].what->chunks()[2].where.offset, layout::data_start + 8 * mib);
}

BOOST_AUTO_TEST_CASE(runs_too_small_are_a_broken_invariant) {
  write_plan plan;
  BOOST_CHECK_THROW((void)place({put_of("n", 1, std::string(2 * page_size, 'v'))},
                                {{layout::data_start, page_size}}, store_seed, buffers, plan),
                    invariant_violation);
  BOOST_CHECK_THROW((void)place({put_of("n", 1, "v")}, {}, store_seed, buffers, plan),
                    invariant_violation);
  // Without values none are needed.
  BOOST_CHECK_EQUAL(
      place({op_of(op_kind::del, "n", 1), put_of("m", 2)}, {}, store_seed, buffers, plan).size(),
      2U);
}

// Buffers come back with what other groups left there, and that is nobody's value.
BOOST_AUTO_TEST_CASE(nothing_of_an_earlier_group_is_written) {
  const page_pool used{32 * mib};
  {
    auto for_values = used.take(8 * mib);
    auto for_record = used.take(4 * mib);
    for (auto* buffer : {&for_values, &for_record})
      std::ranges::fill(buffer->bytes(), std::byte{0xff});
  }
  // Padded to 128 and to 192 bytes, and at last to a page.
  std::vector<accepted_op> ops;
  for (std::uint64_t i = 0; i < 40'001; ++i)
    ops.push_back(put_of("n" + std::to_string(i), 1 + i, std::string(i % 2 == 0 ? 65 : 130, 'v')));
  const auto bytes = bytes_for(ops);
  write_plan plan;
  const auto placed = place(ops, {{layout::data_start, bytes}}, store_seed, used, plan);
  BOOST_TEST(used.waiting_bytes() == 4 * mib);
  BOOST_REQUIRE_EQUAL(plan.values().size(), 1U);
  std::uint64_t values = 0;
  std::uint64_t zeros = 0;
  for (const auto& b : plan.values().front().buffers) {
    values += static_cast<std::uint64_t>(std::ranges::count(b.view(), std::byte{'v'}));
    zeros += static_cast<std::uint64_t>(std::ranges::count(b.view(), std::byte{}));
  }
  BOOST_TEST(values == 20'001U * 65 + 20'000U * 130);
  BOOST_TEST(zeros == bytes - values);

  auto record = encode_body(placed, used);
  BOOST_TEST(used.waiting_bytes() == 0U);
  record_header header;
  header.number = lsn{1};
  const auto last = record.body().size();
  const auto whole = encode_record(header, std::move(record), store_seed);
  BOOST_TEST(whole.size() == record_bytes_for(last));
  const auto behind = whole.bytes().subspan(layout::record_header_bytes + last);
  BOOST_TEST(!behind.empty());
  BOOST_TEST(std::ranges::all_of(behind, [](std::byte b) { return b == std::byte{}; }));
}

BOOST_AUTO_TEST_CASE(a_body_holds_the_ops_in_order) {
  write_plan plan;
  const auto placed = place({put_of("a", 1, "value"), op_of(op_kind::del, "b", 2),
                             op_of(op_kind::clear, "", 3), put_of("c", 4)},
                            {{layout::data_start, page_size}}, store_seed, buffers, plan);
  const auto record = encode_body(placed, buffers);
  op_reader in{record.body(), 0};
  for (const auto& p : placed) {
    const auto o = in.next();
    BOOST_REQUIRE(o.ok());
    BOOST_CHECK(o->kind == p.kind && o->name == p.what->name() && o->ver == p.what->ver() &&
                o->value_length == p.what->value_length() &&
                std::ranges::equal(o->chunks, p.what->chunks()));
  }
  BOOST_CHECK(in.finished());
  BOOST_CHECK(encode_body({}, buffers).body().empty());
}

BOOST_AUTO_TEST_CASE(records_form_a_chain_through_seal_and_larger_area) {
  const journal_identity who{0x1122, store_seed, epoch{9}};
  const area_ref first{{16 * mib, mib}, 111};
  const area_ref second{{32 * mib, mib}, 222};
  const area_ref larger{{48 * mib, 4 * mib}, 333};
  const area_ref spare{{64 * mib, mib}, 444};
  journal_position at;
  at.last = lsn{41};
  at.previous = {5, 6};
  at.area = first;
  at.offset = first.where.offset;
  at.next = second;
  journal_areas areas{at, {first}};

  struct expected_record {
    record_kind kind;
    std::uint64_t offset;
    std::uint64_t salt;
    std::uint64_t body_bytes;
    area_ref next;
  };
  const std::vector<expected_record> expected{
      {record_kind::group, first.where.offset, 111, mib - 2 * page_size - 144, second},
      {record_kind::group, first.where.end() - 2 * page_size, 111, 0, second},
      {record_kind::seal, first.where.end() - page_size, 111, 0, larger},
      {record_kind::group, larger.where.offset, 333, 2 * mib, spare},
      {record_kind::group, larger.where.offset + 2 * mib + page_size, 333, 10, spare},
  };
  write_plan plan;
  std::map<std::uint64_t, std::string> written;
  std::uint32_t number = 0;
  for (const auto& e : expected) {
    BOOST_TEST_CONTEXT("record " << number) {
      const auto total = record_bytes_for(e.body_bytes);
      if (e.kind == record_kind::seal) {
        // What the writer does: the record to come is too large for the announced area.
        BOOST_REQUIRE_EQUAL(areas.demand_for(2 * mib + page_size).larger_bytes,
                            2 * mib + 2 * page_size);
        BOOST_CHECK(areas.announce_larger(larger) == second);
      } else {
        BOOST_REQUIRE_EQUAL(areas.demand_for(total).larger_bytes, 0U);
      }
      write_plan one;
      const std::vector<std::byte> body(e.body_bytes, static_cast<std::byte>(number));
      record_parts parts;
      parts.kind = e.kind;
      parts.op_count = e.kind == record_kind::seal ? 0 : number;
      parts.transaction_count = number * 2;
      parts.synced_through = lsn{40 + number};
      parts.in_reserved_page = e.kind == record_kind::seal;
      append_record(who, parts, record_draft{body}, spare, areas, one);
      one.seal();
      BOOST_CHECK(one.values().empty());
      BOOST_REQUIRE_EQUAL(one.records().size(), 1U);
      const auto& w = one.records()[0];
      BOOST_CHECK_EQUAL(w.offset, e.offset);
      BOOST_CHECK_EQUAL(w.length, total);
      BOOST_REQUIRE_EQUAL(w.buffers.size(), 1U);
      const auto record = w.buffers[0].view();
      const auto header = decode_record_header(record, w.offset, store_seed);
      BOOST_REQUIRE(header.ok());
      BOOST_CHECK(header->kind == e.kind);
      BOOST_CHECK_EQUAL(header->total_bytes, total);
      BOOST_CHECK_EQUAL(header->body_bytes, e.body_bytes);
      BOOST_CHECK_EQUAL(header->op_count, parts.op_count);
      BOOST_CHECK_EQUAL(header->transaction_count, number * 2);
      BOOST_CHECK_EQUAL(header->uuid_low, 0x1122U);
      BOOST_CHECK_EQUAL(header->area_salt, e.salt);
      BOOST_CHECK(header->number == lsn{42 + number});
      BOOST_CHECK(header->ep == epoch{9});
      BOOST_CHECK(header->synced_through == lsn{40 + number});
      BOOST_CHECK(header->previous == at.previous);
      BOOST_CHECK(header->next_area == e.next);
      const auto body_back = record_body(*header, record, w.offset, store_seed);
      BOOST_REQUIRE(body_back.ok());
      BOOST_CHECK(std::ranges::equal(*body_back, body));

      BOOST_CHECK(areas.position().last == header->number);
      BOOST_CHECK(areas.position().previous == header->header_sum);
      BOOST_CHECK_EQUAL(areas.position().offset, e.offset + total);
      BOOST_CHECK(areas.position().next == e.next);
      at = areas.position();
      ++number;
    }
  }
  BOOST_CHECK(areas.position().area == larger);
  BOOST_CHECK((areas.release_before(larger) == std::vector{first}));
}

BOOST_AUTO_TEST_CASE(a_record_that_could_not_be_read_is_a_broken_invariant) {
  journal_position at;
  at.last = lsn{41};
  at.area = {{16 * mib, mib}, 111};
  at.offset = at.area.where.offset;
  at.next = {{32 * mib, mib}, 222};
  journal_areas areas{at, {at.area}};
  write_plan plan;
  // It says of itself that it is durable.
  record_parts parts;
  parts.synced_through = lsn{42};
  BOOST_CHECK_THROW(append_record({}, parts, {}, {}, areas, plan), invariant_violation);
  BOOST_TEST(plan.empty());
  BOOST_TEST(areas.position().last.value == 41U);
}

BOOST_AUTO_TEST_CASE(a_seal_of_an_idle_writer_keeps_the_last_page) {
  const journal_identity who{1, store_seed, epoch{1}};
  const area_ref first{{16 * mib, mib}, 1};
  const area_ref second{{32 * mib, mib}, 2};
  journal_position at;
  at.area = first;
  at.offset = first.where.end() - page_size;
  at.next = second;
  journal_areas areas{at, {first}};
  write_plan plan;
  record_parts parts;
  parts.kind = record_kind::seal;
  append_record(who, parts, {}, {{64 * mib, mib}, 3}, areas, plan);
  BOOST_CHECK_EQUAL(plan.records()[0].offset, second.where.offset);
  BOOST_CHECK(areas.position().area == second);
}

BOOST_AUTO_TEST_SUITE_END()
