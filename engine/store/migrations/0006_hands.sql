-- The rule of two people holds whatever one statement changes at once; who has seen answers is known by
-- account; the reference of another authority, which leads to the patient there, is sealed; look-ups by
-- case, trace and candidate are by index.

-- Who asked, and that a second person is needed, never changes once it stands.
CREATE TRIGGER order_keeps_who_asked BEFORE UPDATE ON epidemic_order
    WHEN NEW.four_eyes <> OLD.four_eyes OR NEW.proposed_by <> OLD.proposed_by
        OR NEW.proposed_uid <> OLD.proposed_uid OR NEW.proposed_login IS NOT OLD.proposed_login
    BEGIN SELECT RAISE(ABORT, 'who proposed an order does not change'); END;
CREATE TRIGGER authorisation_keeps_who_asked BEFORE UPDATE ON authorisation
    WHEN NEW.four_eyes <> OLD.four_eyes OR NEW.requested_uid IS NOT OLD.requested_uid
        OR NEW.requested_login IS NOT OLD.requested_login
    BEGIN SELECT RAISE(ABORT, 'who requested an authorisation does not change'); END;
CREATE TRIGGER photo_keeps_who_added BEFORE UPDATE ON still
    WHEN NEW.four_eyes <> OLD.four_eyes OR NEW.added_uid IS NOT OLD.added_uid
        OR NEW.added_login IS NOT OLD.added_login
    BEGIN SELECT RAISE(ABORT, 'who added a photograph does not change'); END;
CREATE TRIGGER erasure_keeps_who_asked BEFORE UPDATE ON erasure
    WHEN NEW.four_eyes <> OLD.four_eyes OR NEW.asked_by <> OLD.asked_by
    BEGIN SELECT RAISE(ABORT, 'who asked for an erasure does not change'); END;

-- An account without a recorded login is who it is: the login of one is compared with the uid of the other.
CREATE TRIGGER order_needs_two_people BEFORE UPDATE ON epidemic_order
    WHEN NEW.state = 'approved' AND NEW.four_eyes = 1
        AND (NEW.approved_uid = NEW.proposed_login OR NEW.approved_login = NEW.proposed_uid)
    BEGIN SELECT RAISE(ABORT, 'an order needs a second person'); END;
CREATE TRIGGER authorisation_needs_two_people BEFORE UPDATE ON authorisation
    WHEN NEW.state = 'approved' AND NEW.four_eyes = 1
        AND (NEW.approved_uid = NEW.requested_login OR NEW.approved_login = NEW.requested_uid)
    BEGIN SELECT RAISE(ABORT, 'an authorisation needs a second person'); END;
CREATE TRIGGER photo_needs_two_people BEFORE UPDATE ON still
    WHEN NEW.seconded_by <> '' AND NEW.four_eyes = 1
        AND (NEW.seconded_uid = NEW.added_login OR NEW.seconded_login = NEW.added_uid)
    BEGIN SELECT RAISE(ABORT, 'a photograph needs a second person'); END;
CREATE TRIGGER second_answer_is_another_persons BEFORE INSERT ON decision
    WHEN NEW.part = 'second' AND EXISTS (SELECT 1 FROM decision d WHERE d.candidate_id = NEW.candidate_id
        AND d.part = 'first' AND (d.uid = NEW.login OR d.login = NEW.uid))
    BEGIN SELECT RAISE(ABORT, 'a second answer needs a second person'); END;

-- One row for every account under which somebody saw answers.
CREATE TABLE seen_by (
    trace_id TEXT NOT NULL REFERENCES trace, person TEXT NOT NULL, uid INTEGER, login INTEGER) STRICT;
INSERT INTO seen_by (trace_id, person) SELECT trace_id, person FROM seen_answers;
DROP TABLE seen_answers;
CREATE INDEX seen_by_trace ON seen_by (trace_id);

ALTER TABLE second_reviewer ADD COLUMN uid INTEGER;
ALTER TABLE second_reviewer ADD COLUMN login INTEGER;

-- NULL: a request of an earlier release, whose reference stands in the plain column.
ALTER TABLE source_request ADD COLUMN sealed BLOB;

CREATE INDEX record_of_case ON record (case_id);
CREATE INDEX still_of_case ON still (case_id);
CREATE INDEX authorisation_of_case ON authorisation (case_id);
CREATE INDEX source_request_of_case ON source_request (case_id);
CREATE INDEX trace_of_case ON trace (case_id);
CREATE INDEX trace_of_authorisation ON trace (authorisation_id);
CREATE INDEX candidate_of_trace ON candidate (trace_id);
CREATE INDEX candidate_of_case ON candidate (case_id);
CREATE INDEX view_of_candidate ON view (candidate_id);
CREATE INDEX decision_of_candidate ON decision (candidate_id);
