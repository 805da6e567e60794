// What a Redis client sends: any bytes, cut anywhere.
//
// Input: a byte of options, where to cut (a byte each, up to a count), and the bytes of the client. What comes out must
// not depend on the cuts, must be within the limits, and must come out again when it is written as Redis' clients do.

#include <stowage/resp/request_reader.hpp>
#include <stowage/tests/fuzz/choices.hpp>
#include <stowage/tests/fuzz/fuzz_target.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace stowage::fuzz {

namespace {

using resp::arguments;
using resp::request_limits;
using resp::request_reader;

struct outcome {
  std::vector<arguments> requests;
  std::string mistake;

  friend bool operator==(const outcome&, const outcome&) = default;
};

// Small, so that they are reached.
constexpr request_limits small{8, 64, 1024};

void drain(request_reader& reader, outcome& out) {
  while (out.mistake.empty()) {
    auto next = reader.next();
    if (std::holds_alternative<request_reader::incomplete>(next)) return;
    if (auto* wrong = std::get_if<request_reader::mistake>(&next)) {
      require(!wrong->what.empty(), "a mistake is told");
      out.mistake = std::move(wrong->what);
    } else {
      out.requests.push_back(std::get<arguments>(std::move(next)));
    }
  }
}

outcome read_cut(std::string_view bytes, choices cuts, const request_limits& limits) {
  request_reader reader{limits};
  outcome out;
  while (!bytes.empty()) {
    const auto size = cuts.empty() ? bytes.size() : std::size_t{1} + cuts.byte();
    reader.feed(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    drain(reader, out);
  }
  return out;
}

std::string written(const std::vector<arguments>& requests) {
  std::string out;
  for (const auto& args : requests) {
    out += "*" + std::to_string(args.size()) + "\r\n";
    for (const auto& a : args) {
      out += "$" + std::to_string(a.size()) + "\r\n";
      out += std::string{a.text()} + "\r\n";
    }
  }
  return out;
}

}  // namespace

const std::size_t input_bytes_max = 4096;

void run(byte_view input) {
  choices from{input};
  const auto limits = from.flag() ? small : request_limits{};
  const auto cuts = from.bytes(from.byte());
  const auto client = as_text(from.rest());

  const auto whole = read_cut(client, choices{byte_view{}}, limits);
  require(read_cut(client, choices{cuts}, limits) == whole, "cuts change nothing");
  for (const auto& args : whole.requests) {
    require(!args.empty(), "a request has a name");
    // Those of a line are bounded by the line.
    for (const auto& a : args)
      require(a.size() <= std::max(limits.bulk_bytes_max, resp::line_bytes_max),
              "an argument is within the limits");
  }
  const auto again = read_cut(written(whole.requests), choices{byte_view{}}, request_limits{});
  require(again.mistake.empty() && again.requests == whole.requests,
          "requests written down are the same requests");
}

std::vector<bytes> seeds() {
  const auto seed = [](std::initializer_list<unsigned> head, std::string_view text) {
    return seed_of(head, as_bytes(text));
  };
  return {seed({0, 0}, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n"),
          seed({0, 2, 3, 0}, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\n\r\n\r\n\r\nPING\r\n"),
          seed({0, 0}, "set \"a\\x00\\n\" 'b\\'c'\r\n\r\n*0\r\n*-1\r\n"),
          seed({1, 1, 0}, "*9\r\n"),
          seed({1, 0}, "*1\r\n$65\r\n"),
          seed({0, 0}, "*1\r\n:1\r\n")};
}

}  // namespace stowage::fuzz
