#include "db/memory/memory_store.h"

#include <algorithm>
#include <mutex>
#include <type_traits>
#include <utility>

#include "db/commit_steps.h"
#include "db/memory/table.h"

namespace pawl::db {
namespace {

using memory::Table;

// Positions of the indexes in their tables.
constexpr size_t kByLogin = 0;
constexpr size_t kByPublicId = 0;
constexpr size_t kByFingerprint = 1;
constexpr size_t kByAccount = 2;
constexpr size_t kDevicesByAccount = 0;
constexpr size_t kBudgetsByAccount = 0;

using Accounts = Table<AccountRecord, 1>;
using Tokens = Table<TokenRecord, 3>;
using Clients = Table<ClientRecord, 1>;
using Devices = Table<DeviceRecord, 1>;
using Budgets = Table<BudgetRecord, 1>;

std::string LoginOf(const AccountRecord& account) {
  return account.login;
}
std::string PublicIdOf(const TokenRecord& token) {
  return token.public_id;
}
std::string FingerprintOf(const TokenRecord& token) {
  return token.fingerprint;
}
std::string AccountOf(const TokenRecord& token) {
  return token.account.has_value() ? ToString(*token.account) : std::string();
}
std::string AccountOf(const DeviceRecord& device) {
  return ToString(device.account);
}
std::string AccountOf(const BudgetRecord& budget) {
  return budget.account.has_value() ? ToString(*budget.account) : std::string();
}
std::string NameOf(const ClientRecord& client) {
  return client.name;
}

Accounts AccountsWithStrangers() {
  Accounts accounts(Accounts::Indexes{{{"login", true, LoginOf}}});
  for (uint64_t id = 1; id <= Store::kStrangers; ++id) {
    // An insert of a new id without keys cannot clash.
    PAWL_CHECK(accounts.Insert(AccountRecord{.id = AccountId{id}}).ok());
  }
  accounts.Keep();
  return accounts;
}

template <typename Map>
auto Get(const Map& map, std::string_view key, std::string_view what)
    -> StatusOr<typename Map::mapped_type> {
  const auto found = map.find(key);
  if (found == map.end()) {
    return NotFound(std::string(what) + " not found");
  }
  return found->second;
}

template <typename Record>
StatusOr<Record> Found(const Record* record, std::string_view what) {
  if (record == nullptr) {
    return NotFound(std::string(what) + " not found");
  }
  return *record;
}

// What `find` gives for each key.
template <typename Key, typename Record, typename Find>
void ForEach(const std::vector<Key>& keys,
             std::vector<StatusOr<Record>>& results, Find find) {
  results.reserve(keys.size());
  for (const Key& key : keys) {
    results.push_back(find(key));
  }
}

bool Matches(const DeviceFilter& filter, const DeviceRecord& device) {
  return (!filter.account || device.account == *filter.account) &&
         (!filter.idle_since ||
          device.last_used.value_or(device.created) < *filter.idle_since);
}

bool Matches(const AuditFilter& filter, const AuditEntry& entry) {
  return entry.sequence < filter.before_sequence &&
         (!filter.account || entry.account == filter.account) &&
         (!filter.token || entry.token == filter.token);
}

}  // namespace

struct MemoryStore::State {
  [[nodiscard]] StatusOr<AccountSnapshot> Snapshot(
      const AccountRecord* account) const {
    if (account == nullptr) {
      return NotFound("account not found");
    }
    return AccountSnapshot{
        .account = *account,
        .tokens = tokens.Under(kByAccount, ToString(account->id))};
  }

  [[nodiscard]] StatusOr<DeviceSnapshot> Snapshot(DeviceId id) const {
    const DeviceRecord* device = devices.Find(id.value);
    if (device == nullptr) {
      return NotFound("device not found");
    }
    return DeviceSnapshot{.device = *device,
                          .account = *accounts.Find(device->account.value)};
  }

  std::mutex mutex;
  Accounts accounts = AccountsWithStrangers();
  Tokens tokens{Tokens::Indexes{{{"public_id", true, PublicIdOf},
                                 {"fingerprint", true, FingerprintOf},
                                 {"account", false, AccountOf}}}};
  Clients clients{Clients::Indexes{{{"name", true, NameOf}}}};
  Devices devices{Devices::Indexes{{{"account", false, AccountOf}}}};
  Budgets budgets{Budgets::Indexes{{{"account", false, AccountOf}}}};
  std::map<std::string, AttemptRecord, std::less<>> attempts;
  std::map<std::string, std::string, std::less<>> server_secrets;
  std::vector<AuditEntry> audit;  // entry i has the sequence i + 1
};

// One commit on a locked State; see db/commit_steps.h.
class MemoryStore::Writer {
 public:
  explicit Writer(State& state) : state_(state) {}

