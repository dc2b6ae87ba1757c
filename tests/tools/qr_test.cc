#include "tools/pawl/qr.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <qrcodegen/qrcodegen.hpp>

namespace pawl::tools {
namespace {

using qrcodegen::QrCode;

constexpr int kQuietZone = 4;
constexpr std::string_view kBegin = "\x1b[30;107m";
constexpr std::string_view kEnd = "\x1b[0m";

// Takes the first character of `line`: which halves are dark.
struct Halves {
  bool upper = false;
  bool lower = false;
};
std::optional<Halves> TakeHalves(std::string_view& line) {
  struct Case {
    std::string_view character{};
    Halves halves{};
  };
  for (const Case& test : {Case{" ", {false, false}}, Case{"▀", {true, false}},
                           Case{"▄", {false, true}}, Case{"█", {true, true}}}) {
    if (line.starts_with(test.character)) {
      line.remove_prefix(test.character.size());
      return test.halves;
    }
  }
  return std::nullopt;
}

// The dark modules of a rendered code, quiet zone included, as rows of # and .
std::vector<std::string> Modules(std::string_view rendered) {
  std::vector<std::string> rows;
  while (!rendered.empty()) {
    std::string_view line = rendered.substr(0, rendered.find('\n'));
    rendered.remove_prefix(line.size() + 1);
    EXPECT_TRUE(line.starts_with(kBegin) && line.ends_with(kEnd));
    line =
        line.substr(kBegin.size(), line.size() - kBegin.size() - kEnd.size());
    std::string upper;
    std::string lower;
    while (const std::optional<Halves> halves = TakeHalves(line)) {
      upper += halves->upper ? '#' : '.';
      lower += halves->lower ? '#' : '.';
    }
    EXPECT_EQ(line, "") << "an unknown character";
    rows.push_back(upper);
    rows.push_back(lower);
  }
  return rows;
}

TEST(RenderQr, ShowsEveryModuleAndALightQuietZone) {
  for (const size_t length : {1U, 60U, 200U, 700U}) {
    const std::string text = "otpauth://totp/" + std::string(length, 'x');
    const QrCode code = QrCode::encodeText(text.c_str(), QrCode::Ecc::LOW);
    const std::vector<std::string> rows =
        Modules(RenderQr(text).value_or("nothing"));
    const int width = code.getSize() + 2 * kQuietZone;
    ASSERT_EQ(rows.size(), static_cast<size_t>(width + 1));  // pairs of rows
    for (int y = 0; y <= width; ++y) {
      std::string expected;
      for (int x = 0; x < width; ++x) {
        // Outside the code, getModule() says light.
        expected += code.getModule(x - kQuietZone, y - kQuietZone) ? '#' : '.';
      }
      EXPECT_EQ(rows[static_cast<size_t>(y)], expected);
    }
  }
}

TEST(RenderQr, RefusesWhatNoCodeCanHold) {
  EXPECT_TRUE(RenderQr(std::string(2953, 'x')).has_value());
  EXPECT_FALSE(RenderQr(std::string(2954, 'x')).has_value());
}

}  // namespace
}  // namespace pawl::tools
