#include <stowage/tests/support/processes/strace_log.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace stowage::test {

namespace {

constexpr std::string_view unfinished = " <unfinished ...>";
constexpr std::string_view resumed = "<... ";

/// "ARGUMENTS) = ANSWER", with any number of blanks before the `=`.
void read_end(std::string_view rest, std::size_t line, traced_call& call) {
  const auto equals = rest.rfind(" = ");
  if (equals == std::string_view::npos) return;
  call.answer = rest.substr(equals + 3);
  call.ended = line;
  const auto parenthesis = rest.substr(0, equals).rfind(')');
  call.arguments += rest.substr(0, std::min(parenthesis, equals));
}

}  // namespace

std::vector<traced_call> parse_strace_log(std::string_view text) {
  std::vector<traced_call> calls;
  std::map<int, std::size_t> open;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));

    int thread = 0;
    const auto [after, error] = std::from_chars(line.data(), line.data() + line.size(), thread);
    if (error != std::errc{}) continue;
    line.remove_prefix(static_cast<std::size_t>(after - line.data()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));

    if (line.starts_with(resumed)) {
      const auto it = open.find(thread);
      const auto behind = line.find(" resumed>");
      if (it == open.end() || behind == std::string_view::npos) continue;
      read_end(line.substr(behind + std::string_view{" resumed>"}.size()), number,
               calls[it->second]);
      open.erase(it);
      continue;
    }
    const auto parenthesis = line.find('(');
    const auto is_of_a_name = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    if (parenthesis == 0 || parenthesis == std::string_view::npos ||
        !std::ranges::all_of(line.substr(0, parenthesis), is_of_a_name))
      continue;
    traced_call call;
    call.thread = thread;
    call.name = line.substr(0, parenthesis);
    call.began = number;
    auto rest = line.substr(parenthesis + 1);
    if (rest.ends_with(unfinished)) {
      rest.remove_suffix(unfinished.size());
      call.arguments = rest;
      open[thread] = calls.size();
    } else {
      read_end(rest, number, call);
    }
    calls.push_back(std::move(call));
  }
  return calls;
}

std::map<std::string, std::size_t> calls_of_busiest_thread(const std::vector<traced_call>& calls) {
  std::map<std::pair<int, std::string>, std::size_t> each;
  for (const auto& c : calls) ++each[{c.thread, c.name}];
  std::map<std::string, std::size_t> most;
  for (const auto& [key, count] : each) most[key.second] = std::max(most[key.second], count);
  return most;
}

}  // namespace stowage::test
