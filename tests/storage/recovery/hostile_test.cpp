#include <stowage/tests/storage/recovery/damaged_image.hpp>
#include <stowage/tests/storage/recovery/workload.hpp>

#include <boost/test/unit_test.hpp>

using namespace stowage;
using namespace stowage::test;

// Files that someone made: every checksum right, and what they say impossible. A recovery may refuse them
// or make the best of them; it may not crash, hang, or ask for memory that the file does not justify.

namespace {

session some_store() {
  session s;
  s.commit({put("a", std::string(3000, 'a')), put("b", std::string(70'000, 'b'))});
  s.checkpoint();
  s.commit({put("c", std::string(5000, 'c'))});
  s.commit({put("d", std::string(66'000, 'd'))});
  s.seal();
  return s;
}

errc code_to_write(const image& bytes) { return open_to_write(bytes).code(); }

image with_superblock(const session& s, const std::function<void(superblock&)>& edit) {
  auto bytes = s.bytes();
  edit_superblock(bytes, edit);
  return bytes;
}

image with_ops(const session& s, const std::function<void(op&, std::vector<chunk>&)>& edit) {
  auto bytes = s.bytes();
  auto records = records_of(bytes);
  for (auto& r : records) r.body = edited_body(r.body, edit);
  put_records(bytes, std::move(records));
  return bytes;
}

image with_header(const session& s, std::size_t nth,
                  const std::function<void(record_header&)>& edit) {
  auto bytes = s.bytes();
  auto records = records_of(bytes);
  edit(records.at(nth).header);
  put_records(bytes, std::move(records));
  return bytes;
}

// How a recovery may end on a file that was tampered with: every block it shows reads right or says that
// it is corrupt. Returns what is wrong.
std::string complaint_about_any(const image& bytes, store_access access) {
  static const std::vector<errc> typed{errc::corrupt, errc::journal_corrupt, errc::not_a_store,
                                       errc::unsupported_version, errc::read_only};
  opened_image o{bytes, access};
  if (!o.store) {
    if (std::ranges::find(typed, o.code()) == typed.end()) return why(o.store);
    return {};
  }
  std::string complaint;
  o.store->index.for_each_from({}, [&](const block_ref& b) {
    const auto value = read_block(o.device, *b, o.store->sb.hash_seed, 0, b->value_length());
    if (!value && value.error().code != errc::corrupt_block) complaint = why(value);
    return complaint.empty();
  });
  // More than once over file, journal areas and tail is not needed.
  if (o.device.bytes_read() > 12 * bytes.size() + 64 * limits::mib)
    complaint = "it reads far too much";
  return complaint;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_files)

BOOST_AUTO_TEST_CASE(extents_that_overlap) {
  const auto s = some_store();
  BOOST_TEST(code_to_write(s.bytes()) == errc::none);
  // Of the journal: two blocks in one place; a block in the journal; in the checkpoint; in superblocks.
  std::optional<extent> first;
  BOOST_TEST(code_to_write(with_ops(s, [&](op&, std::vector<chunk>& chunks) {
               for (auto& c : chunks) {
                 if (!first) first = c.where;
                 c.where.offset = first->offset;
               }
             })) == errc::corrupt);
  const auto sb = newest_superblock(s.bytes());
  for (const auto target : {sb.current.start.area.where.offset, sb.current.start.next.where.offset,
                            sb.current.manifest.offset, sb.current.start.area.where.offset + 64})
    BOOST_TEST(code_to_write(with_ops(s,
                                      [&](op&, std::vector<chunk>& chunks) {
                                        for (auto& c : chunks) c.where.offset = target;
                                      })) == errc::corrupt,
               target);

  // Of the checkpoint, by a few bytes.
  auto bytes = s.bytes();
  std::uint64_t before = 0;
  edit_checkpoint(bytes, [&](op&, std::vector<chunk>& chunks) {
    for (auto& c : chunks) c.where.offset = before == 0 ? before = c.where.offset : before + 64;
  });
  BOOST_TEST(code_to_write(bytes) == errc::corrupt);
}

BOOST_AUTO_TEST_CASE(extents_beyond_the_end) {
  const auto s = some_store();
  for (const auto offset : {round_up_to_page(s.bytes().size()), std::uint64_t{1} << 40,
                            limits::file_bytes_max - 8 * limits::mib}) {
    const auto bytes = with_ops(s, [&](op&, std::vector<chunk>& chunks) {
      for (auto& c : chunks) c.where.offset = offset;
    });
    const auto got = open_to_write(bytes);
    BOOST_TEST(got.code() == errc::corrupt, offset);
    BOOST_TEST(why(got.store).find("truncated") != std::string::npos);

    auto in_checkpoint = s.bytes();
    edit_checkpoint(in_checkpoint, [&](op&, std::vector<chunk>& chunks) {
      for (auto& c : chunks) c.where.offset = offset;
    });
    // Its root cannot be read then, but the one before can.
    BOOST_TEST(open_to_write(in_checkpoint).complaint(s.state()) == "");
  }
}

BOOST_AUTO_TEST_CASE(areas) {
  const auto s = some_store();
  const auto size = s.bytes().size();
  const auto far = round_up_to_page(size) + 64 * limits::mib;
  const std::vector<std::function<void(area_ref&)>> edits{
      [](area_ref& a) { a = {}; },
      [&](area_ref& a) { a.where.offset = far; },
      [](area_ref& a) { a.where.length = limits::journal_area_bytes_limit; },
      [](area_ref& a) { a.where.offset = layout::data_start; },
  };
  for (std::size_t i = 0; i < edits.size(); ++i) {
    // What lies beyond the end is damage in a record that was proven; the last one would be a torn tail.
    const std::size_t nth = i == 1 || i == 2 ? 1 : 2;
    BOOST_TEST(code_to_write(with_header(
                   s, nth, [&](record_header& h) { edits[i](h.next_area); })) == errc::corrupt,
               "next area of a record, edit " << i);
    const auto bytes = with_superblock(s, [&](superblock& sb) { edits[i](sb.current.start.next); });
    BOOST_TEST(complaint_about_any(bytes, store_access::read_write) == "");
    if (i == 0 || i == 3) continue;
    const auto moved = with_superblock(s, [&](superblock& sb) {
      edits[i](sb.current.start.area);
      sb.current.start.offset = sb.current.start.area.where.offset;
    });
    BOOST_TEST(code_to_write(moved) != errc::none, "area of the root, edit " << i);
  }
  // A journal whose next area is the one it is in.
  BOOST_TEST(code_to_write(with_header(s, 2, [&](record_header& h) {
               h.next_area = newest_superblock(s.bytes()).current.start.area;
             })) == errc::corrupt);
}

BOOST_AUTO_TEST_CASE(a_record_longer_than_the_rest_of_its_area) {
  session s;
  s.commit({put("a", "1")});
  while (s.store().position().offset + page_size < s.store().position().area.where.end()) s.seal();
  auto bytes = s.bytes();
  // Two pages where there is one, all else as it should be.
  const auto last = records_of(bytes).back().header;
  const std::string name(1000, 'n');
  const std::vector<committed_op> ops(
      5, {op_kind::del, block::make({op_kind::del, 0, name, version{100}, 0, 0, {}}, 0)});
  auto header = last;
  header.kind = record_kind::group;
  header.number = last.number.next();
  header.previous = last.header_sum;
  header.synced_through = last.number;
  header.op_count = static_cast<std::uint32_t>(ops.size());
  const auto seed = newest_superblock(bytes).hash_seed;
  const auto record = encode_record(header, encode_body(ops, page_pool{0}), seed);
  BOOST_REQUIRE(record.size() == 2 * page_size);
  put_bytes(bytes, s.store().position().offset, record.bytes());
  auto o = open_to_write(bytes);
  BOOST_TEST(o.complaint(s.state()) == "");
  BOOST_REQUIRE(o.store.ok());
  BOOST_TEST(o.store->position.last == last.number);
}

BOOST_AUTO_TEST_CASE(checkpoints) {
  const auto s = some_store();
  const auto alone = [&](const std::function<void(superblock&)>& edit) {
    return with_superblock(s, [&](superblock& sb) {
      sb.previous = {};
      edit(sb);
    });
  };
  BOOST_TEST(code_to_write(alone([](superblock&) {})) == errc::none);
  BOOST_TEST(code_to_write(alone([](superblock& sb) {
               sb.current.manifest.offset = std::uint64_t{1} << 40;
             })) == errc::corrupt);
  BOOST_TEST(code_to_write(alone([](superblock& sb) {
               sb.current.manifest.length = std::uint64_t{1} << 40;
             })) == errc::corrupt);
  BOOST_TEST(code_to_write(alone([](superblock& sb) { ++sb.current.entry_count; })) ==
             errc::corrupt);
  BOOST_TEST(code_to_write(alone([](superblock& sb) {
               sb.current.start.last = sb.current.start.last.next();
             })) == errc::corrupt);
  for (const auto offset : {std::uint64_t{1} << 40, layout::data_start}) {
    auto bytes = alone([](superblock&) {});
    edit_checkpoint(
        bytes, [](op&, std::vector<chunk>&) {},
        [&](manifest& m) { m.pages.at(0).where.offset = offset; });
    BOOST_TEST(code_to_write(bytes) == errc::corrupt, offset);
  }
}

BOOST_AUTO_TEST_CASE(a_manifest_as_long_as_a_sparse_file) {
  // A file may claim any length for nothing; memory is not for nothing.
  const auto s = some_store();
  const auto bytes = with_superblock(s, [](superblock& sb) {
    sb.previous = {};
    sb.current.manifest.length = std::uint64_t{1} << 44;
  });
  overlay_device sparse{bytes, std::uint64_t{1} << 45};
  BOOST_TEST(code_of(recover(sparse, store_access::read_write)) == errc::corrupt);
}

BOOST_AUTO_TEST_CASE(an_area_as_long_as_a_sparse_file) {
  // Behind the end of the journal records are looked for that prove more, and holes cost nothing to make.
  const auto s = some_store();
  const auto longer = [](area_ref& a) { a.where.length = std::uint64_t{1} << 35; };
  for (const auto& bytes :
       {with_superblock(s, [&](superblock& sb) { longer(sb.current.start.area); }),
        with_header(s, 2, [&](record_header& h) { longer(h.next_area); })})
    for (const auto access : {store_access::read_only, store_access::read_write}) {
      overlay_device sparse{bytes, std::uint64_t{1} << 36};
      (void)recover(sparse, access);
      BOOST_TEST(sparse.bytes_read() < limits::gib);
    }
}

BOOST_AUTO_TEST_CASE(numbers_near_their_end) {
  const auto s = some_store();
  const auto end = UINT64_MAX;
  for (const auto& edit : std::vector<std::function<void(superblock&)>>{
           [&](superblock& sb) { sb.gen = generation{end - sb.gen.value % 2}; },
           [&](superblock& sb) { sb.version_floor = version{end - 5}; }})
    BOOST_TEST(code_to_write(with_superblock(s, edit)) == errc::corrupt);
  BOOST_TEST(code_to_write(with_ops(
                 s, [&](op& o, std::vector<chunk>&) { o.ver = version{end}; })) == errc::corrupt);
}

BOOST_AUTO_TEST_CASE(a_tail_that_would_take_for_ever_to_verify) {
  session s;
  for (int i = 0; i < 40; ++i) s.commit({put("a" + std::to_string(i), std::string(60'000, 'a'))});
  auto bytes = s.bytes();
  auto records = records_of(bytes);
  for (auto& r : records) r.header.synced_through = {};
  put_records(bytes, records);
  BOOST_TEST(code_to_write(bytes) == errc::corrupt);

  // One record, whose many blocks are all in one place.
  session one;
  std::vector<change> many;
  for (int i = 0; i < 3000; ++i) many.push_back(put("a" + std::to_string(i), "x"));
  many.push_back(put("large", std::string(4 * limits::mib, 'y')));
  one.commit(many);
  bytes = one.bytes();
  records = records_of(bytes);
  const auto large = one.store().index().find("large")->chunks().front();
  records.back().body = edited_body(records.back().body, [&](op& o, std::vector<chunk>& chunks) {
    chunks.assign(1, large);
    o.value_length = large.where.length;
  });
  put_records(bytes, records);
  opened_image o{bytes, store_access::read_write};
  BOOST_TEST(o.code() == errc::corrupt);
  BOOST_TEST(o.device.bytes_read() < 100 * limits::mib);
}

BOOST_AUTO_TEST_CASE(a_clear_that_is_not_the_newest) {
  session s;
  s.commit({put("a", "1")});
  s.commit({clear()});
  s.seal();
  auto bytes = s.bytes();
  auto records = records_of(bytes);
  records[1].body =
      edited_body(records[1].body, [](op& o, std::vector<chunk>&) { o.ver = version{1}; });
  put_records(bytes, records);
  BOOST_TEST(code_to_write(bytes) == errc::corrupt);
}

BOOST_AUTO_TEST_CASE(a_clear_older_than_what_the_record_before_it_wrote) {
  // Nothing proves these records, so they are taken one after another; the second one contradicts the first.
  session s;
  s.commit({put("a", "1")});
  s.commit({clear()});
  auto bytes = s.bytes();
  auto records = records_of(bytes);
  for (auto& r : records) r.header.synced_through = {};
  records[0].body =
      edited_body(records[0].body, [](op& o, std::vector<chunk>&) { o.ver = version{9}; });
  records[1].body =
      edited_body(records[1].body, [](op& o, std::vector<chunk>&) { o.ver = version{5}; });
  put_records(bytes, records);
  const auto got = open_to_write(bytes);
  BOOST_TEST(got.code() == errc::corrupt);
  BOOST_TEST(why(got.store).find("a clear that is older") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_impossible_record_before_a_missing_one) {
  // It is only known to have been durable because a later one says so of the missing one.
  session s;
  s.commit({put("a", "1")});
  s.commit({put("b", "2")});
  s.fill(9000);
  s.commit({put("c", "3")});
  auto bytes = s.bytes();
  auto records = records_of(bytes);
  ++records[1].header.op_count;
  put_records(bytes, records);
  flip(bytes, records[2].offset);
  BOOST_TEST(open_to_write(bytes).code() == errc::journal_corrupt);
  const auto offered = open_to_read(bytes);
  BOOST_TEST(offered.code() == errc::corrupt);
  BOOST_TEST(offered.store.error().offset.value() == records[1].offset);
}

BOOST_AUTO_TEST_CASE(a_record_longer_than_what_is_left_of_its_area) {
  session s;
  s.fill(10'000);
  auto bytes = s.bytes();
  const auto record = records_of(bytes).front();
  BOOST_REQUIRE(record.header.total_bytes > page_size);
  const auto last_page = record.area.where.end() - page_size;
  put_bytes(bytes, last_page,
            image{part(bytes, record.offset, page_size).begin(),
                  part(bytes, record.offset, page_size).end()});
  edit_superblock(bytes, [&](superblock& sb) { sb.current.start.offset = last_page; });
  auto o = open_to_write(bytes);
  BOOST_TEST(o.complaint({}) == "");
  BOOST_REQUIRE(o.store.ok());
  BOOST_TEST(o.store->position.last == lsn{});
  BOOST_TEST(!o.store->dropped.has_value());
}

BOOST_AUTO_TEST_CASE(a_checkpoint_in_the_journal) {
  const auto s = some_store();
  auto bytes = s.bytes();
  const auto area = newest_superblock(bytes).current.start.area.where;
  edit_checkpoint(
      bytes, [](op&, std::vector<chunk>&) {},
      [&](manifest& m) {
        auto& where = m.pages.at(0).where;
        const extent inside{area.end() - 2 * page_size, where.length};
        BOOST_REQUIRE(where.length == page_size);
        put_bytes(bytes, inside.offset,
                  image{part(bytes, where.offset, where.length).begin(),
                        part(bytes, where.offset, where.length).end()});
        where = inside;
      });
  const auto got = open_to_write(bytes);
  BOOST_TEST(got.code() == errc::corrupt);
  BOOST_TEST(got.store.error().offset.value() == area.offset);
  BOOST_TEST(why(got.store).find("an area overlaps") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_whose_parts_overlap) {
  // The manifest is longer than it has to be, and its last page is the checkpoint's page.
  session s;
  for (const auto* name : {"a", "b", "c", "d", "e"}) s.commit({put(name, {})});
  s.checkpoint();
  auto bytes = s.bytes();
  edit_superblock(bytes, [&](superblock& sb) {
    auto& where = sb.current.manifest;
    auto m = decode_manifest(part(bytes, where.offset, where.length), where.offset);
    REQUIRE_OK(m);
    BOOST_REQUIRE(where.length == page_size && m->pages.at(0).where.length == page_size);
    const auto from = part(bytes, m->pages[0].where.offset, page_size);
    put_bytes(bytes, where.end(), image{from.begin(), from.end()});
    m->pages[0].where.offset = where.end();
    put_bytes(bytes, where.offset, encode(*m).bytes());
    where.length = 2 * page_size;
    sb.current.manifest_sum = checksum(part(bytes, where.offset, where.length), sb.hash_seed);
    sb.previous = {};
  });
  const auto got = open_to_write(bytes);
  BOOST_TEST(got.code() == errc::corrupt);
  BOOST_TEST(why(got.store).find("an area overlaps") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_record_that_counts_wrong) {
  const auto s = some_store();
  BOOST_TEST(code_to_write(with_header(s, 0, [](record_header& h) { ++h.op_count; })) ==
             errc::corrupt);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(fuzz)

BOOST_AUTO_TEST_CASE(flipped_bytes_anywhere) {
  const auto rounds = by_size<std::uint64_t>(1500, 5000, 200'000);
  std::mt19937_64 chance{11};
  auto s = some_store();
  const auto whole = s.bytes();
  const auto sb = newest_superblock(whole);
  // Most of the file is empty journal; what matters gets most of the hits.
  std::vector<extent> targets{{0, 400},
                              {layout::superblock_offset[1], 400},
                              {sb.current.manifest.offset, 200},
                              {sb.previous.manifest.offset, 200},
                              {0, whole.size()}};
  for (const auto& e : s.store().current_checkpoint()) targets.push_back({e.offset, 300});
  for (const auto& r : records_of(whole)) targets.push_back({r.offset, r.header.body_bytes + 144});
  auto bytes = whole;
  std::uint64_t opened = 0;
  for (std::uint64_t n = 0; n < rounds; ++n) {
    std::vector<std::uint64_t> hit;
    for (auto left = 1 + chance() % 3; left > 0; --left) {
      const auto& t = targets[chance() % targets.size()];
      hit.push_back(t.offset + chance() % t.length);
      bytes[hit.back()] ^= static_cast<std::byte>(1 + chance() % 255);
    }
    const auto access = n % 4 == 0 ? store_access::read_only : store_access::read_write;
    std::string complaint;
    try {
      complaint = complaint_about_any(bytes, access);
    } catch (const std::exception& e) {
      complaint = e.what();
    }
    BOOST_TEST(complaint == "", "round " << n << " of seed 11");
    if (!complaint.empty()) break;
    opened += open_to_read(bytes).store.ok() ? 1 : 0;
    for (const auto at : hit) bytes[at] = whole[at];
  }
  BOOST_TEST_MESSAGE(opened << " of " << rounds << " opened");
}

BOOST_AUTO_TEST_CASE(edited_places_with_right_checksums) {
  const auto rounds = by_size<std::uint64_t>(500, 3000, 100'000);
  std::mt19937_64 chance{12};
  const auto s = some_store();
  const auto whole = s.bytes();
  const auto below = [&](std::uint64_t end) { return chance() % end; };
  const auto any_offset = [&]() -> std::uint64_t {
    switch (below(4)) {
      case 0: return layout::data_start + below(whole.size() / 64) * 64;
      case 1: return layout::data_start + below(whole.size() / page_size) * page_size;
      case 2: return round_down(whole.size(), page_size) - below(3) * page_size;
      default: return layout::data_start + below(std::uint64_t{1} << 47) / 64 * 64;
    }
  };
  const auto edit_area = [&](area_ref& a) {
    if (below(3) == 0) a.where.offset = round_up_to_page(any_offset());
    if (below(6) == 0)
      a.where.length =
          limits::mib + below(std::uint64_t{1} << (12 + below(34))) / page_size * page_size;
    if (below(6) == 0) a.salt = chance();
    if (below(20) == 0) a = {};
  };
  const auto edit_op = [&](op& o, std::vector<chunk>& chunks) {
    for (auto& c : chunks)
      if (below(3) == 0) c.where.offset = any_offset();
    if (!chunks.empty() && below(8) == 0) {
      auto& length = chunks.front().where.length;
      o.value_length -= length;
      length = 1 + below(limits::chunk_bytes_max);
      o.value_length += length;
    }
    if (below(10) == 0) o.ver = version{1 + below(20)};
    if (chunks.empty() && below(10) == 0) o.kind = op_kind::del;
  };
  for (std::uint64_t n = 0; n < rounds; ++n) {
    auto bytes = whole;
    if (below(2) == 0) {
      auto records = records_of(bytes);
      for (auto& r : records) {
        if (below(2) == 0 && !r.body.empty()) r.body = edited_body(r.body, edit_op);
        if (below(4) == 0) edit_area(r.header.next_area);
        if (below(6) == 0) r.header.synced_through = lsn{below(r.header.number.value)};
      }
      put_records(bytes, std::move(records));
    }
    if (below(3) == 0)
      edit_checkpoint(bytes, edit_op, [&](manifest& m) {
        if (below(3) == 0) m.pages.at(0).where.offset = round_up_to_page(any_offset());
      });
    if (below(3) == 0)
      edit_superblock(bytes, [&](superblock& sb) {
        for (auto* r : {&sb.current, &sb.previous}) {
          if (below(3) == 0) edit_area(r->start.next);
          if (below(5) == 0) edit_area(r->start.area);
          if (below(5) == 0) r->start.offset = round_up_to_page(any_offset());
          if (below(8) == 0) r->manifest.offset = round_up_to_page(any_offset());
          if (below(8) == 0) r->manifest.length = page_size * (1 + below(std::uint64_t{1} << 30));
        }
        if (below(6) == 0) sb.fence = lsn{below(8)};
        if (below(6) == 0) sb.clean = !sb.clean;
        if (below(6) == 0) sb.ep = epoch{below(5)};
        if (below(8) == 0) sb.min_file_bytes = below(whole.size());
        if (below(8) == 0) std::swap(sb.current, sb.previous);
      });
    for (const auto access : {store_access::read_only, store_access::read_write}) {
      std::string complaint;
      try {
        complaint = complaint_about_any(bytes, access);
      } catch (const std::exception& e) {
        complaint = e.what();
      }
      BOOST_TEST(complaint == "", "round " << n << " of seed 12");
      if (!complaint.empty()) return;
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
