#include "bench/run_report.h"

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <utility>
#include <vector>

namespace pawl::bench {
namespace {

struct Field {
  std::string name;
  std::string value;
  bool is_text = false;
};

Field Text(std::string name, std::string value) {
  return {.name = std::move(name), .value = std::move(value), .is_text = true};
}

Field Number(std::string name, double value, int decimals) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(decimals) << value;
  return {.name = std::move(name), .value = text.str()};
}

template <typename Count>
Field Whole(std::string name, Count value) {
  return {.name = std::move(name), .value = std::to_string(value)};
}

double Micros(uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1000.0;
}

std::vector<Field> FieldsOf(const Report& report) {
  const Histogram& latency = report.tally.latency;
  std::vector<Field> fields = {
      Text("engine", report.engine),
      Whole("tokens", report.tokens),
      Text("form", report.form),
      Text("loop", report.loop),
      Whole("outstanding", report.outstanding),
      Number("rate", report.Rate(), 0),
      Number("p50_us", Micros(latency.Percentile(50)), 1),
      Number("p99_us", Micros(latency.Percentile(99)), 1),
      Number("p999_us", Micros(latency.Percentile(99.9)), 1),
      Number("max_us", Micros(latency.max()), 1),
      Number("cpu_us", report.server_cpu_us, 2),
      Number("client_cpu_us", report.client_cpu_us, 2),
      Whole("resident_kib", report.resident_kib),
      Number("seconds", report.seconds, 3),
      Whole("verdicts", latency.count()),
      Whole("replays", report.tally.replays),
      Whole("made_late", report.made_late)};
  static constexpr const char* kNames[] = {"yubico", "hotp", "totp", "motp"};
  for (size_t kind = 0; kind < kKinds; ++kind) {
    fields.push_back(Whole(kNames[kind], report.tally.kinds[kind]));
  }
  return fields;
}

}  // namespace

double Report::Rate() const {
  return static_cast<double>(tally.latency.count()) / seconds;
}

std::string ToTable(const Report& report) {
  std::ostringstream names;
  std::ostringstream values;
  for (const Field& field : FieldsOf(report)) {
    const auto width =
        static_cast<int>(std::max(field.name.size(), field.value.size()) + 2);
    names << std::setw(width) << field.name;
    values << std::setw(width) << field.value;
  }
  return names.str() + "\n" + values.str() + "\n";
}

Status AppendJson(const Report& report, const std::filesystem::path& path) {
  std::string line;
  for (const Field& field : FieldsOf(report)) {
    line += line.empty() ? "{" : ", ";
    line += "\"" + field.name + "\": ";
    line += field.is_text ? "\"" + field.value + "\"" : field.value;
  }
  std::ofstream file(path, std::ios::app);
  file << line << "}\n" << std::flush;
  return file ? OkStatus() : Unavailable("cannot write " + path.string());
}

}  // namespace pawl::bench
