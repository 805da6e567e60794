#include <stowage/tests/coverage/branch_counts.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace stowage::coverage {

namespace {

namespace fs = std::filesystem;
using json_value = nlohmann::json;
using offset_ranges = std::vector<std::pair<std::size_t, std::size_t>>;

position position_in(const json_value& array, std::size_t at) {
  return {array.at(at).get<std::size_t>(), array.at(at + 1).get<std::size_t>()};
}

bool has_default(const source_text& source, std::size_t opening) {
  for (auto i = opening; i < source.partner(opening); ++i)
    if (source.tokens()[i].text == "default") return true;
  return false;
}

// What never goes both ways, or goes them in code that nobody wrote.
offset_ranges left_out_of(const source_text& source) {
  auto ranges = invariant_arguments(source);
  const auto& t = source.tokens();
  for (std::size_t i = 0; i + 2 < t.size(); ++i) {
    if (t[i].text == "if" && t[i + 1].text == "constexpr")
      ranges.emplace_back(t[i + 2].offset, t[source.partner(i + 2)].offset);
    // Mutants are not in a build that is measured.
    if (t[i].text == "mutant" && t[i + 1].text == "(" && i > 0) {
      const auto first = t[i - 1].text == "!" ? i - 1 : i;
      ranges.emplace_back(t[first].offset, t[source.partner(i + 1)].offset);
    }
    // A switch over all of an enumeration counts a default that it does not have.
    if (t[i].text == "switch" && !has_default(source, source.partner(i + 1) + 1))
      ranges.emplace_back(t[i + 1].offset, t[source.partner(i + 1)].offset);
    // The branches of a defaulted function have its word `default` for a place.
    if (t[i].text == "=" && t[i + 1].text == "default")
      ranges.emplace_back(t[i + 1].offset, t[i + 2].offset);
  }
  return ranges;
}

bool is_inside(const offset_ranges& ranges, std::size_t offset) {
  return std::ranges::any_of(
      ranges, [offset](const auto& r) { return r.first <= offset && offset < r.second; });
}

// Makes one of all counts of a place, in the order of places.
void add_up(std::vector<branch_count>& branches) {
  std::map<std::pair<position, position>, branch_count> by_place;
  for (const auto& b : branches) {
    auto& sum =
        by_place.try_emplace({b.first, b.last}, branch_count{b.first, b.last, 0, 0}).first->second;
    sum.taken_true += b.taken_true;
    sum.taken_false += b.taken_false;
  }
  branches.clear();
  for (const auto& [place, sum] : by_place) branches.push_back(sum);
}

std::vector<branch_count> branches_of(const json_value& all, const source_text& source) {
  const auto left_out = left_out_of(source);
  std::vector<branch_count> branches;
  for (const auto& b : all) {
    const branch_count one{position_in(b, 0), position_in(b, 2), b.at(4), b.at(5)};
    if (!is_inside(left_out, source.offset_of(one.first))) branches.push_back(one);
  }
  add_up(branches);
  return branches;
}

}  // namespace

std::map<std::string, file_counts> parse_counts(std::string_view json, const fs::path& root,
                                                const std::map<std::string, source_text>& sources) {
  std::map<std::string, file_counts> all;
  const auto document = json_value::parse(json);
  for (const auto& file : document.at("data").at(0).at("files")) {
    // Headers are found through the link that makes them <stowage/...>.
    const auto path = fs::weakly_canonical(file.at("filename").get<std::string>());
    const auto source = sources.find(path.lexically_relative(root).generic_string());
    if (source == sources.end()) continue;
    auto& counts = all[source->first];
    counts.branches = branches_of(file.at("branches"), source->second);
    for (const auto& s : file.at("segments"))
      counts.runs[position_in(s, 0)] = s.at(3).get<bool>() ? s.at(2).get<std::uint64_t>() : 0;
  }
  return all;
}

void add_branches(std::map<std::string, file_counts>& sum,
                  const std::map<std::string, file_counts>& more) {
  for (const auto& [file, counts] : more) {
    auto& branches = sum[file].branches;
    branches.insert(branches.end(), counts.branches.begin(), counts.branches.end());
    add_up(branches);
  }
}

std::uint64_t times_taken(const error_site& site, const file_counts& counts) {
  if (site.is_condition) {
    const auto found = std::ranges::find(counts.branches, site.where, &branch_count::first);
    return found == counts.branches.end() ? 0 : found->taken_true;
  }
  const auto after = counts.runs.upper_bound(site.where);
  return after == counts.runs.begin() ? 0 : std::prev(after)->second;
}

}  // namespace stowage::coverage
