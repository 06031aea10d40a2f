-- The number of changes of the history, so that a list of it in memory knows when it is out of date,
-- whichever program changed it.

CREATE TABLE history_change (
    only   INTEGER PRIMARY KEY CHECK (only = 1),
    number INTEGER NOT NULL
) STRICT;
INSERT INTO history_change VALUES (1, 0);

CREATE TRIGGER publication_added AFTER INSERT ON publication BEGIN
    UPDATE history_change SET number = number + 1;
END;
CREATE TRIGGER publication_changed AFTER UPDATE ON publication BEGIN
    UPDATE history_change SET number = number + 1;
END;
CREATE TRIGGER publication_removed AFTER DELETE ON publication BEGIN
    UPDATE history_change SET number = number + 1;
END;
