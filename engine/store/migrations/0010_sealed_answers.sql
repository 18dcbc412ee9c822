-- What somebody answered is sealed under the case's face key: a copy of the database tells no first answer to
-- who may still look a second time. NULL: nothing was answered, or a row of an earlier release, whose answer
-- stands in the plain columns until the engine that holds the key has sealed it.
ALTER TABLE decision ADD COLUMN sealed BLOB;
