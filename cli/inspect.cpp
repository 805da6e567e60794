#include <stowage/cli/block_name.hpp>
#include <stowage/cli/commands.hpp>
#include <stowage/cli/json_output.hpp>
#include <stowage/cli/offline_store.hpp>
#include <stowage/storage/checkpoint.hpp>
#include <stowage/storage/device/posix_device.hpp>
#include <stowage/storage/format/layout.hpp>
#include <stowage/storage/journal_walk.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stowage::cli {

namespace {

std::string hash_text(const hash128& h) { return fmt::format("{:016x}{:016x}", h.high, h.low); }

std::string salt_text(std::uint64_t salt) { return fmt::format("{:016x}", salt); }

json describe(const area_ref& a) {
  if (!a.exists()) return nullptr;
  return {{"offset", a.where.offset}, {"length", a.where.length}, {"salt", salt_text(a.salt)}};
}

json describe(const root& r) {
  if (!r.exists()) return nullptr;
  return {{"checkpoint_offset", r.manifest.offset},
          {"checkpoint_length", r.manifest.length},
          {"checkpoint_hash", hash_text(r.manifest_sum)},
          {"entries", r.entry_count},
          {"lsn", r.start.last.value},
          {"journal_offset", r.start.offset},
          {"journal_area", describe(r.start.area)},
          {"journal_next_area", describe(r.start.next)}};
}

json describe(const superblock& sb) {
  return {{"generation", sb.gen.value},
          {"epoch", sb.ep.value},
          {"uuid", to_hex(as_text(sb.id))},
          {"format", fmt::format("{}.{}", layout::format_major, layout::format_minor)},
          {"feature_compat", sb.feature_compat},
          {"feature_ro_compat", sb.feature_ro_compat},
          {"feature_incompat", sb.feature_incompat},
          {"fence_lsn", sb.fence.value},
          {"version_floor", sb.version_floor.value},
          {"clean", sb.clean},
          {"min_file_bytes", sb.min_file_bytes},
          {"current", describe(sb.current)},
          {"previous", describe(sb.previous)}};
}

// `prefix.name: value` lines, members of members joined by dots.
void print_lines(console& con, const std::string& prefix, const json& value) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.items())
      print_lines(con, fmt::format("{}.{}", prefix, name), member);
    return;
  }
  con.print(fmt::format("{}: {}\n", prefix,
                        value.is_null()     ? "none"
                        : value.is_string() ? value.get<std::string>()
                                            : value.dump()));
}

void inspect_superblock(const inspect_command& what, const superblock_slots& slots,
                        const superblock& newest, console& con) {
  json document;
  document["newest_slot"] = newest.slot();
  document["slots"] = json::array();
  for (std::size_t i = 0; i < slots.pages.size(); ++i) {
    json slot{{"slot", i}, {"offset", layout::superblock_offset[i]}};
    const auto decoded = decode_superblock(slots.bytes(i), layout::superblock_offset[i]);
    slot["valid"] = decoded.ok();
    if (decoded) {
      slot.update(describe(decoded.value()));
    } else {
      slot["code"] = name_of(decoded.error().code);
      con.complain(what.store, decoded.error());
    }
    document["slots"].push_back(std::move(slot));
  }
  if (what.as_json) {
    print_json(con, document);
    return;
  }
  for (const auto& slot : document["slots"])
    print_lines(con, fmt::format("slot{}", slot["slot"].get<int>()), slot);
}

struct raw_store {
  block_device& device;
  const superblock& sb;

  [[nodiscard]] read_mode mode() const noexcept {
    return sb.clean ? read_mode::cached : read_mode::direct;
  }
};

void inspect_journal(const inspect_command& what, const raw_store& store, console& con) {
  const auto& sb = store.sb;
  std::optional<json_list> rows;
  if (what.as_json) rows.emplace(con, "records");
  const auto show = [&](const walked_record& r) -> result<void> {
    const auto& h = r.header;
    const std::string_view kind = h.kind == record_kind::seal ? "seal" : "group";
    if (rows)
      rows->add({{"offset", r.offset},
                 {"lsn", h.number.value},
                 {"epoch", h.ep.value},
                 {"kind", kind},
                 {"ops", h.op_count},
                 {"bytes", h.total_bytes},
                 {"synced_through", h.synced_through.value}});
    else
      con.print(fmt::format("{} {} {} {} {} {} {}\n", r.offset, h.number.value, h.ep.value, kind,
                            h.op_count, h.total_bytes, h.synced_through.value));
    return {};
  };
  const journal_lineage lineage{low_half(sb.id), sb.hash_seed, sb.ep, sb.fence};
  const auto walked = walk_journal(store.device, lineage, sb.current.start,
                                   sb.clean ? sb.fence : lsn{UINT64_MAX}, store.mode(), show);
  if (!walked) {
    con.complain(what.store, walked.error());
    if (rows) rows->end({{"end", nullptr}});
    return;
  }
  const auto& end = walked.value();
  if (end.damage) con.complain(what.store, *end.damage);
  if (end.torn) con.warn(what.store, "the journal ends in a torn group");
  if (rows)
    rows->end({{"end",
                {{"offset", end.position.offset},
                 {"lsn", end.position.last.value},
                 {"torn", end.torn},
                 {"damaged", end.damage.has_value()},
                 {"next_area", describe(end.position.next)}}}});
}

