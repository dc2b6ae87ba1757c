#include "db/postgres/hot_commits.h"

#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "db/sql.h"

namespace pawl::db::postgres {
namespace {

struct Column {
  std::string_view name;
  std::string_view type;
};

// What the commits of a wave have, as bits. Each combination has a statement
// of its own: starting a plan with all of it costs as much as many commits.
using Parts = size_t;
constexpr Parts kAccountRows = 1;
constexpr Parts kTokenRows = 2;
constexpr Parts kAttemptRows = 4;
constexpr Parts kAccountGuards = 8;
constexpr Parts kTokenGuards = 16;
constexpr Parts kClientGuards = 32;
constexpr Parts kCombinations = 64;

// What is known of each commit, at its number (from 1):
constexpr std::string_view kNeeds = "($1::integer[])[nr]";   // things to hold
constexpr std::string_view kWrites = "($2::integer[])[nr]";  // rows to change
constexpr size_t kFirstFree = 3;

constexpr Column kAccounts[] = {
    {"nr", "integer"},      {"id", "bigint"},           {"version", "bigint"},
    {"failures", "bigint"}, {"last_failure", "bigint"}, {"modified", "bigint"}};
constexpr Column kTokens[] = {
    {"nr", "integer"},      {"id", "bigint"},
    {"version", "bigint"},  {"position", "bigint"},
    {"drift", "bigint"},    {"last_used", "bigint"},
    {"failures", "bigint"}, {"last_failure", "bigint"},
    {"modified", "bigint"}, {"nonce_mark", "bigint"}};
constexpr Column kGuards[] = {
    {"nr", "integer"}, {"id", "bigint"}, {"version", "bigint"}};
constexpr Column kAttempts[] = {
    {"nr", "integer"},     {"key", "bytea"},         {"binding", "bytea"},
    {"reason", "integer"}, {"account_id", "bigint"}, {"token_id", "bigint"},
    {"hints", "bigint"},   {"created", "bigint"},    {"expires", "bigint"}};
constexpr Column kAudit[] = {{"at", "bigint"},
                             {"event", "integer"},
                             {"reason", "integer"},
                             {"caller", "bytea"},
                             {"account_id", "bigint"},
                             {"token_id", "bigint"},
                             {"client_id", "bigint"},
                             {"position", "bigint"},
                             {"hints", "bigint"},
                             {"service", "bytea"},
                             {"client_address", "bytea"},
                             {"device_id", "bigint"},
                             {"count", "bigint"}};

// Makes the statement, and numbers its parameters.
class Builder {
 public:
  // "unnest(...) AS alias (...)", a parameter for each column.
  std::string Rows(std::string_view alias, std::span<const Column> columns) {
    return Unnest(columns) + " AS " + std::string(alias) + " (" +
           Names(columns) + ")";
  }
  // The same with the number of the row as the last column, "nr".
  std::string NumberedRows(std::string_view alias,
                           std::span<const Column> columns) {
    return Unnest(columns) + " WITH ORDINALITY AS " + std::string(alias) +
           " (" + Names(columns) + ", nr)";
  }

  static std::string Names(std::span<const Column> columns) {
    std::string names;
    for (const Column& column : columns) {
      names += names.empty() ? "" : ", ";
      names += column.name;
    }
    return names;
  }

 private:
  std::string Unnest(std::span<const Column> columns) {
    std::string arrays;
    for (const Column& column : columns) {
      arrays += arrays.empty() ? "unnest(" : ", ";
      arrays += db::internal::Parameter<'$'>(next_++);
      arrays += "::";
      arrays += column.type;
      arrays += "[]";
    }
    return arrays + ")";
  }

