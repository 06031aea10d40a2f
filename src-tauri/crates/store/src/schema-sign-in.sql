-- What is known of an integration's sign-in beside its secret.
ALTER TABLE integration ADD COLUMN sign_in TEXT NOT NULL DEFAULT '{}';

-- A sign-in that is renewed gets its new secret from the server. Set from before the request until
-- the answer is stored: what is found set at the start was cut off in between.
ALTER TABLE secret ADD COLUMN renewing_at INTEGER;
