// ReadToml: the one place that knows TOML.
#include <algorithm>
#include <sstream>

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

}  // namespace

Values ReadToml(std::string_view toml, std::string_view name,
                std::vector<std::string>& problems) {
  Values values;
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
