-- Format 6. What a failed attempt left behind: selected response headers, what stood in the way. Without the key.
ALTER TABLE attempts ADD COLUMN evidence TEXT; -- JSON; absent: nothing
