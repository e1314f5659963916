-- Format 7. What a ramp found out about a connection, as JSON; absent before the first.
ALTER TABLE connections ADD COLUMN found_limit TEXT;
-- What a lost request cost, as somebody said it; absent: its whole amount counts as spent.
ALTER TABLE reservations ADD COLUMN settled_nano INTEGER;
