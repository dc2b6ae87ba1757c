// StreamTransport: all questions on one bidirectional stream.
//
// gRPC lets one write of a stream be under way at a time; what is sent
// meanwhile waits its turn, and all but the last of what waits is given to the
// connection together.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <grpcpp/grpcpp.h>

#include "bench/attempt_id.h"
#include "bench/calls.h"
#include "bench/target.h"
#include "bench/transport.h"

namespace pawl::bench {

template <typename Call>
class StreamTransport final : public Transport {
 public:
  explicit StreamTransport(const Target& target)
      : stub_(Call::Service::NewStub(target.Connect())) {
    if (!target.authorization.empty()) {
      context_.AddMetadata("authorization", target.authorization);
    }
    stream_ = Call::StartStream(*stub_, context_, queue_, &started_);
  }
  ~StreamTransport() override {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  void Send(uint32_t /*slot*/, const Question& question) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.emplace_back();
    Call::Fill(question, *waiting_.back().mutable_check());
    WriteNext();
  }

  std::optional<Answer> Wait() override {
    const auto until = std::chrono::system_clock::now() + kPatience;
    void* tag = nullptr;
    bool ok = false;
    while (queue_.AsyncNext(&tag, &ok, until) ==
           grpc::CompletionQueue::GOT_EVENT) {
      if (tag == &ended_) {
        return Answer{.error = "the stream ended: " + Describe(status_)};
      }
      if (!ok) {
        End();
      } else if (tag == &read_) {
        return Received();
      } else {
        Continue(tag);
      }
    }
    return std::nullopt;
  }

 private:
  // The stream has started, or a message was written.
  void Continue(void* tag) {
    const std::lock_guard<std::mutex> lock(mutex_);
    busy_ = false;
    WriteNext();
    if (tag == &started_) {
      stream_->Read(&response_, &read_);
    }
  }

  void WriteNext() {
    if (busy_ || waiting_.empty()) {
      return;
    }
    busy_ = true;
    grpc::WriteOptions options;
    if (waiting_.size() > 1) {
      options.set_buffer_hint();
    }
    stream_->Write(waiting_.front(), options, &written_);
    waiting_.pop_front();
  }

  Answer Received() {
    Answer answer{.slot = SlotOf(response_.attempt_id())};
    if (response_.has_answer()) {
      answer.verdict = response_.answer().verdict();
      answer.reason = response_.answer().reason();
    } else {
      const v1::CallError& error = response_.error();
      answer.error = Describe(grpc::Status(
          static_cast<grpc::StatusCode>(error.code()), error.message()));
    }
    stream_->Read(&response_, &read_);
    return answer;
  }

  // Something failed: the status says why.
  void End() {
    if (!ending_) {
      ending_ = true;
      stream_->Finish(&status_, &ended_);
    }
  }

  grpc::CompletionQueue queue_;
  std::unique_ptr<typename Call::Service::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<typename Call::StreamRequest,
                                                typename Call::StreamResponse>>
      stream_;
  std::mutex mutex_;  // guards what follows up to busy_
  std::deque<typename Call::StreamRequest> waiting_;
  bool busy_ = true;  // starting, or a write is under way
  // Only the waiting thread uses these.
  typename Call::StreamResponse response_;
  grpc::Status status_;
  bool ending_ = false;
  // Tags: only their addresses matter.
  char started_ = 0;
  char written_ = 0;
  char read_ = 0;
  char ended_ = 0;
};

}  // namespace pawl::bench
