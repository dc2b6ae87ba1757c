-- The question of the Yubico validation protocol that used a token last, so that
-- the same one again is known without a row of its own.

ALTER TABLE token ADD COLUMN nonce_mark INTEGER;  -- NULL: used by something else
