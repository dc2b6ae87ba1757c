-- Clients of the Yubico validation protocol.

ALTER TABLE client ADD COLUMN sealed_key bytea;  -- NULL: has a bearer key
