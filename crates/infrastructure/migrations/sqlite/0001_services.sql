-- What is remembered about each service between processes: its circuit breaker and its pauses. Times are Unix milliseconds.
CREATE TABLE services (
    name         TEXT    NOT NULL PRIMARY KEY,
    forced_open  INTEGER NOT NULL,
    open_until   INTEGER,
    openings     INTEGER NOT NULL,
    paused_until INTEGER,
    reset_at     INTEGER,
    changed_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
