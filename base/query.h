// Parameters: those of a URL's query or of a posted form.
//
// Pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

struct Parameter {
  std::string name;
  std::string value;
};

// Sorted by name, each name once; of a name given twice the last value counts.
class Parameters {
 public:
  // Pure text after decoding: bytes 0x20 to 0x7e, TAB, CR, LF and NUL. nullopt
  // for anything else, a broken percent encoding, or more than kMaxParameters.
  [[nodiscard]] static std::optional<Parameters> Parse(std::string_view text);
  static constexpr size_t kMaxParameters = 64;

  // Empty when it was not given.
  [[nodiscard]] std::string_view Get(std::string_view name) const;
  [[nodiscard]] const std::vector<Parameter>& all() const { return all_; }

 private:
  std::vector<Parameter> all_;
};

// "%41+b" -> "A b". nullopt for a broken percent encoding.
[[nodiscard]] std::optional<std::string> PercentDecode(std::string_view text);

// Everything but unreserved characters (RFC 3986, 2.3) as %XX.
[[nodiscard]] std::string PercentEncode(std::string_view text);

}  // namespace pawl
