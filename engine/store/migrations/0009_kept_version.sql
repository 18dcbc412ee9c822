-- A note that several people share has a version: of two who write at once one is told of the other. A note
-- that was taken away leaves its row, with no words in it: its version goes on.
ALTER TABLE kept ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
