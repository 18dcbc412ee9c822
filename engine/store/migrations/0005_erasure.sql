-- Erasures from the intent to the proof, and those that wait for the custodian. A row outlives its case:
-- it is what tells a finished erasure from one that a crash cut short.

-- because: closed (a person closed the case), due (its time had come), again (a database from before
-- the erasure was put back). state: waiting, intent, done. boot_s: the boot clock, which nobody turns.
CREATE TABLE erasure (
    case_id TEXT PRIMARY KEY REFERENCES case_file, state TEXT NOT NULL, because TEXT NOT NULL,
    asked_by TEXT NOT NULL, due_at TEXT NOT NULL, keys INTEGER NOT NULL, four_eyes INTEGER NOT NULL,
    confirmed_by TEXT NOT NULL DEFAULT '', begun_at TEXT, boot_s REAL, done_at TEXT) STRICT;

CREATE TRIGGER erasure_needs_two BEFORE UPDATE ON erasure
    WHEN NEW.confirmed_by <> '' AND NEW.four_eyes = 1 AND NEW.confirmed_by = NEW.asked_by
    BEGIN SELECT RAISE(ABORT, 'an erasure of many needs a second person'); END;
CREATE TRIGGER erasure_ends_once BEFORE UPDATE ON erasure
    WHEN OLD.state = 'done' AND NEW.state <> 'intent'
    BEGIN SELECT RAISE(ABORT, 'this case was erased'); END;
