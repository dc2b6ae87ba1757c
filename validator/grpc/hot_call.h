// UnaryCall: one call of a hot method, from its arrival to its answer.
//
// It holds no thread while its check is under way: the check's end, on whatever
// thread, posts the answer to the loop, which sends it. Then the same object
// waits for the next call, so that its messages keep their memory.
//
// Thread safety: driven by its loop's thread; only the answer is put in by the
// thread that ends the check, before it is posted.
#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>

#include "validator/grpc/authenticator.h"
#include "validator/grpc/completion_loop.h"
#include "validator/grpc/convert.h"
#include "validator/service/validator.h"

namespace pawl::validator {

// What the hot calls of one listener work with. All outlive the calls.
template <typename Method>
struct HotParts {
  typename Method::Service* service = nullptr;
  Validator* validator = nullptr;
  CompletionLoop* loop = nullptr;
};

// The context of a check asked for by `context`, which lives until the answer.
[[nodiscard]] inline CallContext HotContext(const grpc::ServerContext& context,
                                            Claim claim,
                                            const std::string& client_address) {
  return {.who = std::move(claim),
          .client_address = client_address,
          .expired = [deadline = context.deadline()] {
            return std::chrono::system_clock::now() >= deadline;
          }};
}

template <typename Method>
class UnaryCall final : private Completion {
 public:
  // Waits for a call, and after it for the next, until the loop is closed.
  static void Make(const HotParts<Method>& parts) {
    (new UnaryCall(parts))->Expect();
  }

 private:
  explicit UnaryCall(const HotParts<Method>& parts) : parts_(parts) {
    parts_.loop->Enter();
  }
  ~UnaryCall() { parts_.loop->Leave(); }

  void Expect() {
    next_ = &UnaryCall::OnArrived;
    answer_.reset();
    writer_.reset();
    context_.emplace();
    writer_.emplace(&*context_);
    Method::Expect(*parts_.service, &*context_, &request_, &*writer_,
                   parts_.loop->queue(), static_cast<Completion*>(this));
  }

  void OnDone(bool ok) override { (this->*next_)(ok); }

  void OnArrived(bool ok) {
    if (!ok) {
      return OnSent(ok);
    }
    StatusOr<Claim> claim = Authenticator::ClaimOf(*context_);
    if (!claim.ok()) {
      answer_ = claim.status();
      return OnAnswered(ok);
    }
    next_ = &UnaryCall::OnAnswered;
    Method::Ask(
        *parts_.validator, request_,
        HotContext(*context_, *std::move(claim), request_.client_address()),
        [this](StatusOr<Answered> answer) {
          answer_ = std::move(answer);
          parts_.loop->Post(*this);
        });
  }

  void OnAnswered(bool) {
    next_ = &UnaryCall::OnSent;
    if (!answer_->ok()) {
      writer_->FinishWithError(ToGrpc(answer_->status(), *context_),
                               static_cast<Completion*>(this));
      return;
    }
    response_.Clear();
    Method::Fill(**answer_, response_);
    writer_->Finish(response_, grpc::Status::OK,
                    static_cast<Completion*>(this));
  }

  void OnSent(bool) {
    if (parts_.loop->IsClosed()) {
      delete this;
      return;
    }
    Expect();
  }

  const HotParts<Method> parts_;
  void (UnaryCall::*next_)(bool ok) = nullptr;
  std::optional<grpc::ServerContext> context_;
  typename Method::Request request_;
  typename Method::Response response_;
  std::optional<grpc::ServerAsyncResponseWriter<typename Method::Response>>
      writer_;
  std::optional<StatusOr<Answered>> answer_;
};

}  // namespace pawl::validator
