-- What people write down at the desk: texts kept with a case, remarks on candidates, candidates that wait
-- for a second pair of eyes or were set aside, the line list, and what left the house.

-- kind: 'handover' (person is '', everybody on the case shares it), 'draft' or 'desk' of one person
CREATE TABLE kept (
    case_id TEXT NOT NULL REFERENCES case_file, kind TEXT NOT NULL, person TEXT NOT NULL,
    written_by TEXT NOT NULL, at TEXT NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (case_id, kind, person)) STRICT;

CREATE TABLE remark (
    candidate_id TEXT PRIMARY KEY REFERENCES candidate, person TEXT NOT NULL, at TEXT NOT NULL,
    sealed BLOB NOT NULL) STRICT;

CREATE TABLE second_wanted (
    candidate_id TEXT PRIMARY KEY REFERENCES candidate, person TEXT NOT NULL, at TEXT NOT NULL) STRICT;

-- not reviewed, which is no answer: an answer that comes later counts as any other
CREATE TABLE set_aside (
    candidate_id TEXT PRIMARY KEY REFERENCES candidate, person TEXT NOT NULL, at TEXT NOT NULL) STRICT;

-- merged_into: the row that this one went into, '' for none; it can come out again
CREATE TABLE contact (
    contact_id TEXT PRIMARY KEY, case_id TEXT NOT NULL REFERENCES case_file,
    number INTEGER NOT NULL UNIQUE, merged_into TEXT NOT NULL DEFAULT '', changed_by TEXT NOT NULL,
    at TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 1, sealed BLOB NOT NULL) STRICT;
CREATE INDEX contact_of_case ON contact (case_id, number);

CREATE TABLE export (
    export_id TEXT PRIMARY KEY, case_id TEXT NOT NULL REFERENCES case_file, kind TEXT NOT NULL,
    person TEXT NOT NULL, at TEXT NOT NULL, sha256 TEXT NOT NULL, row_count INTEGER NOT NULL) STRICT;
