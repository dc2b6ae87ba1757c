// StreamCall: one stream of a hot method.
//
// Many checks of one stream are under way at once, and each is answered when it
// is done. A request counts until its answer is written: a caller that does not
// read is not read from either (I8). One bad request is answered with an error
// and does not end the stream.
//
// Thread safety: driven by its loop's thread; checks end on any thread, and put
// their answers where the loop's thread finds them.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "validator/grpc/hot_call.h"

namespace pawl::validator {

template <typename Method>
class StreamCall final {
 public:
  static constexpr size_t kMaxOpen = 256;  // requests without written answer

  // Waits for a stream, and after it for the next, until the loop is closed.
  static void Make(const HotParts<Method>& parts) { new StreamCall(parts); }

 private:
  using Request = typename Method::ManyRequest;
  using Response = typename Method::ManyResponse;

  // Leads a completion back to the method for it.
  class To final : public Completion {
   public:
    To(StreamCall& call, void (StreamCall::*next)(bool ok))
        : call_(&call), next_(next) {}
    void OnDone(bool ok) override { (call_->*next_)(ok); }

   private:
    StreamCall* call_;
    void (StreamCall::*next_)(bool ok);
  };

  explicit StreamCall(const HotParts<Method>& parts) : parts_(parts) {
    parts_.loop->Enter();
    Method::ExpectMany(*parts_.service, &context_, &stream_,
                       parts_.loop->queue(),
                       static_cast<Completion*>(&started_));
  }
  ~StreamCall() { parts_.loop->Leave(); }

  void OnStarted(bool ok) {
    if (!ok) {
      return End();
    }
    StatusOr<Claim> claim = Authenticator::ClaimOf(context_);
    if (!claim.ok()) {
      return stream_.Finish(ToGrpc(claim.status(), context_),
                            static_cast<Completion*>(&finished_));
    }
    claim_ = *std::move(claim);
    Read();
  }

  void OnRead(bool ok) {
    reading_ = false;
    if (!ok) {
      all_read_ = true;
      return FinishWhenDone();
    }
    ++open_;
    Ask(std::exchange(incoming_, nullptr));
    Read();
  }

  void OnAnswered(bool) {
    {
      const std::lock_guard lock(mutex_);
      for (Response& answer : posted_answers_) {
        answers_.push_back(std::move(answer));
      }
      posted_answers_.clear();
    }
    Write();
    Read();
    FinishWhenDone();
  }

  void OnWritten(bool ok) {
    writing_ = false;
    --open_;
    broken_ = broken_ || !ok;
    Write();
    Read();
    FinishWhenDone();
  }

  void OnFinished(bool) { End(); }

  void End() {
    const HotParts<Method> parts = parts_;
    if (!parts.loop->IsClosed()) {
      Make(parts);
    }
    delete this;
  }

  // Keeps `request` until its answer.
  void Ask(std::unique_ptr<Request> owned) {
    const std::shared_ptr<Request> request = std::move(owned);
    if (request->check().attempt_id().empty()) {
      return Answer(*request,
                    InvalidField("attempt_id", "must be set on a stream"));
    }
    Method::Ask(*parts_.validator, request->check(),
                HotContext(context_, claim_, request->check().client_address()),
                [this, request](StatusOr<Answered> answer) {
                  Answer(*request, std::move(answer));
                });
  }

  // Any thread.
  void Answer(const Request& request, StatusOr<Answered> answer) {
    Response response;
    response.set_attempt_id(request.check().attempt_id());
    if (answer.ok()) {
      Method::Fill(*answer, *response.mutable_answer());
    } else {
      ToProto(answer.status(), *response.mutable_error());
    }
    const std::lock_guard lock(mutex_);
    posted_answers_.push_back(std::move(response));
    if (posted_answers_.size() == 1) {
      parts_.loop->Post(posted_);
    }
  }

  void Read() {
    if (reading_ || all_read_ || open_ >= kMaxOpen) {
      return;
    }
    reading_ = true;
    incoming_ = std::make_unique<Request>();
    stream_.Read(incoming_.get(), static_cast<Completion*>(&read_));
  }

  void Write() {
    if (broken_) {  // nobody hears them
      open_ -= answers_.size();
      answers_.clear();
    }
    if (writing_ || answers_.empty()) {
      return;
    }
    writing_ = true;
    outgoing_ = std::move(answers_.front());
    answers_.pop_front();
    grpc::WriteOptions options;
    // Not the first one: it goes together with the initial metadata, and gRPC
    // 1.51 never ends such a write when it may be buffered (grpc#18609).
    if (std::exchange(has_written_, true) && !answers_.empty()) {
      options.set_buffer_hint();
    }
    stream_.Write(outgoing_, options, static_cast<Completion*>(&written_));
  }

  // Once: nothing is open, so nothing calls it again.
  void FinishWhenDone() {
    if (all_read_ && open_ == 0) {
      stream_.Finish(grpc::Status::OK, static_cast<Completion*>(&finished_));
    }
  }

  const HotParts<Method> parts_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<Response, Request> stream_{&context_};
  To started_{*this, &StreamCall::OnStarted};
  To read_{*this, &StreamCall::OnRead};
  To posted_{*this, &StreamCall::OnAnswered};
  To written_{*this, &StreamCall::OnWritten};
  To finished_{*this, &StreamCall::OnFinished};
  Claim claim_;

  std::unique_ptr<Request> incoming_;
  std::deque<Response> answers_;  // not yet written
  Response outgoing_;
  size_t open_ = 0;  // read, and the answer not yet written
  bool reading_ = false;
  bool writing_ = false;
  bool has_written_ = false;
  bool all_read_ = false;
  bool broken_ = false;

  std::mutex mutex_;
  std::vector<Response> posted_answers_;  // not yet seen by the loop's thread
};

}  // namespace pawl::validator
