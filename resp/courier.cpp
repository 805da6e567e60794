#include <stowage/resp/courier.hpp>

#include <stowage/messages/error.hpp>

#include <iterator>
#include <mutex>
#include <type_traits>
#include <utility>

namespace stowage::resp {

/// Where both sides put down what they have for the other.
struct courier::counter {
  std::mutex mutex;
  std::vector<parcel> parcels;
  std::vector<returned> answers;
  /// Empty once nobody takes them any more.
  std::function<void()> on_answers;

  void put(std::uint64_t id, store_answer what) {
    const std::scoped_lock lock{mutex};
    answers.push_back({id, std::move(what)});
    if (answers.size() == 1 && on_answers) on_answers();
  }
  void take_parcels(std::vector<parcel>& into) {
    const std::scoped_lock lock{mutex};
    into.swap(parcels);
  }
};

namespace {

template <class Request>
struct answer_type {
  using type = void;
};
template <>
struct answer_type<get_request> {
  using type = block_value;
};
template <>
struct answer_type<stat_request> {
  using type = block_stat;
};
template <>
struct answer_type<put_many_request> {
  using type = put_many_result;
};
template <>
struct answer_type<commit_request> {
  using type = commit_receipt;
};
template <>
struct answer_type<clear_request> {
  using type = receipt;
};
template <>
struct answer_type<list_request> {
  using type = block_list;
};
template <>
struct answer_type<status_request> {
  using type = store_status;
};
template <>
struct answer_type<compact_request> {
  using type = compact_result;
};
template <>
struct answer_type<verify_request> {
  using type = verify_result;
};
template <>
struct answer_type<backup_request> {
  using type = backup_result;
};
template <>
struct answer_type<watch_request> {
  using type = watch_started;
};
template <>
struct answer_type<next_changes_request> {
  using type = change_batch;
};

template <>
struct answer_type<view_request> {
  using type = read_view;
};

template <class Answer>
store_answer to_answer(Answer& what) {
  if constexpr (std::is_constructible_v<store_answer, Answer>)
    return std::move(what);
  else
    return std::make_shared<const Answer>(std::move(what));
}

template <class Counter, class Request>
void carry(caf::event_based_actor* self, const store_actor& store,
           const std::shared_ptr<Counter>& counter, std::uint64_t id, Request& request) {
  using answer = typename answer_type<Request>::type;
  auto waiting = compat::request(self, store, std::move(request));
  const auto on_error = [counter, id](const caf::error& why) { counter->put(id, to_failure(why)); };
  if constexpr (std::is_void_v<answer>)
    std::move(waiting).then([counter, id] { counter->put(id, done_answer{}); }, on_error);
  else
    std::move(waiting).then([counter, id](answer& what) { counter->put(id, to_answer(what)); },
                            on_error);
}

}  // namespace

courier::courier(caf::actor_system& system, const store_actor& store,
                 std::function<void()> on_answers)
    : counter_{std::make_shared<counter>()} {
  counter_->on_answers = std::move(on_answers);
  actor_ = system.spawn([shared = counter_, store](caf::event_based_actor* self) -> caf::behavior {
    return {
        [self, shared, store, taken = std::vector<parcel>{}](caf::tick_atom) mutable {
          shared->take_parcels(taken);
          for (auto& p : taken)
            std::visit([&](auto& request) { carry(self, store, shared, p.id, request); }, p.what);
          taken.clear();
        },
        [self](caf::close_atom) { self->quit(); },
    };
  });
}

courier::~courier() {
  {
    const std::scoped_lock lock{counter_->mutex};
    counter_->on_answers = nullptr;
  }
  compat::anon_send(actor_, caf::close_atom_v);
}

void courier::send(std::vector<parcel>& parcels) {
  if (parcels.empty()) return;
  bool was_empty = false;
  {
    const std::scoped_lock lock{counter_->mutex};
    was_empty = counter_->parcels.empty();
    if (was_empty)
      counter_->parcels.swap(parcels);
    else
      counter_->parcels.insert(counter_->parcels.end(), std::make_move_iterator(parcels.begin()),
                               std::make_move_iterator(parcels.end()));
  }
  parcels.clear();
  if (was_empty) compat::anon_send(actor_, caf::tick_atom_v);
}

void courier::take_answers(std::vector<returned>& into) {
  into.clear();
  const std::scoped_lock lock{counter_->mutex};
  into.swap(counter_->answers);
}

}  // namespace stowage::resp
