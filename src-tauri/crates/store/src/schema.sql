-- Version 1. Never edited once released; changes are migrations of their own.
-- Times are milliseconds since 1970 (UTC), dates are ISO 8601 texts.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE team (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Health check models and column templates of the user's own.
CREATE TABLE library (
    id    TEXT PRIMARY KEY,
    shelf TEXT NOT NULL CHECK (shelf IN ('model', 'template')),
    value TEXT NOT NULL
) STRICT;

CREATE TABLE integration (
    id            TEXT PRIMARY KEY,
    team_id       TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
    method        TEXT NOT NULL,
    site          TEXT NOT NULL,
    route         TEXT NOT NULL,
    account       TEXT NOT NULL,
    account_name  TEXT NOT NULL,
    configuration TEXT NOT NULL,
    -- Parent pages found or created by title: kind -> page id.
    parents       TEXT NOT NULL DEFAULT '{}',
    allow_http    INTEGER NOT NULL,
    sandbox       INTEGER NOT NULL,
    saved_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX integration_team ON integration (team_id);

-- Sealed with the key in the operating system's keyring, bound to its integration.
CREATE TABLE secret (
    integration_id TEXT PRIMARY KEY REFERENCES integration (id) ON DELETE CASCADE,
    sealed         BLOB NOT NULL
) STRICT;

-- How the network is reached: one row for every connection, and one for each integration that has
-- its own. Secrets are sealed like those of an integration.
CREATE TABLE network (
    integration_id TEXT UNIQUE REFERENCES integration (id) ON DELETE CASCADE,
    settings       TEXT NOT NULL,
    proxy_password BLOB,
    client_key     BLOB
) STRICT;
CREATE UNIQUE INDEX network_of_all ON network (integration_id IS NULL) WHERE integration_id IS NULL;

CREATE TABLE draft (
    number         INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    team_id        TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
    kind           TEXT NOT NULL,
    title          TEXT NOT NULL,
    date           TEXT,
    model_id       TEXT,
    contents       TEXT NOT NULL,
    revision       INTEGER NOT NULL,
    saved_at       INTEGER NOT NULL,
    deleted_at     INTEGER,
    publication_id TEXT,
    operation_id   TEXT
) STRICT;
CREATE INDEX draft_by_date ON draft (team_id, deleted_at, date, saved_at);

-- Apart from draft, so that listing thousands does not read their texts.
CREATE TABLE draft_content (
    number  INTEGER PRIMARY KEY REFERENCES draft (number) ON DELETE CASCADE,
    content TEXT NOT NULL
) STRICT;

CREATE VIRTUAL TABLE draft_text USING fts5 (
    title, body,
    content = '', contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
);
CREATE TRIGGER draft_text_delete AFTER DELETE ON draft BEGIN
    DELETE FROM draft_text WHERE rowid = old.number;
END;

CREATE TABLE publication (
    id             TEXT PRIMARY KEY,
    team_id        TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
    team_name      TEXT NOT NULL,
    integration_id TEXT REFERENCES integration (id) ON DELETE SET NULL,
    draft_id       TEXT,
    kind           TEXT NOT NULL,
    title          TEXT NOT NULL,
    folded         TEXT NOT NULL,
    date           TEXT,
    status         TEXT NOT NULL,
    site_name      TEXT NOT NULL,
    space_id       TEXT NOT NULL,
    space_key      TEXT NOT NULL,
    space_name     TEXT NOT NULL,
    parent         TEXT NOT NULL,
    page_id        TEXT NOT NULL,
    link           TEXT NOT NULL,
    version        INTEGER NOT NULL,
    pdf_name       TEXT NOT NULL,
    pdf_size       INTEGER NOT NULL,
    attachment_id  TEXT,
    account_name   TEXT NOT NULL,
    reference      TEXT NOT NULL,
    -- Operation whose marker stands in the page.
    marker         TEXT NOT NULL,
    -- Revision of the draft that was frozen.
    draft_revision INTEGER NOT NULL,
    published_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX publication_by_date ON publication (team_id, date);

CREATE TABLE timeline (
    publication_id TEXT NOT NULL REFERENCES publication (id) ON DELETE CASCADE,
    number         INTEGER PRIMARY KEY,
    what           TEXT NOT NULL,
    text           TEXT NOT NULL,
    note           TEXT NOT NULL,
    at             INTEGER NOT NULL
) STRICT;
CREATE INDEX timeline_publication ON timeline (publication_id);

-- A frozen publish, update or delete, and how far it got.
CREATE TABLE operation (
    id             TEXT PRIMARY KEY,
    kind           TEXT NOT NULL,
    team_id        TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
    integration_id TEXT,
    draft_id       TEXT,
    publication_id TEXT,
    -- Frozen: what is sent and where. Never changed, but for the title at the author's wish.
    frozen         TEXT NOT NULL,
    title          TEXT NOT NULL,
    storage        TEXT NOT NULL,
    storage_sha256 TEXT NOT NULL,
    pdf            BLOB NOT NULL,
    pdf_sha256     TEXT NOT NULL,
    -- How far it got.
    state          TEXT NOT NULL,
    step           TEXT NOT NULL,
    in_doubt       INTEGER NOT NULL DEFAULT 0,
    progress       TEXT NOT NULL DEFAULT '{}',
    error          TEXT,
    started_at     INTEGER NOT NULL,
    ended_at       INTEGER
) STRICT;
CREATE INDEX operation_open ON operation (state) WHERE ended_at IS NULL;
