#include <stowage/resp/request_reader.hpp>

#include <stowage/resp/inline_request.hpp>
#include <stowage/resp/numbers.hpp>
#include <stowage/storage/core/invariant.hpp>

#include <hiredis/read.h>

#include <algorithm>
#include <new>
#include <utility>

namespace stowage::resp {

namespace {

// More than this is not kept for the next request.
constexpr std::size_t kept_bytes_max = 16 * limits::kib;
// So many arguments are believed before they are there.
constexpr std::size_t reserved_arguments_max = 16;

// What hiredis makes of a request are our arguments: nothing is built only to be copied. The type of the count
// differs between its versions.
template <class Count>
void* begin_array(const redisReadTask* task, Count count) {
  auto* out = static_cast<arguments*>(task->privdata);
  out->clear();
  out->reserve(std::min(static_cast<std::size_t>(count), reserved_arguments_max));
  return out;
}

void* add_string(const redisReadTask* task, char* text, std::size_t length) {
  auto* out = static_cast<arguments*>(task->privdata);
  out->emplace_back(std::string{text, length});
  return out;
}

redisReplyObjectFunctions functions() {
  redisReplyObjectFunctions f{};
  f.createString = add_string;
  f.createArray = begin_array;
  // The arguments belong to the request reader.
  f.freeObject = [](void*) {};
  return f;
}

}  // namespace

void request_reader::free_reader::operator()(redisReader* reader) const noexcept {
  redisReaderFree(reader);
}

request_reader::request_reader(const request_limits& limits)
    : limits_{limits}, parsed_{std::make_unique<arguments>()} {
  renew();
}

void request_reader::renew() {
  static redisReplyObjectFunctions ours = functions();
  reader_.reset(redisReaderCreateWithFunctions(&ours));
  if (!reader_) throw std::bad_alloc{};
  reader_->privdata = parsed_.get();
}

void request_reader::feed(std::string_view bytes) {
  drop_consumed();
  input_.append(bytes);
}

void request_reader::drop_consumed() {
  input_.erase(0, at_);
  searched_ -= std::min(searched_, at_);
  at_ = 0;
  if (input_.empty() && input_.capacity() > kept_bytes_max) std::string{}.swap(input_);
}

request_reader::outcome request_reader::next() {
  if (mistake_) return *mistake_;
  for (;;) {
    if (!pass_argument()) return incomplete{};
    if (in_request_ && arguments_left_ == 0) return finish();
    const auto line = take_line();
    if (!line) return mistake_ ? outcome{*mistake_} : outcome{incomplete{}};
    if (in_request_) {
      if (auto wrong = begin_argument(*line)) return *std::move(wrong);
    } else if (auto begun = begin_request(*line); !std::holds_alternative<incomplete>(begun)) {
      return begun;
    }
  }
}

// A line without its end. Nothing if it is not there yet, or a mistake if it never can be.
std::optional<std::string_view> request_reader::take_line() {
  const auto end = input_.find('\n', std::max(at_, searched_));
  if (end == std::string::npos ? input_.size() - at_ > line_bytes_max
                               : end - at_ > line_bytes_max) {
    (void)fail(in_request_          ? "too big bulk count string"
               : input_[at_] == '*' ? "too big mbulk count string"
                                    : "too big inline request");
    return std::nullopt;
  }
  if (end == std::string::npos) {
    searched_ = input_.size();
    // What waits for more bytes waits without those that are done with.
    drop_consumed();
    return std::nullopt;
  }
  auto line = std::string_view{input_}.substr(at_, end - at_);
  at_ = end + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

request_reader::outcome request_reader::begin_request(std::string_view line) {
  if (line.starts_with('*')) {
    const auto count = parse_integer(line.substr(1));
    if (!count || *count > static_cast<std::int64_t>(limits_.arguments_max))
      return fail(count && limits_.arguments_max < request_limits{}.arguments_max
                      ? "unauthenticated multibulk length"
                      : "invalid multibulk length");
    if (*count <= 0) return incomplete{};
    in_request_ = true;
    arguments_left_ = static_cast<std::size_t>(*count);
    request_bytes_ = arguments_left_ * argument_bytes;
    largest_bulk_ = 0;
    if (request_bytes_ > limits_.request_bytes_max) return fail("too big request");
    pass("*" + std::to_string(*count) + "\r\n");
    return incomplete{};
  }
  const auto words = split_words(line);
  if (!words) return fail("unbalanced quotes in request");
  if (words->empty()) return incomplete{};
  // The same way as any other request.
  std::string encoded = "*" + std::to_string(words->size()) + "\r\n";
  for (const auto& w : *words) encoded += "$" + std::to_string(w.size()) + "\r\n" + w + "\r\n";
  pass(encoded);
  return finish();
}

std::optional<request_reader::outcome> request_reader::begin_argument(std::string_view line) {
  if (!line.starts_with('$'))
    return fail("expected '$', got '" +
                std::string{line.empty() ? std::string_view{" "} : line.substr(0, 1)} + "'");
  const auto length = parse_integer(line.substr(1));
  if (!length || *length < 0 || *length > static_cast<std::int64_t>(limits_.bulk_bytes_max))
    return fail(length && *length >= 0 && limits_.bulk_bytes_max < request_limits{}.bulk_bytes_max
                    ? "unauthenticated bulk length"
                    : "invalid bulk length");
  const auto bytes = static_cast<std::size_t>(*length);
  request_bytes_ += bytes;
  if (request_bytes_ > limits_.request_bytes_max) return fail("too big request");
  largest_bulk_ = std::max(largest_bulk_, bytes);
  pass("$" + std::to_string(bytes) + "\r\n");
  bulk_left_ = bytes + 2;
  --arguments_left_;
  return std::nullopt;
}

// Whether no argument is under way any more.
bool request_reader::pass_argument() {
  if (bulk_left_ == 0) return true;
  const auto count = std::min(bulk_left_, input_.size() - at_);
  pass(std::string_view{input_}.substr(at_, count));
  at_ += count;
  bulk_left_ -= count;
  if (bulk_left_ > 0) {
    drop_consumed();
    return false;
  }
  if (arguments_left_ > 0) {
    // Taken out at once, so that hiredis holds no more than one argument.
    void* nothing = nullptr;
    invariant(redisReaderGetReply(reader_.get(), &nothing) == REDIS_OK && nothing == nullptr,
              "hiredis takes a request whose headers were checked");
  }
  return true;
}

request_reader::outcome request_reader::finish() {
  void* done = nullptr;
  invariant(redisReaderGetReply(reader_.get(), &done) == REDIS_OK && done == parsed_.get(),
            "hiredis finds the request that is there");
  in_request_ = false;
  auto out = std::exchange(*parsed_, {});
  // Its buffer stays as large as it ever was.
  if (largest_bulk_ > kept_bytes_max) renew();
  return out;
}

request_reader::outcome request_reader::fail(std::string what) {
  mistake_ = mistake{"Protocol error: " + std::move(what)};
  return *mistake_;
}

void request_reader::pass(std::string_view bytes) {
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK)
    throw std::bad_alloc{};
}

}  // namespace stowage::resp
