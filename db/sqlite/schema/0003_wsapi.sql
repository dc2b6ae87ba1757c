-- Clients of the Yubico validation protocol.

ALTER TABLE client ADD COLUMN sealed_key BLOB;  -- NULL: has a bearer key
