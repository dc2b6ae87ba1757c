// UnaryTransport: one RPC for each question, on one completion queue.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "bench/calls.h"
#include "bench/target.h"
#include "bench/transport.h"

namespace pawl::bench {

template <typename Call>
class UnaryTransport final : public Transport {
 public:
  UnaryTransport(const Target& target, uint32_t slots)
      : authorization_(target.authorization),
        stub_(Call::Service::NewStub(target.Connect())),
        slots_(slots) {}
  ~UnaryTransport() override {
    for (Slot& call : slots_) {
      if (call.context.has_value()) {
        call.context->TryCancel();
      }
    }
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  void Send(uint32_t slot, const Question& question) override {
    Slot& call = slots_[slot];
    call.context.emplace();
    call.context->set_deadline(std::chrono::system_clock::now() + kDeadline);
    if (!authorization_.empty()) {
      call.context->AddMetadata("authorization", authorization_);
    }
    call.request.Clear();
    Call::Fill(question, call.request);
    call.reader = Call::Start(*stub_, *call.context, call.request, queue_);
    call.reader->Finish(&call.response, &call.status, &call);
  }

  std::optional<Answer> Wait() override {
    void* tag = nullptr;
    bool ok = false;
    const auto until = std::chrono::system_clock::now() + kPatience;
    if (queue_.AsyncNext(&tag, &ok, until) !=
        grpc::CompletionQueue::GOT_EVENT) {
      return std::nullopt;
    }
    const Slot& call = *static_cast<Slot*>(tag);
    Answer answer{.slot = static_cast<uint32_t>(&call - slots_.data())};
    if (!call.status.ok()) {
      answer.error = Describe(call.status);
    } else {
      answer.verdict = call.response.verdict();
      answer.reason = call.response.reason();
    }
    return answer;
  }

 private:
  struct Slot {
    std::optional<grpc::ClientContext> context;
    typename Call::Request request;
    typename Call::Response response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<typename Call::Response>>
        reader;
  };

  const std::string authorization_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<typename Call::Service::Stub> stub_;
  std::vector<Slot> slots_;
};

}  // namespace pawl::bench
