#include "tools/pawl/output.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include "base/status.h"
#include "base/text.h"
#include "tools/cli/report.h"

namespace pawl::tools {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::TextFormat;
using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

using Row = std::vector<std::string>;

// How single values look.
class Values final : public TextFormat::FastFieldValuePrinter {
 public:
  void PrintBool(bool value,
                 TextFormat::BaseTextGenerator* out) const override {
    out->PrintString(value ? "yes" : "no");
  }
  void PrintString(const std::string& value,
                   TextFormat::BaseTextGenerator* out) const override {
    out->PrintString(EscapeText(value));
  }
};

// What every enumerator of `type` begins with: "TOKEN_KIND_".
std::string PrefixOf(const EnumDescriptor& type) {
  constexpr std::string_view kUnspecified = "UNSPECIFIED";
  const std::string& zero = type.FindValueByNumber(0)->name();
  return zero.substr(0, zero.size() - kUnspecified.size());
}

// The value of a field that is not a message; `index` is -1 unless it repeats.
std::string ScalarText(const Message& message, const FieldDescriptor* field,
                       int index) {
  TextFormat::Printer printer;
  printer.SetDefaultFieldValuePrinter(new Values);  // which it takes over
  std::string text;
  printer.PrintFieldValueToString(message, field, index, &text);
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    const std::string prefix = PrefixOf(*field->enum_type());
    // A number without a name comes from a newer server.
    return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
  }
  return text;
}

std::string RepeatedText(const Message& message, const FieldDescriptor* field) {
  std::string text;
  const int size = message.GetReflection()->FieldSize(message, field);
  for (int i = 0; i < size; ++i) {
    text += i == 0 ? "" : ", ";
    text += ScalarText(message, field, i);
  }
  return text;
}

// A time or duration as text, nullopt for other messages.
std::optional<std::string> TimeText(const Message& message) {
  if (const auto* time = dynamic_cast<const Timestamp*>(&message)) {
    return TimeUtil::ToString(*time);
  }
  if (const auto* duration = dynamic_cast<const Duration*>(&message)) {
    return TimeUtil::ToString(*duration);
  }
  return std::nullopt;
}

bool IsMessage(const FieldDescriptor* field) {
  return field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

// The text of a field, "" where it is left out.
std::string FieldText(const Message& message, const FieldDescriptor* field) {
  if (field->is_repeated()) {
    return IsMessage(field) ? "" : RepeatedText(message, field);
  }
  const Reflection* reflection = message.GetReflection();
  const bool is_bool = field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL;
  if (!is_bool && !reflection->HasField(message, field)) {
    return "";
  }
  if (IsMessage(field)) {
    return TimeText(reflection->GetMessage(message, field)).value_or("");
  }
  return ScalarText(message, field, -1);
}

struct NamedText {
  std::string name{};
  std::string text{};
};

// True for a message that is a record of its own, not one value.
bool IsRecord(const Message& message, const FieldDescriptor* field) {
  return IsMessage(field) && !field->is_repeated() &&
         message.GetReflection()->HasField(message, field) &&
         !TimeText(message.GetReflection()->GetMessage(message, field));
}

bool IsList(const FieldDescriptor* field) {
  return IsMessage(field) && field->is_repeated();
}

// All fields with a text, those of inner messages in their place.
void Collect(const Message& message, std::vector<NamedText>& out) {
  const Reflection* reflection = message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    std::string text = FieldText(message, field);
    if (!text.empty()) {
      out.push_back({.name = field->name(), .text = std::move(text)});
    } else if (IsRecord(message, field)) {
      Collect(reflection->GetMessage(message, field), out);
    }
  }
}

const FieldDescriptor* RowsOf(const Message& list) {
  for (int i = 0; i < list.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = list.GetDescriptor()->field(i);
    if (IsList(field)) {
      return field;
    }
  }
  PAWL_CHECK(false);  // not the answer of a List method
}

Row MakeRow(const Message& message, const Columns& columns) {
  Row row;
  for (const std::string& name : columns) {
    const FieldDescriptor* field =
        message.GetDescriptor()->FindFieldByName(name);
    PAWL_CHECK(field != nullptr);
    row.push_back(FieldText(message, field));
  }
  return row;
}

size_t WidthOf(const std::string& text) {
  return CountCodePoints(text).value_or(text.size());
}

// The width of column `index`, or 0 when only the header has a text there.
size_t ColumnWidth(const std::vector<Row>& rows, size_t index) {
  size_t width = 0;
  for (size_t i = 1; i < rows.size(); ++i) {
    width = std::max(width, WidthOf(rows[i][index]));
  }
  return width == 0 ? 0 : std::max(width, WidthOf(rows[0][index]));
}

void PrintRow(std::ostream& out, const Row& row,
              const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    if (widths[i] > 0) {
      line += row[i] + std::string(widths[i] - WidthOf(row[i]) + 2, ' ');
    }
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

// The elements of a list, one a line under the names of `columns`.
void PrintRows(std::ostream& out, const Message& message,
               const FieldDescriptor* field, const Columns& columns) {
  std::vector<Row> rows{columns};
  const Reflection* reflection = message.GetReflection();
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    rows.push_back(
        MakeRow(reflection->GetRepeatedMessage(message, field, i), columns));
  }
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns.size(); ++i) {
    widths.push_back(ColumnWidth(rows, i));
  }
  for (const Row& row : rows) {
    PrintRow(out, row, widths);
  }
}

Columns AllColumns(const Descriptor& type) {
  Columns columns;
  for (int i = 0; i < type.field_count(); ++i) {
    columns.push_back(type.field(i)->name());
  }
  return columns;
}

// All lists of a message, also of messages inside, with a blank line before
// each when something stands `above` it.
void PrintLists(std::ostream& out, const Message& message, bool& above) {
  const Reflection* reflection = message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (IsRecord(message, field)) {
      PrintLists(out, reflection->GetMessage(message, field), above);
    } else if (IsList(field) && reflection->FieldSize(message, field) > 0) {
      out << (above ? "\n" : "") << field->name() << ":\n";
      PrintRows(out, message, field, AllColumns(*field->message_type()));
      above = true;
    }
  }
}

}  // namespace

void PrintRecord(std::ostream& out, const Message& message,
                 std::initializer_list<std::string_view> skip) {
  std::vector<NamedText> fields;
  Collect(message, fields);
  size_t width = 0;
  for (const NamedText& field : fields) {
    width = std::max(width, field.name.size());
  }
  for (const NamedText& field : fields) {
    if (std::find(skip.begin(), skip.end(), field.name) == skip.end()) {
      out << field.name << ':'
          << std::string(width - field.name.size() + 1, ' ') << field.text
          << '\n';
    }
  }
  bool above = !fields.empty();
  PrintLists(out, message, above);
}

void PrintTable(std::ostream& out, const Message& list,
                const Columns& columns) {
  if (RowCount(list) > 0) {
    PrintRows(out, list, RowsOf(list), columns);
  }
}

int RowCount(const Message& list) {
  return list.GetReflection()->FieldSize(list, RowsOf(list));
}

}  // namespace pawl::tools