  template <typename Record>
  [[nodiscard]] Status CheckVersion(uint64_t id, uint64_t version) const {
    if constexpr (std::is_same_v<Record, AccountRecord>) {
      return state_.accounts.CheckVersion(id, version);
    } else if constexpr (std::is_same_v<Record, TokenRecord>) {
      return state_.tokens.CheckVersion(id, version);
    } else if constexpr (std::is_same_v<Record, DeviceRecord>) {
      return state_.devices.CheckVersion(id, version);
    } else {
      return state_.clients.CheckVersion(id, version);
    }
  }

  Status Insert(const AccountRecord& account) {
    return state_.accounts.Insert(account);
  }
  Status Insert(const TokenRecord& token) {
    PAWL_RETURN_IF_ERROR(state_.tokens.Insert(token));
    return CheckOwner(token.account);
  }
  Status Insert(const ClientRecord& client) {
    return state_.clients.Insert(client);
  }
  Status Insert(const DeviceRecord& device) {
    PAWL_RETURN_IF_ERROR(state_.devices.Insert(device));
    return CheckOwner(device.account);
  }
  Status Insert(const BudgetRecord& budget) {
    return state_.budgets.Insert(budget);
  }

  Status Replace(const AccountRecord& before, const AccountRecord& after) {
    return state_.accounts.Replace(before.version, after);
  }
  Status Replace(const TokenRecord& before, const TokenRecord& after) {
    const TokenRecord* stored = state_.tokens.Find(after.id.value);
    if (stored != nullptr && stored->position.has_value() &&
        (!after.position || *after.position < *stored->position)) {
      return Aborted("a token is further than it was when read");
    }
    PAWL_RETURN_IF_ERROR(state_.tokens.Replace(before.version, after));
    return CheckOwner(after.account);
  }
  Status Replace(const ClientRecord& before, const ClientRecord& after) {
    return state_.clients.Replace(before.version, after);
  }
  Status Replace(const DeviceRecord& before, const DeviceRecord& after) {
    return state_.devices.Replace(before.version, after);
  }
  Status Replace(const BudgetRecord& before, const BudgetRecord& after) {
    return state_.budgets.Replace(before.version, after);
  }

  Status Remove(const AccountRecord& account) {
    const std::string key = ToString(account.id);
    if (state_.tokens.FindBy(kByAccount, key) != nullptr ||
        state_.devices.FindBy(kDevicesByAccount, key) != nullptr) {
      return Aborted("the account still has tokens or devices");
    }
    return state_.accounts.Remove(account.id.value, account.version);
  }
  static Status Remove(const TokenRecord&) { return Internal("tokens stay"); }
  Status Remove(const ClientRecord& client) {
    return state_.clients.Remove(client.id.value, client.version);
  }
  Status Remove(const DeviceRecord& device) {
    return state_.devices.Remove(device.id.value, device.version);
  }
  Status Remove(const BudgetRecord& budget) {
    return state_.budgets.Remove(budget.id.value, budget.version);
  }

  Status PutAttempt(const AttemptRecord& attempt) {
    const auto found = state_.attempts.find(attempt.key);
    if (found != state_.attempts.end() &&
        found->second.expires > attempt.created) {
      return Aborted("the attempt is already there");
    }
    state_.attempts.insert_or_assign(attempt.key, attempt);
    return OkStatus();
  }

  // Cannot fail, and comes last: attempts and audit need no way back.
  Status Append(const AuditEntry& entry) {
    state_.audit.push_back(entry);
    state_.audit.back().sequence = static_cast<int64_t>(state_.audit.size());
    return OkStatus();
  }

 private:
  [[nodiscard]] Status CheckOwner(
      const std::optional<AccountId>& account) const {
    const bool kept =
        !account || state_.accounts.Find(account->value) != nullptr;
    return kept ? OkStatus() : Aborted("the row's account is gone");
  }

