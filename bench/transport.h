// Transport: sends questions and waits for answers, in one of the forms the
// API has.
//
// A question is known by its slot, 0 to slots - 1, which carries one question
// at a time.
//
// Thread safety: one thread may send while another waits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pawl/v1/verdict.pb.h"

namespace pawl::bench {

struct Question {
  std::string_view login{};  // not sent with ValidateOtp
  std::string_view text{};
  std::string_view attempt_id{};
};

struct Answer {
  uint32_t slot = 0;
  std::string error{};  // not empty: the call failed, and this is why
  v1::Verdict verdict = v1::VERDICT_UNSPECIFIED;
  v1::Reason reason = v1::REASON_UNSPECIFIED;
};

class Transport {
 public:
  Transport() = default;
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  virtual void Send(uint32_t slot, const Question& question) = 0;
  // The next answer; nullopt when a tenth of a second brought none.
  [[nodiscard]] virtual std::optional<Answer> Wait() = 0;
};

}  // namespace pawl::bench
