#include "tools/cli/arguments.h"

#include <string>
#include <vector>

#include "base/text.h"
#include "tools/cli/report.h"

namespace pawl::tools {
namespace {

// CLI11's messages begin with a capital; ours do not, unless the first word is
// a name in capitals.
std::string LowerFirst(std::string text) {
  if (text.size() > 1 && !(text[1] >= 'A' && text[1] <= 'Z')) {
    return AsciiLower(text.substr(0, 1)) + text.substr(1);
  }
  return text;
}

// What is wrong with the arguments. An argument that fits nowhere is most
// likely the reason why others are missing.
std::string Describe(const CLI::App& app, const CLI::Error& error) {
  const std::vector<std::string> unknown = app.remaining(true);
  return unknown.empty() ? LowerFirst(error.what())
                         : "unexpected argument: " + unknown.front();
}

}  // namespace

std::optional<int> ParseArguments(CLI::App& app, int argc,
                                  const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    if (!IsValidUtf8(argv[i])) {
      return ReportProblem(app.get_name(),
                           BadInput(argv[i], "this argument is not UTF-8"));
    }
  }
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return failed->get_name() + ": " + EscapeText(Describe(*failed, error)) +
           "\n";
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == kExitDone ? kExitDone : kExitBadInput;
  }
  return std::nullopt;
}

}  // namespace pawl::tools
