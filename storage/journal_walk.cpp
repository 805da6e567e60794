#include <stowage/storage/journal_walk.hpp>

#include <stowage/storage/core/limits.hpp>
#include <stowage/storage/core/mutant.hpp>
#include <stowage/storage/log/replay_table.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace stowage {

namespace {

// Reads ahead, so that a journal of small records costs a read per MiB and not two per record.
class read_window {
 public:
  read_window(block_device& device, read_mode mode) : device_{device}, mode_{mode} {}

  /// The bytes [offset, offset + length), less where the device ends; valid until the next call.
  result<byte_view> at(std::uint64_t offset, std::uint64_t length) {
    if (offset < start_ || offset + length > start_ + filled_) {
      const auto wanted = std::max(length, window_bytes);
      if (window_.size() < wanted) window_ = page_buffer{round_up_to_page(wanted)};
      auto got = device_.read(offset, window_.bytes(), mode_);
      if (!got) return std::move(got).error();
      start_ = offset;
      filled_ = *got;
    }
    const auto from = std::min(offset - start_, filled_);
    return byte_view{window_.bytes()}.subspan(from, std::min(length, filled_ - from));
  }

 private:
  static constexpr std::uint64_t window_bytes = limits::mib;

  block_device& device_;
  read_mode mode_;
  page_buffer window_;
  std::uint64_t start_ = 0;
  std::uint64_t filled_ = 0;
};

class walker {
 public:
  walker(block_device& device, const journal_lineage& lineage, const journal_position& start,
         read_mode mode)
      : device_{device},
        mode_{mode},
        lineage_{lineage},
        at_{start},
        file_bytes_{device.size()},
        window_{device, mode} {
    end_.areas.push_back(start.area);
  }

  result<journal_end> run(lsn last,
                          const std::function<result<void>(const walked_record&)>& visit) {
    while (at_.last < last) {
      auto found = find_next();
      if (!found) return std::move(found).error();
      const bool below_fence = at_.last.next() <= lineage_.fence && !mutant("fence-ignored");
      bool proven = false;
      if (*found != candidate::in_chain && !below_fence && !mutant("later-proof-ignored")) {
        auto later = later_record_proves_next(*found);
        if (!later) return std::move(later).error();
        proven = *later;
      }
      const auto action = decide(*found, below_fence, proven);
      if (action != replay_action::apply) {
        end_.torn = action == replay_action::torn_tail;
        if (action == replay_action::damaged)
          end_.damage = fail_at(errc::journal_corrupt, at_.offset,
                                "record " + std::to_string(at_.last.next().value) +
                                    " was durable and cannot be read");
        break;
      }
      take();
      if (auto visited = visit({header_, offset_, *body_, at_}); !visited)
        return std::move(visited).error();
    }
    end_.position = at_;
    return std::move(end_);
  }

 private:
  // Looks for the next record behind the last one, then at the start of the announced area. Both places may
  // have one: where a recovery dropped the first, a later life may have written another one in its stead
  // that left the area. The later life is right.
  result<candidate> find_next() {
    auto here = examine(at_.area, at_.offset);
    if (!here || !at_.next.exists()) return here;
    if (*here != candidate::no_record) {
      auto later = later_life_begins_next_area();
      if (!later) return std::move(later).error();
      if (!*later || mutant("abandoned-record-taken")) return here;
    }
    return examine(at_.next, at_.next.where.offset);
  }

  // Whether the announced area begins with the next record, of a later life than the one just examined.
  result<bool> later_life_begins_next_area() {
    if (first_of_next_area_ != at_.next) {
      first_of_next_area_ = at_.next;
      first_of_next_.reset();
      if (at_.next.where.offset + page_size <= file_bytes_) {
        page_buffer page{page_size};
        auto got = device_.read(at_.next.where.offset, page.bytes(), mode_);
        if (!got) return std::move(got).error();
        const auto h = decode_record_header(page.bytes().first(*got), at_.next.where.offset,
                                            lineage_.hash_seed);
        if (h) first_of_next_ = *h;
      }
    }
    return first_of_next_ && is_next(*first_of_next_, at_.next) && first_of_next_->ep > header_.ep;
  }

