-- The audit as a Merkle tree (RFC 6962), what was signed and handed to a witness, and counts to publish.
-- Lines written before this are given their place in the tree by the first engine that opens the store.

CREATE TABLE audit_node (
    level INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, number)) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_node_grows_at_its_end BEFORE INSERT ON audit_node
    WHEN NEW.number <> (SELECT coalesce(max(number), -1) + 1 FROM audit_node WHERE level = NEW.level)
    BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END;
CREATE TRIGGER audit_node_is_append_only BEFORE UPDATE ON audit_node
    BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END;
CREATE TRIGGER audit_node_keeps_everything BEFORE DELETE ON audit_node
    BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END;

-- note: the signed text; acknowledged_at: when the witness first said that it remembers it
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL, acknowledged_at TEXT) STRICT;

CREATE TRIGGER checkpoint_grows_at_its_end BEFORE INSERT ON checkpoint
    WHEN NEW.size <= (SELECT coalesce(max(size), 0) FROM checkpoint) OR NEW.acknowledged_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END;
CREATE TRIGGER checkpoint_is_acknowledged_once BEFORE UPDATE ON checkpoint
    WHEN OLD.acknowledged_at IS NOT NULL OR NEW.size <> OLD.size OR NEW.note <> OLD.note
    BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END;
CREATE TRIGGER checkpoint_keeps_everything BEFORE DELETE ON checkpoint
    BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END;

-- day '' is all time; audit_seen holds the keyed digests of which each counts once
CREATE TABLE audit_tally (
    day TEXT NOT NULL, name TEXT NOT NULL, amount INTEGER NOT NULL,
    PRIMARY KEY (day, name)) STRICT, WITHOUT ROWID;
CREATE TABLE audit_seen (
    name TEXT NOT NULL, day TEXT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (name, day, digest)) STRICT, WITHOUT ROWID;
