-- The tables. Whatever says something about a person sits in one sealed blob per row; plain columns are
-- opaque ids, states, counters and times. No table holds a face template.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE case_file (
    case_id TEXT PRIMARY KEY, state TEXT NOT NULL, sealed BLOB NOT NULL) STRICT;

CREATE TABLE record (
    record_id TEXT PRIMARY KEY, case_id TEXT NOT NULL REFERENCES case_file, source TEXT NOT NULL,
    sealed BLOB NOT NULL) STRICT;

CREATE TABLE still (
    still_id TEXT PRIMARY KEY, case_id TEXT NOT NULL REFERENCES case_file, photo_mac TEXT NOT NULL,
    sealed BLOB NOT NULL) STRICT;

CREATE TABLE ground (
    case_id TEXT PRIMARY KEY REFERENCES case_file, kind TEXT NOT NULL, withdrawn INTEGER NOT NULL,
    sealed BLOB NOT NULL) STRICT;

CREATE TABLE authorisation (
    authorisation_id TEXT PRIMARY KEY, case_id TEXT NOT NULL REFERENCES case_file,
    state TEXT NOT NULL, expires_at TEXT NOT NULL, sealed BLOB NOT NULL) STRICT;

CREATE TABLE trace (
    trace_id TEXT PRIMARY KEY, case_id TEXT NOT NULL REFERENCES case_file,
    authorisation_id TEXT NOT NULL REFERENCES authorisation, number INTEGER NOT NULL UNIQUE,
    state TEXT NOT NULL, queued TEXT NOT NULL, started TEXT, first_window TEXT,
    first_candidate TEXT, finished TEXT, message BLOB) STRICT;

CREATE TABLE step (
    trace_id TEXT NOT NULL REFERENCES trace, name TEXT NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (trace_id, name)) STRICT;

CREATE TABLE window_result (
    trace_id TEXT NOT NULL REFERENCES trace, window_id TEXT NOT NULL, frames INTEGER NOT NULL,
    faces INTEGER NOT NULL, cannot_assess INTEGER NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (trace_id, window_id)) STRICT;

CREATE TABLE candidate (
    candidate_id TEXT PRIMARY KEY, trace_id TEXT NOT NULL REFERENCES trace,
    case_id TEXT NOT NULL REFERENCES case_file, number INTEGER NOT NULL UNIQUE,
    sealed BLOB NOT NULL, pictures BLOB NOT NULL) STRICT;

CREATE TABLE view (
    view_id TEXT PRIMARY KEY, candidate_id TEXT NOT NULL REFERENCES candidate,
    person TEXT NOT NULL, at TEXT NOT NULL, face_height_px REAL NOT NULL) STRICT;

CREATE TABLE decision (
    decision_id TEXT PRIMARY KEY, candidate_id TEXT NOT NULL REFERENCES candidate,
    number INTEGER NOT NULL UNIQUE, person TEXT NOT NULL, at TEXT NOT NULL,
    answer TEXT, because TEXT, withdraws TEXT NOT NULL DEFAULT '') STRICT;

CREATE TABLE slot (
    number INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 10), trace_id TEXT UNIQUE) STRICT;

INSERT INTO slot (number) VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9),(10);

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY, line TEXT NOT NULL, hash TEXT NOT NULL) STRICT;

CREATE TRIGGER audit_grows_at_its_end BEFORE INSERT ON audit
    WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
    BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END;

CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END;

CREATE TRIGGER audit_keeps_everything BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END;
