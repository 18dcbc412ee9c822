-- What a service for several people needs: who owns what, two hands on every permission, versions for
-- If-Match, receipts for Idempotency-Key, events. Staff are named in plain columns, patients never.

ALTER TABLE case_file ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE case_file ADD COLUMN erase_due TEXT;

CREATE TABLE member (
    case_id TEXT NOT NULL REFERENCES case_file, person TEXT NOT NULL, added_by TEXT NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY (case_id, person)) STRICT;

CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, object TEXT NOT NULL,
    state TEXT NOT NULL, case_id TEXT NOT NULL) STRICT;

-- key_id names the key under which the answer is sealed, so that erasing a case erases it here too
CREATE TABLE receipt (
    uid INTEGER NOT NULL, key TEXT NOT NULL, request_sha256 TEXT NOT NULL, at TEXT NOT NULL,
    key_id TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (uid, key)) STRICT;

CREATE TABLE epidemic_order (
    order_id TEXT PRIMARY KEY, number TEXT NOT NULL, authority TEXT NOT NULL, disease TEXT NOT NULL,
    document_sha256 TEXT NOT NULL, starts_at TEXT NOT NULL, ends_at TEXT NOT NULL,
    extends TEXT NOT NULL DEFAULT '', state TEXT NOT NULL, four_eyes INTEGER NOT NULL,
    proposed_by TEXT NOT NULL, proposed_uid INTEGER NOT NULL, proposed_login INTEGER,
    proposed_at TEXT NOT NULL, approved_by TEXT NOT NULL DEFAULT '', approved_uid INTEGER,
    approved_login INTEGER, approved_at TEXT, version INTEGER NOT NULL DEFAULT 1) STRICT;

CREATE TABLE source_request (
    request_id TEXT PRIMARY KEY, case_id TEXT NOT NULL REFERENCES case_file, source TEXT NOT NULL,
    authority TEXT NOT NULL, reference TEXT NOT NULL, asked_by TEXT NOT NULL, asked_at TEXT NOT NULL,
    state TEXT NOT NULL, answered_at TEXT, version INTEGER NOT NULL DEFAULT 1) STRICT;

ALTER TABLE authorisation ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE authorisation ADD COLUMN four_eyes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE authorisation ADD COLUMN emergency INTEGER NOT NULL DEFAULT 0;
ALTER TABLE authorisation ADD COLUMN review_due TEXT;
ALTER TABLE authorisation ADD COLUMN requested_uid INTEGER;
ALTER TABLE authorisation ADD COLUMN requested_login INTEGER;
ALTER TABLE authorisation ADD COLUMN approved_uid INTEGER;
ALTER TABLE authorisation ADD COLUMN approved_login INTEGER;

ALTER TABLE still ADD COLUMN four_eyes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE still ADD COLUMN added_uid INTEGER;
ALTER TABLE still ADD COLUMN added_login INTEGER;
ALTER TABLE still ADD COLUMN seconded_by TEXT NOT NULL DEFAULT '';
ALTER TABLE still ADD COLUMN seconded_uid INTEGER;
ALTER TABLE still ADD COLUMN seconded_login INTEGER;

-- who has looked at a photograph; nobody stands behind one unseen
CREATE TABLE still_view (
    still_id TEXT NOT NULL REFERENCES still, person TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (still_id, person)) STRICT;

ALTER TABLE candidate ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

-- part: 'first', or 'second' for the answer of a reviewer who does not know the first
ALTER TABLE decision ADD COLUMN part TEXT NOT NULL DEFAULT 'first';
ALTER TABLE decision ADD COLUMN uid INTEGER;
ALTER TABLE decision ADD COLUMN login INTEGER;

-- who has seen answers to a trace's candidates can no longer be its blind second reviewer
CREATE TABLE seen_answers (
    trace_id TEXT NOT NULL REFERENCES trace, person TEXT NOT NULL, PRIMARY KEY (trace_id, person)) STRICT;

CREATE TABLE second_reviewer (
    trace_id TEXT PRIMARY KEY REFERENCES trace, person TEXT NOT NULL, at TEXT NOT NULL) STRICT;

CREATE TABLE notice (
    case_id TEXT PRIMARY KEY REFERENCES case_file, state TEXT NOT NULL, due_at TEXT NOT NULL, sent_at TEXT,
    version INTEGER NOT NULL DEFAULT 1, sealed BLOB NOT NULL) STRICT;

-- Nobody approves what they asked for, and no two accounts of one login do. Code says so first, with
-- words; this holds also where somebody forgets to ask it.
CREATE TRIGGER order_needs_two BEFORE UPDATE ON epidemic_order
    WHEN NEW.state = 'approved' AND NEW.four_eyes = 1 AND (NEW.approved_uid IS NULL
        OR NEW.approved_uid = NEW.proposed_uid OR NEW.approved_login = NEW.proposed_login)
    BEGIN SELECT RAISE(ABORT, 'an order needs a second person'); END;
CREATE TRIGGER order_begins_proposed BEFORE INSERT ON epidemic_order
    WHEN NEW.state <> 'proposed' AND NEW.four_eyes = 1
    BEGIN SELECT RAISE(ABORT, 'an order needs a second person'); END;
CREATE TRIGGER authorisation_needs_two BEFORE UPDATE ON authorisation
    WHEN NEW.state = 'approved' AND NEW.four_eyes = 1 AND (NEW.approved_uid IS NULL
        OR NEW.requested_uid IS NULL OR NEW.approved_uid = NEW.requested_uid
        OR NEW.approved_login = NEW.requested_login)
    BEGIN SELECT RAISE(ABORT, 'an authorisation needs a second person'); END;
CREATE TRIGGER authorisation_begins_requested BEFORE INSERT ON authorisation
    WHEN NEW.state = 'approved' AND NEW.four_eyes = 1
    BEGIN SELECT RAISE(ABORT, 'an authorisation needs a second person'); END;
CREATE TRIGGER photo_needs_two BEFORE UPDATE ON still
    WHEN NEW.seconded_by <> '' AND NEW.four_eyes = 1 AND (NEW.seconded_uid IS NULL
        OR NEW.added_uid IS NULL OR NEW.seconded_uid = NEW.added_uid OR NEW.seconded_login = NEW.added_login)
    BEGIN SELECT RAISE(ABORT, 'a photograph needs a second person'); END;
CREATE TRIGGER second_answer_is_anothers BEFORE INSERT ON decision
    WHEN NEW.part = 'second' AND EXISTS (SELECT 1 FROM decision d WHERE d.candidate_id = NEW.candidate_id
        AND d.part = 'first' AND (d.person = NEW.person OR d.uid = NEW.uid OR d.login = NEW.login))
    BEGIN SELECT RAISE(ABORT, 'a second answer needs a second person'); END;
CREATE TRIGGER photo_begins_alone BEFORE INSERT ON still
    WHEN NEW.seconded_by <> '' AND NEW.four_eyes = 1
    BEGIN SELECT RAISE(ABORT, 'a photograph needs a second person'); END;
