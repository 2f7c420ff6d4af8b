-- Work that outlives the call that asked for it. Times are Unix milliseconds.
CREATE TABLE jobs (
    id               TEXT    NOT NULL PRIMARY KEY,
    owner            TEXT    NOT NULL,
    kind             TEXT    NOT NULL,
    -- What was asked for, as JSON; NULL where it held what looks like a secret, and then the job cannot be resumed.
    request          TEXT,
    -- The folder that the job makes; what a killed attempt left beside it is removed.
    target           TEXT,
    status           TEXT    NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    -- Whether any worker may take it while it is queued.
    unattended       INTEGER NOT NULL,
    -- Until when it is left to who asked for it.
    reserved_until   INTEGER NOT NULL,
    attempt          INTEGER NOT NULL,
    -- How many attempts ended with the death of their process.
    deaths           INTEGER NOT NULL,
    progress         INTEGER NOT NULL,
    message          TEXT,
    correlation_id   TEXT    NOT NULL,
    cancel_requested INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    started_at       INTEGER,
    ended_at         INTEGER,
    deadline_at      INTEGER,
    -- Who works on it: a process, the number of its claim, and when it was last heard of.
    worker           TEXT,
    claim            TEXT,
    seen_at          INTEGER,
    result           TEXT,
    error            TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX jobs_by_status ON jobs (status, created_at);
CREATE INDEX jobs_by_owner ON jobs (owner, created_at);

CREATE TABLE job_steps (
    job      TEXT    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number   INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    status   TEXT    NOT NULL CHECK (status IN ('waiting', 'running', 'done')),
    begun_at INTEGER,
    ended_at INTEGER,
    -- The attempt that did it.
    attempt  INTEGER,
    PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;

-- What a step found out, for attempts that come later. A large one lies in the job's folder, under its hash.
CREATE TABLE job_artifacts (
    job     TEXT    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    step    INTEGER NOT NULL,
    sha256  TEXT    NOT NULL,
    bytes   INTEGER NOT NULL,
    content BLOB,
    PRIMARY KEY (job, step)
) STRICT;
