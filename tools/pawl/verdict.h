// Yes or no, as a person and a script see it.
#pragma once

#include <google/protobuf/message.h>

#include "pawl/v1/verdict.pb.h"
#include "tools/pawl/commands.h"

namespace pawl::tools {

// Prints `answer`, which has `verdict` and `reason`: "ACCEPTED (GOOD_CODE)",
// then its other fields. Returns kExitDone for VERDICT_ACCEPTED and
// kExitRefused for everything else, also for VERDICT_DELEGATED and for a
// verdict nobody knows.
[[nodiscard]] int PrintVerdict(const Session& session, v1::Verdict verdict,
                               v1::Reason reason,
                               const google::protobuf::Message& answer);

}  // namespace pawl::tools
