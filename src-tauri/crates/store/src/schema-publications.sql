-- A draft has one publication at each integration.

CREATE INDEX publication_of_draft ON publication (draft_id, integration_id);
-- The author published the draft as another page of the same integration, which is updated from then on.
ALTER TABLE publication ADD COLUMN superseded INTEGER NOT NULL DEFAULT 0;

UPDATE publication SET draft_id = (SELECT id FROM draft WHERE publication_id = publication.id)
WHERE draft_id IS NULL AND id IN (SELECT publication_id FROM draft);

-- The one the draft named, where it is live, else the one made last.
UPDATE publication SET superseded = 1
WHERE draft_id IS NOT NULL AND integration_id IS NOT NULL AND id <> (
    SELECT other.id
    FROM publication other
         LEFT JOIN draft ON draft.id = other.draft_id AND draft.publication_id = other.id
    WHERE other.draft_id = publication.draft_id
      AND other.integration_id = publication.integration_id
    ORDER BY other.status = 'deleted', draft.id IS NULL, other.rowid DESC
    LIMIT 1
);

-- What was rendered, apart from the operation, so that lists do not read it.
CREATE TABLE rendered (
    operation_id TEXT PRIMARY KEY REFERENCES operation (id) ON DELETE CASCADE,
    storage      TEXT NOT NULL,
    pdf          BLOB NOT NULL
) STRICT;
INSERT INTO rendered SELECT id, storage, pdf FROM operation WHERE storage <> '' OR length(pdf) > 0;

ALTER TABLE operation ADD COLUMN pdf_size INTEGER NOT NULL DEFAULT 0;
UPDATE operation SET pdf_size = length(pdf) WHERE length(pdf) > 0;
ALTER TABLE operation DROP COLUMN storage;
ALTER TABLE operation DROP COLUMN pdf;
CREATE INDEX operation_of_draft ON operation (draft_id, integration_id);

-- Kinds were written as JSON texts.
UPDATE operation SET kind = trim(kind, '"') WHERE kind IN ('"create"', '"update"', '"delete"');
