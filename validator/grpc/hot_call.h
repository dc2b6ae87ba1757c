// UnaryCall: one call of a hot method, from its arrival to its answer.
//
// It holds no thread while its check is under way: the check's end, on whatever
// thread, sends the answer. Then the same object waits for the next call, so
// that its messages keep their memory.
//
// Thread safety: driven by its loop's thread and, once a check is started, by
// the thread that ends it; never by both.
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
    answering_ = false;
    writer_.reset();
    context_.emplace();
    writer_.emplace(&*context_);
    Method::Expect(*parts_.service, &*context_, &request_, &*writer_,
                   parts_.loop->queue(), static_cast<Completion*>(this));
  }

  void OnDone(bool ok) override {
    if (!answering_ && ok) {
      answering_ = true;
      return Ask();
    }
    if (parts_.loop->IsClosed()) {
      delete this;
      return;
    }
    Expect();
  }

  void Ask() {
    StatusOr<Claim> claim = Authenticator::ClaimOf(*context_);
    if (!claim.ok()) {
      return Finish(claim.status());
    }
    Method::Ask(
        *parts_.validator, request_,
        HotContext(*context_, *std::move(claim), request_.client_address()),
        [this](StatusOr<Answered> answer) { Finish(std::move(answer)); });
  }

  // After Finish() this object belongs to the loop's thread again.
  void Finish(StatusOr<Answered> answer) {
    if (!answer.ok()) {
      writer_->FinishWithError(ToGrpc(answer.status(), *context_),
                               static_cast<Completion*>(this));
      return;
    }
    response_.Clear();
    Method::Fill(*answer, response_);
    writer_->Finish(response_, grpc::Status::OK,
                    static_cast<Completion*>(this));
  }

  const HotParts<Method> parts_;
  bool answering_ = false;
  std::optional<grpc::ServerContext> context_;
  typename Method::Request request_;
  typename Method::Response response_;
  std::optional<grpc::ServerAsyncResponseWriter<typename Method::Response>>
      writer_;
};

}  // namespace pawl::validator