struct described_checkpoint {
  std::string_view which;
  const root& where;
};

void inspect_checkpoint(const inspect_command& what, const raw_store& store, console& con) {
  json document;
  for (const auto& [which, where] : {described_checkpoint{"current", store.sb.current},
                                     described_checkpoint{"previous", store.sb.previous}}) {
    document[std::string{which}] = nullptr;
    if (!where.exists()) continue;
    const auto m = load_manifest(store.device, where, store.sb.hash_seed, store.mode());
    if (!m) {
      con.complain(what.store, m.error());
      continue;
    }
    const auto& pages = m.value().pages;
    // Each page against its checksum, too.
    if (auto whole = load_checkpoint(store.device, m.value(), store.sb.hash_seed, store.mode(),
                                     [](const op&) { return result<void>{}; });
        !whole)
      con.complain(what.store, whole.error());
    if (!what.as_json) {
      con.print(fmt::format("{} manifest {} {} lsn {} entries {} pages {}\n", which,
                            where.manifest.offset, where.manifest.length, m.value().number.value,
                            m.value().entry_count, pages.size()));
      for (const auto& p : pages)
        con.print(fmt::format("{} page {} {} entries {} first {}\n", which, p.where.offset,
                              p.where.length, p.entry_count, show_name(p.first_name)));
      continue;
    }
    json listed = json::array();
    for (const auto& p : pages) {
      json page{{"offset", p.where.offset},
                {"length", p.where.length},
                {"entries", p.entry_count},
                {"hash", hash_text(p.sum)}};
      json name;
      add_name(name, p.first_name);
      page["first"] = std::move(name);
      listed.push_back(std::move(page));
    }
    document[std::string{which}] = {{"offset", where.manifest.offset},
                                    {"length", where.manifest.length},
                                    {"lsn", m.value().number.value},
                                    {"entries", m.value().entry_count},
                                    {"pages", std::move(listed)}};
  }
  if (what.as_json) print_json(con, document);
}

struct described_extent {
  extent where;
  std::string_view kind;
  /// Of data.
  block_ref owner;
};

std::vector<described_extent> extents_of(const recovered_store& state) {
  std::vector<described_extent> all;
  const auto add = [&](extent where, std::string_view kind) {
    if (!where.empty()) all.push_back({where, kind, {}});
  };
  std::uint64_t end = 0;
  for (const auto offset : layout::superblock_offset) {
    add({end, offset - end}, "reserved");
    add({offset, layout::superblock_bytes}, "superblock");
    end = offset + layout::superblock_bytes;
  }
  add({end, layout::data_start - end}, "reserved");
  for (const auto& area : state.kept_areas) add(area.where, "journal");
  add(state.position.next.where, "journal");
  for (const auto& e : state.current_checkpoint) add(e, "checkpoint");
  for (const auto& e : state.previous_checkpoint) add(e, "checkpoint");
  for (const auto& e : state.space.free_space()) add(e, "free");
  state.index.for_each_from({}, [&](const block_ref& b) {
    for (const auto& c : b->chunks()) all.push_back({c.where, "data", b});
    return true;
  });
  std::sort(all.begin(), all.end(),
            [](const described_extent& a, const described_extent& b) { return a.where < b.where; });
  return all;
}

void inspect_extents(const inspect_command& what, const recovered_store& state,
                     std::uint64_t file_bytes, console& con) {
  const auto all = extents_of(state);
  if (!what.as_json) {
    for (const auto& e : all) {
      con.print(fmt::format("{} {} {}", e.where.offset, e.where.length, e.kind));
      con.print(e.owner ? " " + show_name(e.owner->name()) + "\n" : "\n");
    }
    return;
  }
  json_list rows{con, "extents"};
  for (const auto& e : all) {
    json row{{"offset", e.where.offset}, {"length", e.where.length}, {"kind", e.kind}};
    if (e.owner) add_name(row, e.owner->name());
    rows.add(row);
  }
  rows.end({{"file_bytes", file_bytes}});
}

}  // namespace

void run(const inspect_command& what, console& con) {
  if (what.part == inspected_part::extents) {
    const auto store = open_offline(what.store, con);
    if (store) inspect_extents(what, store->state, store->device->size(), con);
    return;
  }
  // The others need no state, and so show what is there where there is none.
  auto device = open_posix_device(what.store, open_mode::read_only);
  if (!device) {
    con.complain(what.store, device.error());
    return;
  }
  const auto slots = read_superblock_slots(**device);
  const auto newest = slots ? newest_superblock(*slots, **device) : slots.error();
  if (!newest) {
    con.complain(what.store, newest.error());
    return;
  }
  const raw_store store{**device, *newest};
  switch (what.part) {
    case inspected_part::superblock: inspect_superblock(what, *slots, *newest, con); break;
    case inspected_part::journal: inspect_journal(what, store, con); break;
    case inspected_part::checkpoint: inspect_checkpoint(what, store, con); break;
    case inspected_part::extents: break;
  }
}

}  // namespace stowage::cli
