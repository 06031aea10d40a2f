-- What the outbox waits for, kept across a restart.

-- An integration that was paused, and one whose sign-in was refused (an error, as the app wrote it).
CREATE TABLE outbox_lane (
    integration_id  TEXT PRIMARY KEY REFERENCES integration (id) ON DELETE CASCADE,
    paused          INTEGER NOT NULL DEFAULT 0,
    sign_in_problem TEXT
) STRICT;

-- A server asked for a pause: nothing is sent to its host before.
CREATE TABLE outbox_host (
    host       TEXT PRIMARY KEY,
    not_before INTEGER NOT NULL
) STRICT;
