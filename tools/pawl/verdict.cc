#include "tools/pawl/verdict.h"

#include <iostream>
#include <string>
#include <string_view>

namespace pawl::tools {
namespace {

std::string_view VerdictText(v1::Verdict verdict) {
  if (verdict == v1::VERDICT_ACCEPTED) {
    return "ACCEPTED";
  }
  return verdict == v1::VERDICT_DELEGATED ? "DELEGATED" : "REFUSED";
}

// Empty for a reason this program does not know, or that is not told.
std::string ReasonText(v1::Reason reason) {
  constexpr std::string_view kPrefix = "REASON_";
  const std::string& name = v1::Reason_Name(reason);
  if (name.empty() || reason == v1::REASON_UNSPECIFIED) {
    return "";
  }
  return " (" + name.substr(kPrefix.size()) + ")";
}

}  // namespace

int PrintVerdict(const Session& session, v1::Verdict verdict, v1::Reason reason,
                 const google::protobuf::Message& answer) {
  if (session.json) {
    static_cast<void>(PrintAnswer(session, answer));
  } else {
    std::cout << VerdictText(verdict) << ReasonText(reason) << '\n';
    PrintRecord(std::cout, answer, {"verdict", "reason"});
  }
  return verdict == v1::VERDICT_ACCEPTED ? kExitDone : kExitRefused;
}

}  // namespace pawl::tools
