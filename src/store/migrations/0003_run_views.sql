-- Format 3. How a run is looked at: no fact of the run, so it may change.
CREATE TABLE run_views (
    run_seq INTEGER PRIMARY KEY REFERENCES runs (seq),
    baseline_index INTEGER NOT NULL -- a target of the run; differences are shown from it
) STRICT;
