-- Policies, account passwords, devices, recovery codes, budgets.

ALTER TABLE account ADD COLUMN policy integer NOT NULL DEFAULT 3;
ALTER TABLE account ADD COLUMN device_passwords boolean NOT NULL DEFAULT true;
ALTER TABLE account ADD COLUMN password bytea;     -- NULL: kept by the caller
ALTER TABLE account ADD COLUMN spare_codes bytea;  -- NULL: none
ALTER TABLE token ADD COLUMN confirmed boolean NOT NULL DEFAULT true;
ALTER TABLE client ADD COLUMN services bytea NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN device_id bigint;
ALTER TABLE audit ADD COLUMN count bigint NOT NULL DEFAULT 1;

CREATE TABLE device (
  id bigint CONSTRAINT device_id_key PRIMARY KEY CHECK (id > 0),
  version bigint NOT NULL CHECK (version > 0),
  account_id bigint NOT NULL REFERENCES account (id),
  created bigint NOT NULL,
  modified bigint NOT NULL,
  expires bigint,
  last_used bigint,
  kind integer NOT NULL,
  type bytea NOT NULL,
  name bytea NOT NULL,
  scopes bytea NOT NULL,
  secret_mac bytea,           -- NULL: opens nothing
  last_address bytea NOT NULL,
  last_service bytea NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX device_account ON device (account_id, id);
-- Of sessions only: a device password that has expired stays, and must not be
-- passed over again at every sweep.
CREATE INDEX device_expires ON device (expires) WHERE kind <> 1;

-- No references: strangers and unknown tokens have budgets too.
CREATE TABLE budget (
  id bigint CONSTRAINT budget_id_key PRIMARY KEY CHECK (id > 0),
  version bigint NOT NULL CHECK (version > 0),
  account_id bigint,
  token_id bigint,
  failures bigint NOT NULL,
  last_failure bigint NOT NULL,
  expires bigint NOT NULL,
  cause integer NOT NULL,
  source bytea NOT NULL,
  service bytea NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX budget_account ON budget (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX budget_expires ON budget (expires);
