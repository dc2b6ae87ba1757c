-- Policies, account passwords, devices, recovery codes, budgets.

ALTER TABLE account ADD COLUMN policy INTEGER NOT NULL DEFAULT 3;
ALTER TABLE account ADD COLUMN device_passwords INTEGER NOT NULL DEFAULT 1;
ALTER TABLE account ADD COLUMN password TEXT;     -- NULL: kept by the caller
ALTER TABLE account ADD COLUMN spare_codes BLOB;  -- NULL: none
ALTER TABLE token ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 1;
ALTER TABLE client ADD COLUMN services TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN device_id INTEGER;
ALTER TABLE audit ADD COLUMN count INTEGER NOT NULL DEFAULT 1;

CREATE TABLE device (
  id INTEGER PRIMARY KEY CHECK (id > 0),
  version INTEGER NOT NULL CHECK (version > 0),
  account_id INTEGER NOT NULL REFERENCES account (id),
  kind INTEGER NOT NULL,
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  secret_mac BLOB,            -- NULL: opens nothing
  created INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  expires INTEGER,
  last_used INTEGER,
  last_address TEXT NOT NULL,
  last_service TEXT NOT NULL
) STRICT;
CREATE INDEX device_account ON device (account_id, id);
-- Of sessions only: a device password that has expired stays, and must not be
-- passed over again at every sweep.
CREATE INDEX device_expires ON device (expires) WHERE kind <> 1;

-- No references: strangers and unknown tokens have budgets too.
CREATE TABLE budget (
  id INTEGER PRIMARY KEY CHECK (id > 0),
  version INTEGER NOT NULL CHECK (version > 0),
  cause INTEGER NOT NULL,
  account_id INTEGER,
  token_id INTEGER,
  source TEXT NOT NULL,
  service TEXT NOT NULL,
  failures INTEGER NOT NULL,
  last_failure INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT;
CREATE INDEX budget_account ON budget (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX budget_expires ON budget (expires);
