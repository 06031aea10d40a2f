-- Cancelled while it was not known whether the page was created: looked for after a start too.
CREATE INDEX operation_withdrawn ON operation (started_at) WHERE state = 'withdrawn';
