// AwaitAnswer: waits for something that answers by a callback, for callers with
// a thread of their own.
//
// Thread safety: any thread that nobody waits for may call it.
#pragma once

#include <future>
#include <memory>
#include <utility>

#include "base/status.h"

namespace pawl {

// `ask(done)` starts it and has `done(StatusOr<Answer>)` called exactly once.
template <typename Answer, typename Ask>
[[nodiscard]] StatusOr<Answer> AwaitAnswer(const Ask& ask) {
  // Shared: who sets the value may still be at it when it is there.
  const auto promise = std::make_shared<std::promise<StatusOr<Answer>>>();
  ask([promise](StatusOr<Answer> answer) {
    promise->set_value(std::move(answer));
  });
  return promise->get_future().get();
}

}  // namespace pawl