  result<candidate> examine(const area_ref& area, std::uint64_t offset) {
    if (offset + page_size > area.where.end()) return candidate::no_record;
    auto header = read_header(offset);
    if (!header) {
      if (header.error().code == errc::corrupt) return candidate::no_record;
      return std::move(header).error();
    }
    const bool fits = header->total_bytes <= area.where.end() - offset;
    if (!is_next(*header, area) || !(fits || mutant("record-length-not-checked")))
      return candidate::no_record;

    auto record = window_.at(offset, header->total_bytes);
    if (!record) return std::move(record).error();
    header_ = *header;
    end_.newest_epoch = std::max(end_.newest_epoch, header_.ep);
    area_ = area;
    offset_ = offset;
    body_ = record_body(header_, *record, offset, lineage_.hash_seed);
    return body_.ok() ? candidate::in_chain : candidate::torn_body;
  }

  result<record_header> read_header(std::uint64_t offset) {
    auto page = window_.at(offset, page_size);
    if (!page) return std::move(page).error();
    return decode_record_header(*page, offset, lineage_.hash_seed);
  }

  [[nodiscard]] bool is_ours(const record_header& h, const area_ref& area) const noexcept {
    const auto oldest = h.number > lineage_.fence ? std::max(epoch_, lineage_.ep) : epoch_;
    return (h.uuid_low == lineage_.uuid_low || mutant("store-id-not-checked")) &&
           (h.area_salt == area.salt || mutant("area-salt-not-checked")) &&
           (h.ep >= oldest || mutant("epoch-not-checked"));
  }

  [[nodiscard]] bool is_next(const record_header& h, const area_ref& area) const noexcept {
    return is_ours(h, area) && h.number == at_.last.next() &&
           (h.previous == at_.previous || mutant("hash-chain-not-checked"));
  }

  void take() {
    if (area_ != at_.area) {
      at_.area = area_;
      end_.areas.push_back(area_);
    }
    at_.last = header_.number;
    at_.previous = header_.header_sum;
    at_.offset = offset_ + header_.total_bytes;
    at_.next = header_.next_area;
    epoch_ = header_.ep;
  }

  // Whether a record further on says that the missing one had been synced before it was written. It may
  // stand in the area that the missing one's header announces, if that much is left of it.
  result<bool> later_record_proves_next(candidate found) {
    const auto announced = found == candidate::torn_body ? header_.next_area : area_ref{};
    for (const auto& [area, from] :
         {std::pair{at_.area, at_.offset}, std::pair{at_.next, at_.next.where.offset},
          std::pair{announced, announced.where.offset}}) {
      if (!area.exists()) continue;
      const auto end = std::min(area.where.end(), file_bytes_);
      for (auto offset = from; offset + page_size <= end; offset += page_size) {
        auto h = read_header(offset);
        if (!h && h.error().code == errc::io_error) return std::move(h).error();
        if (h && is_ours(*h, area) && h->number > at_.last.next() &&
            h->synced_through >= at_.last.next())
          return true;
      }
    }
    return false;
  }

  block_device& device_;
  read_mode mode_;
  const journal_lineage& lineage_;
  journal_position at_;
  std::uint64_t file_bytes_;
  read_window window_;
  epoch epoch_;
  journal_end end_;
  // The announced area looked at last, and the record header it begins with, if it does. Kept, because it is
  // asked for with every record before it.
  area_ref first_of_next_area_;
  std::optional<record_header> first_of_next_;
  // The record found last.
  record_header header_;
  area_ref area_;
  std::uint64_t offset_ = 0;
  result<byte_view> body_ = byte_view{};
};

}  // namespace

result<journal_end> walk_journal(block_device& device, const journal_lineage& lineage,
                                 const journal_position& start, lsn last, read_mode mode,
                                 const std::function<result<void>(const walked_record&)>& visit) {
  return walker{device, lineage, start, mode}.run(last, visit);
}

}  // namespace stowage
