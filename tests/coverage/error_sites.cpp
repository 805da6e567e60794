#include <stowage/tests/coverage/error_sites.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace stowage::coverage {

namespace {

constexpr std::string_view ellipsis = "…";

// Longer calls are shown without their arguments.
constexpr std::size_t call_bytes_max = 60;

// A lambda that makes failures.
struct local_maker {
  std::string name;
  std::string codes;
  std::size_t body_first = 0;
  std::size_t body_last = 0;
};

class scanner {
 public:
  scanner(const std::string& file, const source_text& source, const failure_names& names)
      : file_{file}, source_{source}, tokens_{source.tokens()}, names_{names} {}

  error_scan run() {
    for (const auto& f : source_.functions()) scan(f);
    note_unrecognized();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string_view text(std::size_t i) const {
    return i < tokens_.size() ? std::string_view{tokens_[i].text} : std::string_view{};
  }
  [[nodiscard]] bool is_identifier(std::size_t i) const {
    return i < tokens_.size() && tokens_[i].what == token::kind::identifier;
  }

  void scan(const function_body& f) {
    function_ = &f;
    locals_.clear();
    for (auto i = f.first; i < f.last; ++i) find_local_maker(i);
    for (auto i = f.first; i < f.last; ++i) {
      if (is_identifier(i) && text(i + 1) == "(") find_made(i);
      if (text(i) == "error" && text(i + 1) == "(") find_handed_on(i);
      if (text(i) == "if" && text(i + 1) == "(") find_returned_result(i);
      if (text(i) == "return" && text(i + 1) == "*") find_returned_optional(i);
      if (text(i) == "code" && text(i + 1) == "=") find_code_put(i);
    }
  }

  // NAME = [...](...) { return MAKER(
  void find_local_maker(std::size_t at) {
    if (text(at + 1) != "=" || text(at + 2) != "[") return;
    auto i = source_.partner(at + 2) + 1;
    if (text(i) != "(") return;
    i = source_.partner(i) + 1;
    if (text(i) == "->") i += 2;
    if (text(i) != "{" || text(i + 1) != "return") return;
    const auto last = source_.partner(i);
    auto callee = i + 2;
    while (text(callee + 1) == "::") callee += 2;
    if (!names_.makers.contains(std::string{text(callee)})) return;
    locals_.push_back({std::string{text(at)}, codes_in(i, last), i, last});
    covered_.insert({i, last});
  }

  void find_made(std::size_t at) {
    const auto name = std::string{text(at)};
    const auto local = std::ranges::find(locals_, name, &local_maker::name);
    const bool is_local = local != locals_.end();
    if (!is_local && !names_.makers.contains(name)) return;
    if (text(at - 1) == "." || text(at - 1) == "->") return;
    for (const auto& l : locals_)
      if (l.body_first < at && at < l.body_last) return;
    const auto open = at + 1;
    const auto close = source_.partner(open);
    auto codes = codes_in(open, close);
    // Inside a function that makes failures for others: it is they who are the branches.
    if (codes.empty() && names_.makers.contains(function_->name)) return;
    if (codes.empty() && is_local) codes = local->codes;
    if (codes.empty()) codes = "by errno";
    auto what = message_in(open, close);
    if (what.empty()) what = alternative_in(open, close);
    if (what.empty()) what = reason_before(at);
    add(at, std::move(what), std::move(codes), false);
    covered_.insert({open, close});
  }

  void find_handed_on(std::size_t at) {
    if (text(at - 1) != "." && text(at - 1) != "->") return;
    // A look at it is no use of it.
    if (text(at + 3) == "." && text(at + 4) != "value") return;
    add(at, who_fails(object_before(at - 1), at), {}, false);
  }

  // if (... !RESULT ...) return RESULT;
  void find_returned_result(std::size_t at) {
    const auto open = at + 1;
    const auto close = source_.partner(open);
    auto i = close + 1;
    if (text(i) != "return") return;
    const auto returned = returned_name(i);
    if (returned.empty()) return;
    for (auto j = open; j < close; ++j) {
      if (text(j) != "!" || !is_identifier(j + 1)) continue;
      if (text(j + 2) != ")" && text(j + 2) != "||" && text(j + 2) != "&&") continue;
      if (text(j + 1) == returned || is_result_of_condition(open, j))
        return add(j, who_fails(std::string{text(j + 1)}, j), {}, true);
    }
  }

  // Whether the negated name is what the condition itself declares.
  [[nodiscard]] bool is_result_of_condition(std::size_t open, std::size_t negation) const {
    return text(open + 1) == "auto" && text(open + 2) == text(negation + 1);
  }

  // return NAME;
  [[nodiscard]] std::string returned_name(std::size_t at) const {
    const auto i = at + 1;
    if (!is_identifier(i) || text(i + 1) != ";") return {};
    for (const auto* constant : {"true", "false", "nullptr", "none"})
      if (text(i) == constant) return {};
    return std::string{text(i)};
  }

  // return *...NAME; where the name holds a failure or none
  void find_returned_optional(std::size_t at) {
    auto end = at;
    while (text(end) != ";") ++end;
    const auto name = std::string{text(end - 1)};
    if (!names_.holders.contains(name)) return;
    auto what =
        end - at > 3 ? code(source_.excerpt(at + 2, end - 1)) + " is there" : who_fails(name, at);
    add(at, std::move(what), {}, false);
  }

  void find_code_put(std::size_t at) {
    if (text(at + 2) != "errc") return;
    auto end = at;
    while (text(end) != ";") ++end;
    add(at + 2, reason_before(at), codes_in(at, end), false);
    covered_.insert({at, end});
  }

  [[nodiscard]] std::string codes_in(std::size_t first, std::size_t last) const {
    std::string codes;
    for (auto i = first; i < last; ++i) {
      if (text(i) != "errc" || text(i + 1) != "::") continue;
      if (!codes.empty()) codes += ", ";
      codes += text(i + 2);
    }
    return codes;
  }

  // The first argument that has literals: their contents, and an ellipsis for what stands between.
  [[nodiscard]] std::string message_in(std::size_t open, std::size_t close) const {
    std::string message;
    bool has_literal = false;
    for (auto i = open + 1; i <= close; ++i) {
      const auto t = text(i);
      if (t == "," || i == close) {
        if (has_literal) return message;
        message.clear();
      } else if (tokens_[i].what == token::kind::literal && t.front() == '"') {
        message += t.substr(1, t.size() - 2);
        has_literal = true;
      } else if (t != "+" && !message.ends_with(ellipsis)) {
        message += ellipsis;
      }
      if (t == "(" || t == "{" || t == "[") i = source_.partner(i);
    }
    return {};
  }

  // CONDITION ? errc::... : errc::...
  [[nodiscard]] std::string alternative_in(std::size_t open, std::size_t close) const {
    for (auto i = open + 1; i < close && text(i) != ","; ++i)
      if (text(i) == "?") return code(source_.excerpt(open + 1, i - 1));
    return {};
  }

  // Why the statement with the token `at` runs, where that is said right before it.
  [[nodiscard]] std::string reason_before(std::size_t at) const {
    auto begin = at;
    while (text(begin - 1) != ";" && text(begin - 1) != "{" && text(begin - 1) != "}" &&
           text(begin - 1) != ")" && text(begin - 1) != ":" && text(begin - 1) != "else")
      --begin;
    auto end = begin - 1;
    if (text(end) == "{" && text(end - 1) == ")" && end != function_->first) --end;
    if (text(end) == ")") {
      auto first = source_.partner(end) + 1;
      for (auto i = first; i < end; ++i)
        if (text(i) == ";") first = i + 1;
      return code(source_.excerpt(first, end - 1));
    }
    if (text(end) == ":") {
      std::string labels;
      auto i = end;
      for (; text(i) == ":" && (text(i - 2) == "case" || text(i - 1) == "default");
           i -= text(i - 2) == "case" ? 3 : 2)
        labels.insert(0, std::string{text(i - 1)} + (labels.empty() ? "" : ", "));
      return labels == "default" ? "anything else" : labels;
    }
    auto last = at;
    while (text(last) != ";") ++last;
    return code(source_.excerpt(begin, last - 1));
  }

  static std::string code(const std::string& text) { return '`' + text + '`'; }

  // The name of the object whose member follows the `.` or `->` at `dot`.
  [[nodiscard]] std::string object_before(std::size_t dot) const {
    auto i = dot - 1;
    while (text(i) == ")" || text(i) == "]") {
      const auto open = source_.partner(i);
      i = is_identifier(open - 1) && text(open - 1) != "move" ? open - 1 : i - 1;
    }
    return std::string{text(i)};
  }

  // "`CALL` fails": the call that gave the name its value.
  [[nodiscard]] std::string who_fails(const std::string& name, std::size_t at) const {
    const auto failed = [](const std::string& who) { return code(who) + " fails"; };
    auto i = at;
    while (i > function_->first && (text(i) != name || (text(i + 1) != "=" && text(i + 1) != "{")))
      --i;
    if (i == function_->first) return failed(name);
    const auto first = i + 2;
    auto last = first;
    while (is_identifier(last) || text(last) == "::" || text(last) == "." || text(last) == "->")
      ++last;
    if (last == first || text(last) != "(") {
      while (text(last) != ";") last = text(last) == "(" ? source_.partner(last) + 1 : last + 1;
      return failed(source_.excerpt(first, last - 1));
    }
    auto whole = source_.excerpt(first, source_.partner(last));
    if (whole.size() <= call_bytes_max) return failed(whole);
    return failed(source_.excerpt(first, last) + std::string{ellipsis} + ')');
  }

  void add(std::size_t at, std::string what, std::string codes, bool is_condition) {
    const auto where = source_.position_of(tokens_[at].offset);
    out_.sites.push_back(
        {file_, function_->name, std::move(what), std::move(codes), where, is_condition});
  }

  void note_unrecognized() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (text(i) != "errc" || text(i + 1) != "::" || text(i + 2) == "none") continue;
      if (i > 0 && (text(i - 1) == "==" || text(i - 1) == "!=")) continue;
      const bool known = std::ranges::any_of(
          covered_, [i](const auto& range) { return range.first < i && i < range.second; });
      if (known) continue;
      const auto line = source_.position_of(tokens_[i].offset).line;
      out_.unrecognized.push_back(file_ + ":" + std::to_string(line));
    }
  }

