#include <stowage/tests/golden/annotated_dump.hpp>

#include <stowage/storage/core/types.hpp>
#include <stowage/tests/golden/hexdump.hpp>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace stowage::test {

namespace {

const structure area_reference{"Area reference", {{"offset", 8}, {"length", 8}, {"salt", 8}}};

const structure root_table{"Root",
                           {{"manifest_offset", 8},
                            {"manifest_length", 8},
                            {"manifest_checksum", 16},
                            {"entry_count", 8},
                            {"last_lsn", 8},
                            {"area", 24, &area_reference},
                            {"record_offset", 8},
                            {"previous_checksum", 16},
                            {"next_area", 24, &area_reference}}};

const structure superblock_table{"Superblock",
                                 {{"magic", 16},
                                  {"format_major", 2},
                                  {"format_minor", 2},
                                  {"page_size", 4},
                                  {"feature_compat", 8},
                                  {"feature_ro_compat", 8},
                                  {"feature_incompat", 8},
                                  {"uuid", 16},
                                  {"generation", 8},
                                  {"epoch", 8},
                                  {"fence_lsn", 8},
                                  {"hash_seed", 8},
                                  {"flags", 4},
                                  {"reserved", 4},
                                  {"min_file_length", 8},
                                  {"version_floor", 8},
                                  {"current", 120, &root_table},
                                  {"previous", 120, &root_table},
                                  {"padding", 3720},
                                  {"checksum", 16}}};

const structure record_header_table{"Record header",
                                    {{"magic", 8},
                                     {"format_major", 2},
                                     {"kind", 2},
                                     {"total_length", 4},
                                     {"body_length", 4},
                                     {"op_count", 4},
                                     {"transaction_count", 4},
                                     {"reserved", 4},
                                     {"uuid_low", 8},
                                     {"area_salt", 8},
                                     {"lsn", 8},
                                     {"epoch", 8},
                                     {"synced_through", 8},
                                     {"previous_checksum", 16},
                                     {"next_area", 24, &area_reference},
                                     {"body_checksum", 16},
                                     {"header_checksum", 16}}};

const structure op_table{"Op",
                         {{"kind", 1},
                          {"reserved", 1},
                          {"flags", 2},
                          {"name_length", 2},
                          {"chunk_count", 2},
                          {"version", 8},
                          {"expires_at_ms", 8},
                          {"value_length", 8}}};

const structure chunk_table{"Chunk", {{"offset", 8}, {"length", 4}, {"checksum", 16}}};

const structure manifest_header_table{"Manifest header",
                                      {{"magic", 8},
                                       {"format_major", 2},
                                       {"reserved", 2},
                                       {"reserved", 4},
                                       {"last_lsn", 8},
                                       {"entry_count", 8},
                                       {"page_count", 8},
                                       {"body_length", 8}}};

const structure page_reference_table{
    "Page reference",
    {{"offset", 8}, {"length", 4}, {"entry_count", 4}, {"checksum", 16}, {"name_length", 2}}};

const structure page_header_table{
    "Checkpoint page header",
    {{"magic", 8}, {"page_number", 8}, {"entry_count", 4}, {"body_length", 4}}};

bool is_number(const field& f) { return f.size <= 8 && f.name != "magic" && f.inner == nullptr; }

std::uint64_t number_at(byte_view image, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;)
    value = value << 8U | std::to_integer<std::uint64_t>(image[at + i]);
  return value;
}

class annotator {
 public:
  explicit annotator(byte_view image) : image_{image} {}

  std::string run() {
    title("superblock slot 0");
    table(superblock_table, {});
    zeros_until(65'536);
    title("superblock slot 1");
    table(superblock_table, {});
    const auto root_at = 65'536U + 120U;
    zeros_until(131'072);

    title("journal area: the first record");
    const auto record = at_;
    table(record_header_table, {});
    const auto body_end = at_ + number_at(image_, record + 16, 4);
    for (std::size_t number = 1; at_ < body_end; ++number) op(number);
    zeros_until(number_at(image_, root_at, 8));

    title("checkpoint manifest");
    table(manifest_header_table, {});
    zeros_until(round_up_to_page(at_));

    title("data");
    bytes(first_chunk_.length, "the value of the first chunk");
    zeros_until(image_.size());
    return std::move(text_);
  }

 private:
  void title(std::string_view what) { text_ += "-- " + std::string{what} + "\n"; }

  void table(const structure& s, const std::string& prefix) {
    for (const auto& f : s.fields) {
      const auto name = prefix + std::string{f.name};
      if (f.inner != nullptr)
        table(*f.inner, name + ".");
      else if (f.name == "padding")
        zeros_until(at_ + f.size);
      else
        bytes(f.size, name + (is_number(f) ? " = " + shown(number_at(image_, at_, f.size)) : ""));
    }
  }

  void op(std::size_t number) {
    const auto start = at_;
    const auto prefix = "op " + std::to_string(number) + " ";
    table(op_table, prefix);
    bytes(number_at(image_, start + 4, 2), prefix + "name");
    for (auto chunks = number_at(image_, start + 6, 2); chunks > 0; --chunks) {
      if (first_chunk_.empty())
        first_chunk_ = {number_at(image_, at_, 8), number_at(image_, at_ + 8, 4)};
      table(chunk_table, prefix + "chunk ");
    }
  }

  // Small numbers decimal, offsets and salts hexadecimal.
  static std::string shown(std::uint64_t value) {
    if (value < 10'000) return std::to_string(value);
    return "0x" + hex(value, 1);
  }

  void bytes(std::size_t size, const std::string& what) {
    constexpr std::size_t line_bytes = 16;
    for (std::size_t done = 0; done < size; done += line_bytes) {
      auto line = hex(at_ + done, 8) + " ";
      for (std::size_t i = 0; i < std::min(line_bytes, size - done); ++i)
        line += " " + hex(std::to_integer<std::uint64_t>(image_[at_ + done + i]), 2);
      line.resize(9 + 3 * line_bytes, ' ');
      text_ += line + "  " + (done == 0 ? what : "...") + "\n";
    }
    at_ += size;
  }

  void zeros_until(std::size_t end) {
    const auto rest = image_.subspan(at_, end - at_);
    const auto other = std::ranges::find_if(rest, [](std::byte b) { return b != std::byte{0}; });
    if (other != rest.end())
      throw std::runtime_error{
          "a byte that belongs to nothing at " +
          std::to_string(at_ + static_cast<std::size_t>(other - rest.begin()))};
    if (at_ == end) return;
    text_ += hex(at_, 8) + "  zeros up to " + hex(end, 8) + "\n";
    at_ = end;
  }

  byte_view image_;
  std::size_t at_ = 0;
  extent first_chunk_;
  std::string text_;
};

}  // namespace

std::size_t structure::size() const noexcept {
  std::size_t sum = 0;
  for (const auto& f : fields) sum += f.size;
  return sum;
}

std::vector<const structure*> structures() {
  return {&superblock_table, &root_table,  &area_reference,        &record_header_table,
          &op_table,         &chunk_table, &manifest_header_table, &page_reference_table,
          &page_header_table};
}

std::string annotate(byte_view image) { return annotator{image}.run(); }

}  // namespace stowage::test
