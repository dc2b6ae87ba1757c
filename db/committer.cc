#include "db/committer.h"

#include <array>
#include <utility>
#include <vector>

namespace pawl::db {
namespace {

Status NoRoom() {
  return MakeStatus(StatusCode::kResourceExhausted,
                    "too many checks are waiting for the store");
}

// Calls `use` with where each kind of key lies and where its rows do.
template <typename Use>
void ForEachKind(Use use) {
  use(&Keys::logins, &Rows::logins);
  use(&Keys::accounts, &Rows::accounts);
  use(&Keys::public_ids, &Rows::public_ids);
  use(&Keys::fingerprints, &Rows::fingerprints);
  use(&Keys::tokens, &Rows::tokens);
  use(&Keys::clients, &Rows::clients);
  use(&Keys::devices, &Rows::devices);
  use(&Keys::budgets, &Rows::budgets);
  use(&Keys::attempts, &Rows::attempts);
}
constexpr size_t kKinds = 9;

// Most checks of a batch come from one client: then its row is read once.
constexpr bool IsShared(std::vector<ClientId> Keys::*) {
  return true;
}
template <typename Kind>
constexpr bool IsShared(Kind) {
  return false;
}

void Append(Keys& all, const Keys& keys) {
  ForEachKind([&](auto kind, auto) {
    for (const auto& key : keys.*kind) {
      if (!IsShared(kind) || (all.*kind).empty() || (all.*kind).back() != key) {
        (all.*kind).push_back(key);
      }
    }
  });
}

// Deals the rows of a joint read out to those who asked, in their order.
class Dealer {
 public:
  Dealer(const Keys& all, Rows rows) : all_(all), rows_(std::move(rows)) {}

  Rows Next(const Keys& keys) {
    Rows hand;
    size_t number = 0;
    ForEachKind([&](auto kind, auto results) {
      size_t& dealt = dealt_[number++];
      for (const auto& key : keys.*kind) {
        if (IsShared(kind)) {
          dealt += (all_.*kind)[dealt] == key ? 0U : 1U;
          (hand.*results).push_back((rows_.*results)[dealt]);
        } else {
          (hand.*results).push_back(std::move((rows_.*results)[dealt++]));
        }
      }
    });
    return hand;
  }

 private:
  const Keys& all_;
  Rows rows_;
  std::array<size_t, kKinds> dealt_{};
};

}  // namespace

Committer::Committer(Store& store)
    : store_(&store),
      batcher_("committer", {.queue = kMaxWaiting, .batch = kMaxBatch},
               [this](std::span<PendingCommit*> batch) { Work(batch); }) {}

void Committer::Add(PendingCommit& commit) {
  if (!batcher_.Add(&commit)) {
    commit.OnCommitted(NoRoom());
  }
}

void Committer::Work(std::span<PendingCommit*> batch) {
  std::vector<PendingCommit*> written;
  std::vector<const db::Commit*> commits;
  written.reserve(batch.size());
  commits.reserve(batch.size());
  for (PendingCommit* pending : batch) {
    if (pending->IsExpired()) {
      pending->OnCommitted(MakeStatus(StatusCode::kDeadlineExceeded,
                                      "the deadline passed before the commit"));
      continue;
    }
    written.push_back(pending);
    commits.push_back(&pending->GetCommit());
  }
  commits_ += commits.size();
  batches_ += commits.empty() ? 0 : 1;
  const std::vector<Status> results = store_->Commit(commits);
  for (size_t i = 0; i < written.size(); ++i) {
    written[i]->OnCommitted(results[i]);
  }
}

Loader::Loader(Store& store)
    : store_(&store),
      batcher_("loader", {.queue = kMaxWaiting, .batch = kMaxBatch},
               [this](std::span<PendingRead*> batch) { Work(batch); }) {}

void Loader::Add(PendingRead& read) {
  if (!batcher_.Add(&read)) {
    read.OnRead(NoRoom());
  }
}

void Loader::Work(std::span<PendingRead*> batch) {
  Keys all;
  for (const PendingRead* read : batch) {
    Append(all, read->GetKeys());
  }
  StatusOr<Rows> rows = store_->Read(all);
  if (!rows.ok()) {
    for (PendingRead* read : batch) {
      read->OnRead(rows.status());
    }
    return;
  }
  Dealer dealer(all, *std::move(rows));
  for (PendingRead* read : batch) {
    read->OnRead(dealer.Next(read->GetKeys()));
  }
}

}  // namespace pawl::db