  State& state_;
};

MemoryStore::MemoryStore() : MemoryStore(std::make_shared<State>()) {}
MemoryStore::MemoryStore(std::shared_ptr<State> state)
    : state_(std::move(state)) {}
MemoryStore::~MemoryStore() = default;

std::unique_ptr<Store> MemoryStore::Connect() const {
  return std::unique_ptr<Store>(new MemoryStore(state_));
}

StatusOr<Rows> MemoryStore::DoRead(const Keys& keys) {
  const std::lock_guard lock(state_->mutex);
  const State& state = *state_;
  const auto token_by = [&](size_t index) {
    return [&state, index](std::string_view key) {
      return Found(state.tokens.FindBy(index, key), "token");
    };
  };
  Rows rows;
  ForEach(keys.logins, rows.logins, [&](std::string_view login) {
    return state.Snapshot(state.accounts.FindBy(kByLogin, login));
  });
  ForEach(keys.accounts, rows.accounts, [&](AccountId id) {
    return state.Snapshot(state.accounts.Find(id.value));
  });
  ForEach(keys.public_ids, rows.public_ids, token_by(kByPublicId));
  ForEach(keys.fingerprints, rows.fingerprints, token_by(kByFingerprint));
  ForEach(keys.tokens, rows.tokens, [&](TokenId id) {
    const TokenRecord* token = state.tokens.Find(id.value);
    return Found(token != nullptr && token->deleted ? nullptr : token, "token");
  });
  ForEach(keys.clients, rows.clients, [&](ClientId id) {
    return Found(state.clients.Find(id.value), "client");
  });
  ForEach(keys.devices, rows.devices,
          [&](DeviceId id) { return state.Snapshot(id); });
  ForEach(keys.budgets, rows.budgets, [&](BudgetId id) {
    return Found(state.budgets.Find(id.value), "budget");
  });
  ForEach(keys.attempts, rows.attempts, [&](const std::string& key) {
    return Get(state.attempts, key, "attempt");
  });
  return rows;
}

StatusOr<std::vector<AccountRecord>> MemoryStore::DoListAccounts(
    std::string_view after, size_t limit) {
  const std::lock_guard lock(state_->mutex);
  std::vector<AccountRecord> page;
  state_->accounts.Scan(kByLogin, after, true,
                        [&](const std::string&, const AccountRecord& account) {
                          page.push_back(account);
                          return page.size() < limit;
                        });
  return page;
}

StatusOr<std::vector<TokenRecord>> MemoryStore::DoListTokens(TokenId after,
                                                             size_t limit) {
  const std::lock_guard lock(state_->mutex);
  return state_->tokens.Page(after.value, limit, [](const TokenRecord& token) {
    return !token.deleted;
  });
}

StatusOr<std::vector<ClientRecord>> MemoryStore::DoListClients(ClientId after,
                                                               size_t limit) {
  const std::lock_guard lock(state_->mutex);
  return state_->clients.Page(after.value, limit,
                              [](const ClientRecord&) { return true; });
}

StatusOr<std::vector<DeviceRecord>> MemoryStore::DoListDevices(
    const DeviceFilter& filter, DeviceId after) {
  const std::lock_guard lock(state_->mutex);
  return state_->devices.Page(
      after.value, filter.limit,
      [&](const DeviceRecord& device) { return Matches(filter, device); });
}

StatusOr<std::vector<BudgetRecord>> MemoryStore::DoListBudgets(
    AccountId account) {
  const std::lock_guard lock(state_->mutex);
  std::vector<BudgetRecord> budgets =
      state_->budgets.Under(kBudgetsByAccount, ToString(account));
  budgets.resize(std::min(budgets.size(), kMaxPage));
  return budgets;
}

StatusOr<std::vector<AuditEntry>> MemoryStore::DoListAudit(
    const AuditFilter& filter) {
  const std::lock_guard lock(state_->mutex);
  std::vector<AuditEntry> page;
  for (auto it = state_->audit.rbegin();
       it != state_->audit.rend() && page.size() < filter.limit; ++it) {
    if (Matches(filter, *it)) {
      page.push_back(*it);
    }
  }
  return page;
}

void MemoryStore::DoCommit(std::span<const db::Commit* const> commits,
                           std::span<Status> results) {
  const std::lock_guard lock(state_->mutex);
  for (size_t i = 0; i < commits.size(); ++i) {
    Writer writer(*state_);
    results[i] = WriteCommit(writer, *commits[i]);
    const auto end = [&](auto& table) {
      return results[i].ok() ? table.Keep() : table.Undo();
    };
    end(state_->accounts);
    end(state_->tokens);
    end(state_->clients);
    end(state_->devices);
    end(state_->budgets);
  }
}

StatusOr<std::string> MemoryStore::DoGetServerSecret(std::string_view name) {
  const std::lock_guard lock(state_->mutex);
  return Get(state_->server_secrets, name, "server secret");
}

Status MemoryStore::DoPutServerSecret(std::string_view name,
                                      std::string_view sealed) {
  const std::lock_guard lock(state_->mutex);
  const bool added = state_->server_secrets.emplace(name, sealed).second;
  return added ? OkStatus() : AlreadyExists("name is taken");
}

Status MemoryStore::DoTend(UnixTime now) {
  const std::lock_guard lock(state_->mutex);
  std::erase_if(state_->attempts, [now](const auto& attempt) {
    return attempt.second.expires <= now;
  });
  state_->budgets.RemoveIf(
      [now](const BudgetRecord& budget) { return budget.expires <= now; });
  // No time is earlier than any, to std::optional.
  state_->devices.RemoveIf([now](const DeviceRecord& device) {
    return device.kind != DeviceKind::kPassword && device.expires.has_value() &&
           *device.expires <= now;
  });
  return OkStatus();
}

}  // namespace pawl::db