  size_t next_ = kFirstFree;
};

// IN would become a join, which is slow for many rows; this is a look-up.
constexpr std::string_view kIsHeld = "(nr IN (SELECT nr FROM held)) IS TRUE";

// "name AS MATERIALIZED (...)": the rows to be written with whether the stored
// row is `same` as it was when it was read, locked in the order of their ids,
// so that two who do this do not wait for each other. The lock also gives the
// newest row, where the statement's snapshot has an older one.
std::string Found(Builder& builder, std::string_view name,
                  std::string_view table, std::span<const Column> columns,
                  std::string_view same, std::string_view after) {
  std::string sql(name);
  sql += " AS MATERIALIZED (SELECT w.*, ";
  sql += same;
  sql += " AS same FROM " + builder.Rows("w", columns) + " JOIN ";
  sql += table;
  sql += " AS s ON s.id = w.id ";
  sql += after;
  return sql + " ORDER BY s.id FOR NO KEY UPDATE OF s)";
}

std::string GuardsThatHold(Builder& builder, std::string_view table) {
  return " UNION ALL SELECT nr FROM " + builder.Rows("w", kGuards) + " JOIN " +
         std::string(table) + " AS s ON s.id = w.id AND s.version = w.version";
}

// "name AS (UPDATE ...)". The condition is in the UPDATE's own WHERE because
// only there it is asked again when somebody else was faster.
std::string Update(std::string_view name, std::string_view table,
                   std::string_view same, std::span<const Column> columns) {
  constexpr size_t kKeys = 3;  // nr, id, version
  std::string sql(name);
  sql += "_done AS (UPDATE ";
  sql += table;
  sql += " AS s SET version = w.version + 1";
  for (const Column& column : columns.subspan(kKeys)) {
    sql += ", ";
    sql += column.name;
    sql += " = w.";
    sql += column.name;
  }
  sql += " FROM ";
  sql += name;
  sql += " AS w WHERE s.id = w.id AND ";
  sql += same;
  sql += " AND ";
  sql += kIsHeld;
  return sql + " RETURNING 1)";
}

// What must be true of the stored row s for the row w to be written.
constexpr std::string_view kSameAccount = "s.version = w.version";
constexpr std::string_view kSameToken =
    "s.version = w.version AND (s.position IS NULL OR"
    " s.position <= w.position)";

std::string Insert(std::string_view name, std::string_view table,
                   std::span<const Column> columns, const std::string& from) {
  const std::string names = Builder::Names(columns);
  return std::string(name) + " AS (INSERT INTO " + std::string(table) + " (" +
         names + ") SELECT " + names + " FROM " + from;
}

// "held": the commits of which as many rows and guards are right as they have.
std::string Held(Builder& builder, Parts parts) {
  std::string good = "SELECT 0 AS nr WHERE false";
  if (parts & kAccountRows) {
    good += " UNION ALL SELECT nr FROM accounts WHERE same";
  }
  if (parts & kTokenRows) {
    good += " UNION ALL SELECT nr FROM tokens WHERE same";
  }
  if (parts & kAttemptRows) {
    good +=
        " UNION ALL SELECT nr FROM attempts AS w WHERE NOT EXISTS (SELECT"
        " FROM attempt AS s WHERE s.key = w.key AND s.expires > w.created)";
  }
  const std::pair<Parts, std::string_view> guards[] = {
      {kAccountGuards, "account"},
      {kTokenGuards, "token"},
      {kClientGuards, "client"}};
  for (const auto& [part, table] : guards) {
    good += parts & part ? GuardsThatHold(builder, table) : "";
  }
  return "held AS MATERIALIZED (SELECT nr FROM (" + good +
         ") AS good GROUP BY nr HAVING count(*) = " + std::string(kNeeds) + ")";
}

// What is found of the rows to write, before it is known which commits hold.
std::string FoundRows(Builder& builder, Parts parts) {
  std::string sql;
  if (parts & kAccountRows) {
    sql += Found(builder, "accounts", "account", kAccounts, kSameAccount, "") +
           ", ";
  }
  if (parts & kTokenRows) {
    // The sub-select makes the locks of accounts come first.
    sql += Found(builder, "tokens", "token", kTokens, kSameToken,
                 parts & kAccountRows
                     ? "WHERE (SELECT count(*) FROM accounts) >= 0"
                     : "") +
           ", ";
  }
  if (parts & kAttemptRows) {
    sql += "attempts AS MATERIALIZED (SELECT * FROM " +
           builder.Rows("w", kAttempts) + "), ";
  }
  return sql;
}

// What writes the commits that hold; the names of what counts the rows go to
// `counted`.
std::string DoneRows(Parts parts, std::vector<std::string_view>& counted) {
  std::string sql;
  if (parts & kAccountRows) {
    sql += ", " + Update("accounts", "account", kSameAccount, kAccounts);
    counted.push_back("accounts_done");
  }
  if (parts & kTokenRows) {
    sql += ", " + Update("tokens", "token", kSameToken, kTokens);
    counted.push_back("tokens_done");
  }
  if (parts & kAttemptRows) {
    sql += ", " +
           Insert("attempts_done", "attempt", std::span(kAttempts).subspan(1),
                  "attempts WHERE " + std::string(kIsHeld)) +
           OnAttemptConflict() + " RETURNING 1)";
    counted.push_back("attempts_done");
  }
  return sql;
}

// The answer is the numbers of the commits that do not hold, and one row 0.
// When not all rows of the others could be changed, because of somebody else
// whose commit the snapshot did not show, the division by zero undoes it all.
std::string MakeSql(Parts parts) {
  Builder builder;
  std::string sql = "WITH " + FoundRows(builder, parts);
  sql += Held(builder, parts);
  std::vector<std::string_view> counted;
  sql += DoneRows(parts, counted);
  sql += ", " + Insert("audit_done", "audit", kAudit,
                       builder.NumberedRows("e", kAudit) + " WHERE ");
  sql += kNeeds;
  sql += " = 0 OR nr IN (SELECT nr FROM held) ORDER BY nr) SELECT 0 / (";
  for (const std::string_view name : counted) {
    sql += "(SELECT count(*) FROM " + std::string(name) + ") + ";
  }
  sql += "0 = (SELECT coalesce(sum(";
  sql += kWrites;
  sql +=
      "), 0) FROM held))::integer"
      " UNION ALL SELECT nr FROM unnest($1::integer[]) WITH ORDINALITY"
      " AS c (needs, nr) WHERE needs > 0"
      " AND nr NOT IN (SELECT nr FROM held)";
  return sql;
}

const std::string& SqlFor(Parts parts) {
  static const std::vector<std::string> kAll = [] {
    std::vector<std::string> all;
    for (Parts each = 0; each < kCombinations; ++each) {
      all.push_back(MakeSql(each));
    }
    return all;
  }();
  return kAll[parts];
}

// The parameters of MakeSql(parts()), in its order.
class Batch {
 public:
  void Add(const Commit& commit) {
    ++nr_;
    AddWrites(commit);
    AddGuards(commit.account_guards, account_guards_);
    AddGuards(commit.token_guards, token_guards_);
    AddGuards(commit.client_guards, client_guards_);
    parts_ |= (commit.accounts.empty() ? 0 : kAccountRows) |
              (commit.tokens.empty() ? 0 : kTokenRows) |
              (commit.attempt.has_value() ? kAttemptRows : 0) |
              (commit.account_guards.empty() ? 0 : kAccountGuards) |
              (commit.token_guards.empty() ? 0 : kTokenGuards) |
              (commit.client_guards.empty() ? 0 : kClientGuards);
    Table<AuditEntry>::Bind(commit.audit, audit_);
    const size_t writes = commit.accounts.size() + commit.tokens.size() +
                          (commit.attempt.has_value() ? 1U : 0U);
    const size_t guards = commit.account_guards.size() +
                          commit.token_guards.size() +
                          commit.client_guards.size();
    counts_.Int(static_cast<int64_t>(writes + guards))
        .Int(static_cast<int64_t>(writes));
  }

