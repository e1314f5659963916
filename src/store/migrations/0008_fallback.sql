-- Format 8. Why a target failed whose fallback was asked instead; absent: nobody else was asked.
ALTER TABLE trials ADD COLUMN fallback_kind TEXT;
ALTER TABLE trials ADD COLUMN fallback_message TEXT;
-- The attempt went to the fallback; absent: to the target itself.
ALTER TABLE attempts ADD COLUMN fallback INTEGER;
-- Cells that the target's fallback answered; they are in `failed`.
ALTER TABLE target_figures ADD COLUMN fallback INTEGER NOT NULL DEFAULT 0;
