-- Format 5. How a request came by its connection, the gaps between arrivals, and what disturbed the measuring. Absent in trials that were stored before.
ALTER TABLE trials ADD COLUMN gaps BLOB; -- of the reported attempt: per bucket the distance from the one before and the count, LEB128
ALTER TABLE trials ADD COLUMN longest_gap_us INTEGER;
ALTER TABLE trials ADD COLUMN connection_use TEXT; -- 'reused', 'new' or 'awaited'
ALTER TABLE trials ADD COLUMN dns_us INTEGER;
ALTER TABLE trials ADD COLUMN connect_us INTEGER;
ALTER TABLE trials ADD COLUMN proxied INTEGER; -- absent: no
ALTER TABLE trials ADD COLUMN slept_us INTEGER; -- absent: the computer did not sleep
ALTER TABLE trials ADD COLUMN load_delay_us INTEGER; -- absent: nothing watched
ALTER TABLE attempts ADD COLUMN longest_gap_us INTEGER;
ALTER TABLE attempts ADD COLUMN connection_use TEXT;
ALTER TABLE attempts ADD COLUMN dns_us INTEGER;
ALTER TABLE attempts ADD COLUMN connect_us INTEGER;
ALTER TABLE attempts ADD COLUMN proxied INTEGER;
ALTER TABLE attempts ADD COLUMN slept_us INTEGER;
ALTER TABLE attempts ADD COLUMN load_delay_us INTEGER;
