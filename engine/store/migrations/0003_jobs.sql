-- Who holds a slot, under which number and until when; what a trace does between two attempts; which
-- footage was asked for, so that caps add up over cases, people and days.

ALTER TABLE slot ADD COLUMN lease_owner TEXT NOT NULL DEFAULT '';
ALTER TABLE slot ADD COLUMN fence INTEGER NOT NULL DEFAULT 0;
-- seconds on the boot clock; means nothing after the engine that wrote it has ended
ALTER TABLE slot ADD COLUMN lease_until_s REAL NOT NULL DEFAULT 0;

ALTER TABLE trace ADD COLUMN requested_by TEXT NOT NULL DEFAULT '';
ALTER TABLE trace ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trace ADD COLUMN not_before TEXT;
-- NULL while nothing was planned yet
ALTER TABLE trace ADD COLUMN plan_version INTEGER;
ALTER TABLE trace ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
-- records came that the current revision may not have seen
ALTER TABLE trace ADD COLUMN late INTEGER NOT NULL DEFAULT 0;
UPDATE trace SET plan_version = 1 WHERE trace_id IN (SELECT trace_id FROM step);
CREATE INDEX trace_by_state ON trace (state, number);

-- A line for each camera window that was asked for, written with the intent. It outlives its case: what
-- one person has looked at in a day does not shrink because a case was erased.
CREATE TABLE usage (
    trace_id TEXT NOT NULL, window_mac TEXT NOT NULL, case_id TEXT NOT NULL, requester TEXT NOT NULL,
    day TEXT NOT NULL, camera_s REAL NOT NULL, PRIMARY KEY (trace_id, window_mac)) STRICT;
CREATE INDEX usage_of_case ON usage (case_id, camera_s);
CREATE INDEX usage_of_day ON usage (day, requester, camera_s);

-- Which cases are of one patient: those that were ever worked on under the same notification reference.
CREATE TABLE usage_patient (
    case_id TEXT NOT NULL, patient_mac TEXT NOT NULL, PRIMARY KEY (case_id, patient_mac)) STRICT;
CREATE INDEX usage_patient_by_mac ON usage_patient (patient_mac);
