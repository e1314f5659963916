-- Format 9. What an answer says besides its text; absent: nothing, and in trials that were stored before.
ALTER TABLE trial_bodies ADD COLUMN citations TEXT; -- JSON: the sources that it names
ALTER TABLE trials ADD COLUMN stated_cost_nano INTEGER; -- what the provider itself says that its attempts cost, US dollars
ALTER TABLE attempts ADD COLUMN stated_cost_nano INTEGER;