  [[nodiscard]] Parts parts() const { return parts_; }

  Params Take() && {
    Params params;
    std::move(counts_).MoveTo(params);
    const std::pair<Parts, Arrays*> all[] = {
        {kAccountRows, &accounts_},     {kTokenRows, &tokens_},
        {kAttemptRows, &attempts_},     {kAccountGuards, &account_guards_},
        {kTokenGuards, &token_guards_}, {kClientGuards, &client_guards_}};
    for (const auto& [part, arrays] : all) {
      if (parts_ & part) {
        std::move(*arrays).MoveTo(params);
      }
    }
    std::move(audit_).MoveTo(params);
    return params;
  }

 private:
  void AddWrites(const Commit& commit) {
    using db::internal::BindIntOrNull;
    using db::internal::NumberOf;
    for (const auto& [before, after] : commit.accounts) {
      AddKeys(accounts_, before->id.value, before->version);
      AddFailures(accounts_, after->throttle, after->modified);
    }
    for (const auto& [before, after] : commit.tokens) {
      AddKeys(tokens_, before->id.value, before->version);
      BindIntOrNull(tokens_, NumberOf(after->position));
      tokens_.Int(after->drift);
      BindIntOrNull(tokens_, NumberOf(after->last_used));
      AddFailures(tokens_, after->throttle, after->modified);
      BindIntOrNull(tokens_, NumberOf(after->nonce_mark));
    }
    if (commit.attempt.has_value()) {
      attempts_.Int(nr_);
      Table<AttemptRecord>::Bind(*commit.attempt, attempts_);
    }
  }

  template <typename Id>
  void AddGuards(const std::vector<Guard<Id>>& guards, Arrays& arrays) const {
    for (const Guard<Id>& guard : guards) {
      AddKeys(arrays, guard.id.value, guard.version);
    }
  }

  void AddKeys(Arrays& arrays, uint64_t id, uint64_t version) const {
    arrays.Int(nr_)
        .Int(static_cast<int64_t>(id))
        .Int(static_cast<int64_t>(version));
  }

  static void AddFailures(Arrays& arrays, const ThrottleState& throttle,
                          UnixTime modified) {
    arrays.Int(throttle.failures)
        .Int(ToUnixMillis(throttle.last_failure))
        .Int(ToUnixMillis(modified));
  }

  int64_t nr_ = 0;
  Parts parts_ = 0;
  Arrays counts_{kFirstFree - 1};
  Arrays accounts_{std::size(kAccounts)};
  Arrays tokens_{std::size(kTokens)};
  Arrays account_guards_{std::size(kGuards)};
  Arrays token_guards_{std::size(kGuards)};
  Arrays client_guards_{std::size(kGuards)};
  Arrays attempts_{std::size(kAttempts)};
  Arrays audit_{std::size(kAudit)};
};

}  // namespace

StatusOr<std::vector<size_t>> WriteHot(Connection& connection,
                                       std::span<const Commit* const> commits) {
  Batch batch;
  for (const Commit* commit : commits) {
    batch.Add(*commit);
  }
  const std::string& sql = SqlFor(batch.parts());
  PAWL_ASSIGN_OR_RETURN(const Result result,
                        connection.Write(sql, std::move(batch).Take()));
  std::vector<size_t> lost;
  for (size_t row = 0; row < result.size(); ++row) {
    const int64_t nr = result.At(row).IntAt(0).value_or(0);
    if (nr > 0) {
      lost.push_back(static_cast<size_t>(nr) - 1);
    }
  }
  return lost;
}

}  // namespace pawl::db::postgres
