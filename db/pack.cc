#include "db/pack.h"

#include "db/cells.h"
#include "db/row_reader.h"
#include "db/table.h"

namespace pawl::db {
namespace {

constexpr unsigned kTypeBits = 2;
constexpr uint64_t kTypeMask = (1U << kTypeBits) - 1;

// Seven bits at a time, low bits first.
void AppendNumber(uint64_t value, std::string& packed) {
  constexpr uint64_t kMore = 0x80;
  while (value >= kMore) {
    packed += static_cast<char>(value | kMore);
    value >>= 7U;
  }
  packed += static_cast<char>(value);
}

uint64_t TakeNumber(std::string_view& packed) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    PAWL_CHECK(!packed.empty());
    const auto byte = static_cast<uint8_t>(packed.front());
    packed.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7fU) << shift;
    if (byte < 0x80) {
      break;
    }
  }
  return value;
}

// A type, and with it in one number the length of a text. A number follows,
// the sign in its lowest bit so that small ones stay short.
void Append(const Cell& cell, std::string& packed) {
  AppendNumber(cell.text.size() << kTypeBits | static_cast<uint64_t>(cell.type),
               packed);
  if (cell.type == Cell::Type::kInt) {
    const auto bits = static_cast<uint64_t>(cell.number);
    AppendNumber(cell.number < 0 ? ~(bits << 1U) : bits << 1U, packed);
  }
  packed += cell.text;
}

Cell TakeCell(std::string_view& packed) {
  const uint64_t head = TakeNumber(packed);
  Cell cell{.type = static_cast<Cell::Type>(head & kTypeMask)};
  const size_t size = head >> kTypeBits;
  PAWL_CHECK(size <= packed.size());
  cell.text = packed.substr(0, size);
  packed.remove_prefix(size);
  if (cell.type == Cell::Type::kInt) {
    const uint64_t bits = TakeNumber(packed);
    cell.number =
        static_cast<int64_t>((bits & 1U) != 0 ? ~(bits >> 1U) : bits >> 1U);
  }
  return cell;
}

template <typename Record>
void AppendRow(const Record& record, std::string& packed) {
  Cells cells;
  Table<Record>::Bind(record, cells);
  for (size_t i = 0; i < cells.size(); ++i) {
    Append(cells.at(i), packed);
  }
}

template <typename Record>
Record TakeRow(std::string_view& packed) {
  Cells cells;
  while (cells.size() < std::size(Table<Record>::kColumns)) {
    cells.Add(TakeCell(packed));
  }
  RowReader<Cells> row(cells);
  Record record = Table<Record>::Read(row);
  PAWL_CHECK(!row.wrong().has_value());
  return record;
}

}  // namespace

std::string Pack(const AccountSnapshot& snapshot) {
  std::string packed;
  AppendRow(snapshot.account, packed);
  for (const TokenRecord& token : snapshot.tokens) {
    AppendRow(token, packed);
  }
  return packed;
}

std::string Pack(const TokenRecord& token) {
  std::string packed;
  AppendRow(token, packed);
  return packed;
}

std::string Pack(const ClientRecord& client) {
  std::string packed;
  AppendRow(client, packed);
  return packed;
}

void Unpack(std::string_view packed, AccountSnapshot& snapshot) {
  snapshot.account = TakeRow<AccountRecord>(packed);
  snapshot.tokens.clear();
  while (!packed.empty()) {
    snapshot.tokens.push_back(TakeRow<TokenRecord>(packed));
  }
}

void Unpack(std::string_view packed, TokenRecord& token) {
  token = TakeRow<TokenRecord>(packed);
  PAWL_CHECK(packed.empty());
}

void Unpack(std::string_view packed, ClientRecord& client) {
  client = TakeRow<ClientRecord>(packed);
  PAWL_CHECK(packed.empty());
}

}  // namespace pawl::db
