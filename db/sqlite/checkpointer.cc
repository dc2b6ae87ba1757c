#include "db/sqlite/checkpointer.h"

#include "base/log.h"

namespace pawl::db::sqlite {
namespace {

// Some 16 MB: a page that many commits have changed is written back once.
constexpr int kPages = 2000;

}  // namespace

Checkpointer::Checkpointer(Pool<Connection>& beside, Pool<Connection>& writer)
    : beside_(beside),
      writer_(writer),
      batcher_("checkpointer", {.queue = 1, .batch = 1},
               [this](std::span<Wanted>) { Work(); }) {}

void Checkpointer::LogHas(int pages) {
  if (pages >= kPages) {
    // When there is no room, it is wanted already.
    static_cast<void>(batcher_.Add({}));
  }
}

void Checkpointer::Work() {
  if (const Status status = Checkpoint(); !status.ok()) {
    Log(Severity::kWarning, "checkpoint_failed")
        .With("error", ToString(status));
  }
}

Status Checkpointer::Checkpoint() {
  {
    PAWL_ASSIGN_OR_RETURN(const Pool<Connection>::Lease beside,
                          beside_.Acquire());
    PAWL_RETURN_IF_ERROR(beside->Checkpoint());
    PAWL_RETURN_IF_ERROR(beside->Sync());  // slow, so not while others wait
  }
  PAWL_ASSIGN_OR_RETURN(const Pool<Connection>::Lease writer,
                        writer_.Acquire());
  return writer->Checkpoint();
}

}  // namespace pawl::db::sqlite
