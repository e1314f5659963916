-- Format 4. What a run under a cap may have in flight, in the cap's currency: written before an attempt is sent, gone when its trial is stored.
CREATE TABLE reservations (
    seq INTEGER PRIMARY KEY,
    run_seq INTEGER NOT NULL REFERENCES runs (seq),
    case_index INTEGER NOT NULL,
    repeat INTEGER NOT NULL,
    target_index INTEGER NOT NULL,
    amount_nano INTEGER NOT NULL,
    lost INTEGER NOT NULL DEFAULT 0 -- the program ended before the trial was stored: this counts as spent
) STRICT;
CREATE UNIQUE INDEX reservation_cells ON reservations (run_seq, case_index, repeat, target_index) WHERE NOT lost;
