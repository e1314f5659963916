-- Format 10. Cells that nothing was sent to the target for; they are in `failed`, and in no error rate.
ALTER TABLE target_figures ADD COLUMN not_sent INTEGER NOT NULL DEFAULT 0;
-- Of runs that may have some, the kept figures are worked out anew.
UPDATE runs SET figures_stale = 1 WHERE seq IN (
    SELECT run_seq FROM trials WHERE fallback_kind IS NOT NULL OR (status = 'failed' AND (attempts = 0 OR failure_kind = 'internal'))
);
