// ReadToml: the one place that knows TOML.
#include <algorithm>
#include <sstream>

// toml++ 3.3 asserts what a broken file breaks ("[=", for one), and reports it
// when it may go on.
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

#include "validator/config.h"

namespace pawl::validator {
namespace {

std::string Place(std::string_view name, const toml::source_position& where) {
  return std::string(name) + ":" + std::to_string(where.line);
}

// Adds one key's value as text, or what is wrong with it.
void AddValue(const std::string& key, const toml::node& node,
              std::string_view name, Values& values,
              std::vector<std::string>& problems) {
  const std::span<const Setting> all = Settings();
  const auto setting =
      std::find_if(all.begin(), all.end(),
                   [&](const Setting& one) { return one.key == key; });
  const std::string place = Place(name, node.source().begin);
  if (setting == all.end()) {
    problems.push_back(place + ": " + key + ": is not a setting");
  } else if (setting->is_number && node.is_integer()) {
    values[key] = std::to_string(node.as_integer()->get());
  } else if (!setting->is_number && node.is_string()) {
    values[key] = node.as_string()->get();
  } else {
    problems.push_back(place + ": " + key + ": must be a " +
                       (setting->is_number ? "number" : "text in quotes"));
  }
}

void AddTable(const toml::table& table, const std::string& prefix,
              std::string_view name, Values& values,
              std::vector<std::string>& problems) {
  for (const auto& [key, node] : table) {
    const std::string path = prefix + std::string(key.str());
    if (const toml::table* inner = node.as_table();
        inner != nullptr && prefix.empty()) {
      AddTable(*inner, path + ".", name, values, problems);
    } else {
      AddValue(path, node, name, values, problems);
    }
  }
}

// The length of the quoted text or comment that `rest` begins with, up to its
// end or to where TOML does not let it go on; 0 for anything else.
size_t QuotedLength(std::string_view rest) {
  for (const std::string_view quote : {"\"\"\"", "'''", "\"", "'", "#"}) {
    if (!rest.starts_with(quote)) {
      continue;
    }
    const bool has_escapes = quote.front() == '"';
    const bool is_one_line = quote.size() == 1;
    for (size_t i = quote.size(); i < rest.size(); ++i) {
      if (is_one_line && rest[i] == '\n') {
        return i;
      }
      if (has_escapes && rest[i] == '\\') {
        ++i;
      } else if (quote != "#" && rest.substr(i).starts_with(quote)) {
        return i + quote.size();
      }
    }
    return rest.size();
  }
  return 0;
}

bool BeyondAscii(char letter) {
  return static_cast<unsigned char>(letter) > 0x7f;
}

// `toml` with '?' for every byte beyond ASCII in a comment: toml++ 3.3 has
// undefined behaviour for many such letters wherever it looks ahead over them,
// quotes or not, so it is never shown one.
std::string WithAsciiComments(std::string_view toml) {
  std::string result(toml);
  for (size_t at = 0; at < result.size();) {
    const size_t quoted = QuotedLength(toml.substr(at));
    if (toml[at] == '#') {
      std::replace_if(result.begin() + static_cast<ptrdiff_t>(at),
                      result.begin() + static_cast<ptrdiff_t>(at + quoted),
                      BeyondAscii, '?');
    }
    at += std::max<size_t>(quoted, 1);
  }
  return result;
}

}  // namespace

Values ReadToml(std::string_view toml, std::string_view name,
                std::vector<std::string>& problems) {
  Values values;
  const std::string ascii = WithAsciiComments(toml);
  if (const auto stray = std::find_if(ascii.begin(), ascii.end(), BeyondAscii);
      stray != ascii.end()) {
    problems.push_back(
        std::string(name) + ":" +
        std::to_string(1 + std::count(ascii.begin(), stray, '\n')) +
        ": a letter beyond ASCII; write it as \\uXXXX in double quotes");
    return values;
  }
  const toml::parse_result parsed = toml::parse(ascii);
  if (!parsed) {
    std::ostringstream text;
    text << parsed.error().description();
    problems.push_back(Place(name, parsed.error().source().begin) + ": " +
                       text.str());
    return values;
  }
  AddTable(parsed.table(), "", name, values, problems);
  return values;
}

}  // namespace pawl::validator
