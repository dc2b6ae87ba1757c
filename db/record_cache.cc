#include "db/record_cache.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "db/pack.h"

namespace pawl::db {
namespace {

// One letter keeps the kinds of names apart.
std::string LoginName(const std::string& login) {
  return "l" + login;
}
std::string PublicIdName(const std::string& public_id) {
  return "p" + public_id;
}
template <typename Id>
std::string IdName(char kind, Id id) {
  std::string name(1, kind);
  for (unsigned shift = 0; shift < 64; shift += 8) {
    name += static_cast<char>((id.value >> shift) & 0xffU);
  }
  return name;
}
std::string AccountName(AccountId id) {
  return IdName('a', id);
}
std::string TokenName(TokenId id) {
  return IdName('t', id);
}
std::string ClientName(ClientId id) {
  return IdName('c', id);
}

// True when `record` was what the write has replaced.
template <typename Record>
bool Replace(Record& record, const std::vector<Write<Record>>& writes) {
  for (const Write<Record>& write : writes) {
    if (write.before.has_value() && write.after.has_value() &&
        write.before->id == record.id &&
        write.before->version == record.version) {
      record = *write.after;
      return true;
    }
  }
  return false;
}

bool Replace(AccountSnapshot& snapshot, const Commit& commit) {
  bool changed = Replace(snapshot.account, commit.accounts);
  for (TokenRecord& token : snapshot.tokens) {
    changed = Replace(token, commit.tokens) || changed;
  }
  return changed;
}

bool Replace(TokenRecord& token, const Commit& commit) {
  return Replace(token, commit.tokens);
}

}  // namespace

RecordCache::RecordCache(size_t max_bytes) {
  for (auto& shard : shards_) {
    shard = std::make_unique<Shard>(max_bytes / kShards);
  }
}

RecordCache::Shard& RecordCache::ShardOf(std::string_view name) {
  return *shards_[std::hash<std::string_view>()(name) % kShards];
}

bool RecordCache::IsFull() {
  return std::all_of(shards_.begin(), shards_.end(), [](const auto& shard) {
    const std::lock_guard lock(shard->mutex);
    return shard->blobs.IsFull();
  });
}

template <typename Record>
bool RecordCache::Get(std::string_view name, Record& record) {
  Shard& shard = ShardOf(name);
  const std::lock_guard lock(shard.mutex);
  const std::string_view packed = shard.blobs.Find(name);
  if (packed.empty()) {
    return false;
  }
  Unpack(packed, record);
  return true;
}

void RecordCache::Set(std::string_view name, std::string_view packed) {
  Shard& shard = ShardOf(name);
  const std::lock_guard lock(shard.mutex);
  shard.blobs.Put(name, packed);
}

template <typename Key, typename Record, typename Name>
size_t RecordCache::FindEach(const std::vector<Key>& keys,
                             std::vector<StatusOr<Record>>& results,
                             Name name) {
  size_t count = 0;
  results.reserve(keys.size());
  for (const Key& key : keys) {
    Record record;
    if (Get(name(key), record)) {
      results.emplace_back(std::move(record));
      ++count;
    } else {
      results.emplace_back(NotFound("not in the cache"));
    }
  }
  return count;
}

bool RecordCache::Find(const Keys& keys, Rows& rows) {
  if (FindEach(keys.clients, rows.clients, ClientName) < keys.clients.size()) {
    return false;
  }
  (void)FindEach(keys.accounts, rows.accounts, AccountName);
  const size_t found =
      FindEach(keys.logins, rows.logins, LoginName) +
      FindEach(keys.public_ids, rows.public_ids, PublicIdName) +
      FindEach(keys.tokens, rows.tokens, TokenName);
  return found > 0;
}

template <typename Key, typename Record, typename Name>
void RecordCache::PutEach(const std::vector<Key>& keys,
                          const std::vector<StatusOr<Record>>& results,
                          Name name) {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (results[i].ok()) {
      Set(name(keys[i]), Pack(*results[i]));
    }
  }
}

void RecordCache::Put(const Keys& keys, const Rows& rows) {
  PutEach(keys.logins, rows.logins, LoginName);
  PutEach(keys.accounts, rows.accounts, AccountName);
  PutEach(keys.public_ids, rows.public_ids, PublicIdName);
  PutEach(keys.tokens, rows.tokens, TokenName);
  PutEach(keys.clients, rows.clients, ClientName);
}

template <typename Record>
void RecordCache::UpdateOne(const std::string& name, const Commit& commit) {
  Record record;
  if (Get(name, record) && Replace(record, commit)) {
    Set(name, Pack(record));
  }
}

void RecordCache::Update(const Keys& keys, const Commit& commit) {
  for (const std::string& login : keys.logins) {
    UpdateOne<AccountSnapshot>(LoginName(login), commit);
  }
  for (const AccountId& account : keys.accounts) {
    UpdateOne<AccountSnapshot>(AccountName(account), commit);
  }
  for (const std::string& public_id : keys.public_ids) {
    UpdateOne<TokenRecord>(PublicIdName(public_id), commit);
  }
  for (const TokenId& token : keys.tokens) {
    UpdateOne<TokenRecord>(TokenName(token), commit);
  }
}

}  // namespace pawl::db
