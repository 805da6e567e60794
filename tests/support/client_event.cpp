#include <stowage/tests/support/client_event.hpp>

#include <stowage/storage/core/invariant.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace stowage::test {

namespace {

using kind = client_event_kind;

// Indexed by the kind's number.
constexpr std::array<std::string_view, 18> words{
    "opening",      "opened",  "ask",       "got",    "refused", "get",
    "saw",          "list",    "listed",    "flush",  "flushed", "checkpoint",
    "checkpointed", "compact", "compacted", "failed", "closing", "closed"};

constexpr std::string_view nothing = "-";

std::string as_word(version v) { return std::to_string(v.value); }
std::string as_word(const write_answer& a) {
  if (a.why == errc::none) return as_word(a.ver);
  return "!" + std::string{name_of(a.why)} + ":" + as_word(a.actual);
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    fields.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return fields;
}

bool parse(std::string_view text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}
bool parse(std::string_view text, version& out) { return parse(text, out.value); }
bool parse(std::string_view text, write_answer& out) {
  if (!text.starts_with('!')) return parse(text, out.ver);
  const auto colon = std::min(text.find(':'), text.size());
  const auto code = errc_from_name(text.substr(1, colon - 1));
  if (!code || colon == text.size()) return false;
  out.why = *code;
  return parse(text.substr(colon + 1), out.actual);
}

/// NAME=TEXT
bool parse(std::string_view text, std::string& name, std::string_view& rest) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return false;
  name = text.substr(0, equals);
  rest = text.substr(equals + 1);
  return true;
}

class decoder {
 public:
  explicit decoder(std::string_view line) : fields_{fields_of(line)} {}

  std::optional<client_event> run() {
    const auto word = std::ranges::find(words, next());
    if (word == words.end()) return std::nullopt;
    e_.what = static_cast<kind>(word - words.begin());
    switch (e_.what) {
      case kind::opening:
      case kind::closing:
      case kind::closed: break;
      case kind::opened: e_.digest = next(); break;
      default: read_request();
    }
    if (bad_ || at_ != fields_.size()) return std::nullopt;
    return std::move(e_);
  }

 private:
  [[nodiscard]] std::string_view next() {
    if (at_ == fields_.size()) {
      bad_ = true;
      return {};
    }
    return fields_[at_++];
  }
  [[nodiscard]] bool more() const { return !bad_ && at_ < fields_.size(); }
  void require(bool good) { bad_ = bad_ || !good; }

  void read_request() {
    require(parse(next(), e_.client) && parse(next(), e_.request));
    switch (e_.what) {
      case kind::ask: return read_ask();
      case kind::got:
        while (more()) require(parse(next(), e_.answers.emplace_back()));
        return;
      case kind::refused:
      case kind::failed:
        require(parse(next(), e_.answers.emplace_back()));
        e_.name = next();
        if (e_.name == nothing) e_.name.clear();
        return;
      case kind::get: e_.name = next(); return;
      case kind::saw: return read_saw();
      case kind::listed:
        while (more()) {
          auto& b = e_.blocks.emplace_back();
          std::string_view rest;
          require(parse(next(), b.name, rest) && parse(rest, b.ver));
        }
        return;
      default: return;
    }
  }

  void read_ask() {
    const auto level = next();
    const auto unity = next();
    require(level == "durable" || level == "accepted");
    require(unity == "whole" || unity == "each");
    e_.durable = level == "durable";
    e_.whole = unity == "whole";
    while (more()) {
      auto& w = e_.blocks.emplace_back();
      std::string_view rest;
      require(parse(next(), w.name, rest));
      if (rest != nothing) w.value = rest;
    }
  }

  void read_saw() {
    e_.name = next();
    const auto found = next();
    if (found == nothing) return;
    auto& b = e_.blocks.emplace_back();
    b.name = e_.name;
    require(parse(found, b.ver));
    b.value = next();
  }

  std::vector<std::string_view> fields_;
  std::size_t at_ = 0;
  bool bad_ = false;
  client_event e_;
};

}  // namespace

std::string encode(const client_event& event) {
  std::string line{words[static_cast<std::size_t>(event.what)]};
  const auto add = [&line](std::string_view text) {
    line += ' ';
    line += text;
  };
  switch (event.what) {
    case kind::opening:
    case kind::closing:
    case kind::closed: break;
    case kind::opened: add(event.digest); break;
    default: add(std::to_string(event.client)); add(std::to_string(event.request));
  }
  switch (event.what) {
    case kind::ask:
      add(event.durable ? "durable" : "accepted");
      add(event.whole ? "whole" : "each");
      for (const auto& w : event.blocks)
        add(w.name + "=" + (w.value ? *w.value : std::string{nothing}));
      break;
    case kind::got:
      for (const auto& a : event.answers) add(as_word(a));
      break;
    case kind::refused:
    case kind::failed:
      add(as_word(event.answers.front()));
      add(event.name.empty() ? nothing : std::string_view{event.name});
      break;
    case kind::get: add(event.name); break;
    case kind::saw:
      add(event.name);
      if (event.blocks.empty()) {
        add(nothing);
      } else {
        add(as_word(event.blocks.front().ver));
        add(*event.blocks.front().value);
      }
      break;
    case kind::listed:
      for (const auto& b : event.blocks) add(b.name + "=" + as_word(b.ver));
      break;
    default: break;
  }
  line += '\n';
  invariant(line.size() <= client_event_bytes_max, "a line that a pipe may tear");
  return line;
}

std::optional<client_event> decode_client_event(std::string_view line) {
  return decoder{line}.run();
}

}  // namespace stowage::test
