#include "tools/pawl/qr.h"

#include <cstddef>

#include <qrcodegen/qrcodegen.hpp>

namespace pawl::tools {
namespace {

using qrcodegen::QrCode;

constexpr size_t kMaxBytes = 2953;  // version 40, lowest error correction
constexpr int kQuietZone = 4;
constexpr const char* kBlackOnWhite = "\x1b[30;107m";
constexpr const char* kUsualColours = "\x1b[0m\n";

// Modules outside the code are light.
const char* HalfBlocks(bool upper_dark, bool lower_dark) {
  if (upper_dark) {
    return lower_dark ? "\u2588" : "\u2580";
  }
  return lower_dark ? "\u2584" : " ";
}

}  // namespace

std::optional<std::string> RenderQr(const std::string& text) {
  if (text.size() > kMaxBytes) {
    return std::nullopt;
  }
  const QrCode code = QrCode::encodeText(text.c_str(), QrCode::Ecc::LOW);
  const int end = code.getSize() + kQuietZone;
  std::string out;
  for (int y = -kQuietZone; y < end; y += 2) {
    out += kBlackOnWhite;
    for (int x = -kQuietZone; x < end; ++x) {
      out += HalfBlocks(code.getModule(x, y), code.getModule(x, y + 1));
    }
    out += kUsualColours;
  }
  return out;
}

}  // namespace pawl::tools
