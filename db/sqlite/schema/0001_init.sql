-- Ids, versions and positions are below 2^63, times are milliseconds since
-- 1970. Enum numbers are those of db/record.h and db/reason.h; no CHECK lists
-- them, because SQLite cannot change a CHECK: db/sqlite/rows.cc checks them.

CREATE TABLE account (
  id INTEGER PRIMARY KEY CHECK (id > 0),
  version INTEGER NOT NULL CHECK (version > 0),
  pin_mac BLOB,               -- NULL: no PIN
  enabled INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  last_failure INTEGER NOT NULL,
  created INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  login TEXT UNIQUE           -- NULL: a stranger
) STRICT;

CREATE TABLE token (
  id INTEGER PRIMARY KEY CHECK (id > 0),
  version INTEGER NOT NULL CHECK (version > 0),
  position INTEGER CHECK (position >= 0),  -- NULL: never used
  kind INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  label TEXT NOT NULL,
  hash INTEGER NOT NULL,
  digits INTEGER NOT NULL,
  period INTEGER NOT NULL,
  t0 INTEGER NOT NULL,
  window_steps INTEGER NOT NULL,
  drift INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  last_failure INTEGER NOT NULL,
  sealed_secret BLOB,         -- NULL: deleted
  created INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  last_used INTEGER,
  account_id INTEGER REFERENCES account (id),
  public_id TEXT UNIQUE,      -- NULL: none
  fingerprint BLOB NOT NULL UNIQUE
) STRICT;
CREATE INDEX token_account ON token (account_id) WHERE account_id IS NOT NULL;

-- The second line of "a position only moves forward": the first is Apply(),
-- and the UPDATE of a commit carries the same condition.
CREATE TRIGGER token_moves_forward BEFORE UPDATE ON token
WHEN OLD.position IS NOT NULL
  AND (NEW.position IS NULL OR NEW.position < OLD.position)
BEGIN
  SELECT RAISE(ABORT, 'a token position only moves forward');
END;
CREATE TRIGGER token_stays BEFORE DELETE ON token
BEGIN
  SELECT RAISE(ABORT, 'a token row is never removed');
END;

CREATE TABLE client (
  id INTEGER PRIMARY KEY CHECK (id > 0),
  version INTEGER NOT NULL CHECK (version > 0),
  key_mac BLOB NOT NULL,
  roles INTEGER NOT NULL,
  see_reasons INTEGER NOT NULL,
  created INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- No references: an entry outlives what it tells of. No index but the sequence
-- either: each would cost every check a page of its own (ADR 0011).
CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  event INTEGER NOT NULL,
  reason INTEGER,
  caller TEXT NOT NULL,
  account_id INTEGER,
  token_id INTEGER,
  client_id INTEGER,
  position INTEGER,
  hints INTEGER NOT NULL,
  service TEXT NOT NULL,
  client_address TEXT NOT NULL,
  writer INTEGER NOT NULL DEFAULT 0,  -- whose chain of MACs
  mac BLOB
) STRICT;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'an audit entry is never changed');
END;
CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'an audit entry is never removed');
END;

CREATE TABLE attempt (
  key BLOB PRIMARY KEY NOT NULL,
  binding BLOB NOT NULL,
  reason INTEGER NOT NULL,
  account_id INTEGER,
  token_id INTEGER,
  hints INTEGER NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_expires ON attempt (expires);

CREATE TABLE server_secret (
  name TEXT PRIMARY KEY NOT NULL,
  sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Written every few seconds to prove that writing works.
CREATE TABLE heartbeat (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
) STRICT;

-- The strangers: Store::kStrangers rows without a login.
WITH RECURSIVE stranger (id) AS (
  SELECT 1 UNION ALL SELECT id + 1 FROM stranger WHERE id < 1024
)
INSERT INTO account (id, version, enabled, failures, last_failure, created,
                     modified)
SELECT id, 1, 1, 0, 0, 0, 0 FROM stranger;