  const std::string& file_;
  const source_text& source_;
  const std::vector<token>& tokens_;
  const failure_names& names_;
  error_scan out_;
  const function_body* function_ = nullptr;
  std::vector<local_maker> locals_;
  std::set<std::pair<std::size_t, std::size_t>> covered_;
};

}  // namespace

void add_failure_names(const source_text& source, failure_names& names) {
  for (const auto& f : source.functions())
    if (f.before_name == "failure" || f.before_name.ends_with(" failure"))
      names.makers.insert(f.name);
  const auto& t = source.tokens();
  for (std::size_t i = 0; i + 5 < t.size(); ++i)
    if (t[i].text == "optional" && t[i + 1].text == "<" && t[i + 2].text == "failure" &&
        t[i + 4].what == token::kind::identifier)
      names.holders.insert(t[i + 4].text);
}

error_scan scan_errors(const std::string& file, const source_text& source,
                       const failure_names& names) {
  return scanner{file, source, names}.run();
}

std::vector<std::pair<std::size_t, std::size_t>> invariant_arguments(const source_text& source) {
  std::vector<std::pair<std::size_t, std::size_t>> found;
  const auto& t = source.tokens();
  for (std::size_t i = 0; i + 1 < t.size(); ++i)
    if (t[i].text == "invariant" && t[i + 1].text == "(")
      found.emplace_back(t[i + 1].offset, t[source.partner(i + 1)].offset);
  return found;
}

}  // namespace stowage::coverage
