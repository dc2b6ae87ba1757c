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

// The line of the first letter beyond ASCII outside of quotes and comments; 0
// when there is none. TOML has no place for one there, and toml++ 3.3 has
// undefined behaviour for some.
size_t LineOfStrayLetter(std::string_view toml) {
  size_t at = 0;
  while (at < toml.size()) {
    const size_t quoted = QuotedLength(toml.substr(at));
    if (quoted == 0 && static_cast<unsigned char>(toml[at]) > 0x7f) {
      const auto before = toml.substr(0, at);
      return 1 + static_cast<size_t>(
                     std::count(before.begin(), before.end(), '\n'));
    }
    at += std::max<size_t>(quoted, 1);
  }
  return 0;
}

}  // namespace

Values ReadToml(std::string_view toml, std::string_view name,
                std::vector<std::string>& problems) {
  Values values;
  if (const size_t line = LineOfStrayLetter(toml); line > 0) {
    problems.push_back(std::string(name) + ":" + std::to_string(line) +
                       ": a letter beyond ASCII outside of quotes");
    return values;
  }
  const toml::parse_result parsed = toml::parse(toml);
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
