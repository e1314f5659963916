-- Format 2. Absent in trials that were stored before: readers work it out from the answer.
ALTER TABLE trials ADD COLUMN output_hash INTEGER;
