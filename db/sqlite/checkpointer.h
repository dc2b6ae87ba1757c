// Checkpointer: moves what the log holds into the database, beside the commits.
//
// SQLite would do it within the commit that filled the log, and all checks
// would wait. Here most of it is moved while commits go on, and only for what
// these have added the writer is held: then the log begins anew.
//
// Thread safety: any thread. A checkpoint that fails is logged and tried again
// at the next commit; nothing is lost by it, the log only grows.
#pragma once

#include "base/batcher.h"
#include "base/status.h"
#include "db/pool.h"
#include "db/sqlite/connection.h"

namespace pawl::db::sqlite {

class Checkpointer {
 public:
  // `beside` opens connections to move most with; `writer` has the only one
  // that commits. Both must outlive it.
  Checkpointer(Pool<Connection>& beside, Pool<Connection>& writer);

  // To be told after each commit; never waits.
  void LogHas(int pages);

 private:
  struct Wanted {};
  void Work();
  [[nodiscard]] Status Checkpoint();

  Pool<Connection>& beside_;
  Pool<Connection>& writer_;
  Batcher<Wanted> batcher_;
};

}  // namespace pawl::db::sqlite
