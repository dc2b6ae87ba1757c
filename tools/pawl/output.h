// What the commands print, made from the descriptors of the messages, so that a
// new field needs no code here. The rules of all output are in
// tools/cli/report.h.
#pragma once

#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

namespace pawl::tools {

// Prints "name: value" for each field, also of messages inside, one a line:
// true and false as yes and no, enumerators without their prefix, times in
// UTC. Empty texts, zeros and absent fields are left out, and so are the fields
// in `skip`. Lists of messages follow as tables, each under its name.
void PrintRecord(std::ostream& out, const google::protobuf::Message& message,
                 std::initializer_list<std::string_view> skip = {});

// Names of the fields that a table shows.
using Columns = std::vector<std::string>;

// Prints the elements of the one repeated field of `list`, one a line under the
// names of `columns`. A column that is empty in all rows is left out;
// an empty list prints nothing.
void PrintTable(std::ostream& out, const google::protobuf::Message& list,
                const Columns& columns);

// The number of elements of that field.
[[nodiscard]] int RowCount(const google::protobuf::Message& list);

}  // namespace pawl::tools
