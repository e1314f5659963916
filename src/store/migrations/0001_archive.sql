-- Format 1. Frozen: a change is a later step, never an edit here.
-- Ids are UUIDv7 in 16 bytes; `_ns` is nanoseconds since 1970, `_nano` billionths of a currency unit.
PRAGMA application_id = 1095975257; -- "ASAY"

CREATE TABLE connections (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL COLLATE NOCASE,
    definition TEXT NOT NULL, -- JSON, without the key
    last_model TEXT,
    last_check TEXT, -- JSON
    removed_at_ns INTEGER
) STRICT;
CREATE UNIQUE INDEX connection_names ON connections (name) WHERE removed_at_ns IS NULL;

CREATE TABLE own_prices (
    host TEXT NOT NULL,
    model TEXT NOT NULL,
    price TEXT NOT NULL, -- JSON
    PRIMARY KEY (host, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE prompt_sets (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL COLLATE NOCASE,
    kind TEXT NOT NULL CHECK (kind IN ('listed', 'scratch', 'file', 'sample')),
    deleted_at_ns INTEGER
) STRICT;
CREATE UNIQUE INDEX prompt_set_names ON prompt_sets (name) WHERE kind IN ('listed', 'sample') AND deleted_at_ns IS NULL;
CREATE UNIQUE INDEX prompt_set_files ON prompt_sets (name) WHERE kind = 'file';
CREATE UNIQUE INDEX prompt_set_scratch ON prompt_sets (kind) WHERE kind = 'scratch';

CREATE TABLE prompt_set_versions (
    seq INTEGER PRIMARY KEY,
    prompt_set_seq INTEGER NOT NULL REFERENCES prompt_sets (seq),
    version INTEGER NOT NULL CHECK (version >= 1),
    frozen INTEGER NOT NULL DEFAULT 0,
    case_count INTEGER NOT NULL,
    UNIQUE (prompt_set_seq, version)
) STRICT;

CREATE TABLE cases (
    version_seq INTEGER NOT NULL REFERENCES prompt_set_versions (seq),
    position INTEGER NOT NULL,
    definition TEXT NOT NULL, -- JSON
    PRIMARY KEY (version_seq, position)
) STRICT;
CREATE TRIGGER frozen_cases_stay BEFORE UPDATE ON cases
WHEN (SELECT frozen FROM prompt_set_versions WHERE seq = old.version_seq)
BEGIN SELECT raise(ABORT, 'a frozen version does not change'); END;
CREATE TRIGGER frozen_cases_are_kept BEFORE DELETE ON cases
WHEN (SELECT frozen FROM prompt_set_versions WHERE seq = old.version_seq)
BEGIN SELECT raise(ABORT, 'a frozen version does not change'); END;
CREATE TRIGGER frozen_cases_are_all BEFORE INSERT ON cases
WHEN (SELECT frozen FROM prompt_set_versions WHERE seq = new.version_seq)
BEGIN SELECT raise(ABORT, 'a frozen version does not change'); END;

CREATE TABLE runs (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    created_at_ns INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('unfinished', 'finished', 'cancelled', 'capped')),
    version_seq INTEGER NOT NULL REFERENCES prompt_set_versions (seq),
    prompt_set_name TEXT NOT NULL,
    plan TEXT NOT NULL, -- JSON, without the cases: they are the frozen version's
    vantage TEXT NOT NULL,
    cell_count INTEGER NOT NULL,
    simulated INTEGER NOT NULL,
    search_text TEXT NOT NULL, -- lower case
    figures_stale INTEGER NOT NULL DEFAULT 0, -- target_figures lags behind trials
    deleted_at_ns INTEGER
) STRICT;
CREATE INDEX run_times ON runs (created_at_ns);
CREATE INDEX run_versions ON runs (version_seq);

CREATE TABLE run_targets (
    run_seq INTEGER NOT NULL REFERENCES runs (seq),
    target_index INTEGER NOT NULL,
    label TEXT NOT NULL,
    colour INTEGER NOT NULL,
    connection_id BLOB NOT NULL,
    connection_name TEXT NOT NULL,
    model TEXT NOT NULL,
    params TEXT NOT NULL, -- JSON, as sent
    currency TEXT, -- absent: price unknown
    simulated INTEGER NOT NULL,
    PRIMARY KEY (run_seq, target_index)
) STRICT;
CREATE INDEX run_target_keys ON run_targets (connection_id, model, params);

CREATE TABLE trials (
    seq INTEGER PRIMARY KEY, -- the last one of a cell is the current one
    id BLOB NOT NULL UNIQUE,
    run_seq INTEGER NOT NULL,
    case_index INTEGER NOT NULL,
    repeat INTEGER NOT NULL,
    target_index INTEGER NOT NULL,
    supersedes BLOB,
    status TEXT NOT NULL CHECK (status IN ('finished', 'failed', 'cancelled')),
    failure_kind TEXT,
    failure_message TEXT,
    attempts INTEGER NOT NULL,
    started_at_ns INTEGER,
    waited_us INTEGER,
    queue_us INTEGER,
    ttft_us INTEGER,
    output_tokens_per_s REAL,
    cost_nano INTEGER,
    response_model TEXT,
    finish_reason TEXT,
    first_line TEXT NOT NULL,
    warnings TEXT, -- JSON; absent: none
    streamed INTEGER,
    headers_us INTEGER,
    first_chunk_us INTEGER,
    first_reasoning_us INTEGER,
    first_content_us INTEGER,
    last_output_us INTEGER,
    last_content_us INTEGER,
    end_us INTEGER,
    output_arrivals INTEGER,
    content_arrivals INTEGER,
    input_tokens INTEGER,
    cached_input_tokens INTEGER,
    cache_write_tokens INTEGER,
    output_tokens INTEGER,
    reasoning_tokens INTEGER,
    usage_source TEXT,
    FOREIGN KEY (run_seq, target_index) REFERENCES run_targets (run_seq, target_index)
) STRICT;
CREATE INDEX trial_cells ON trials (run_seq, case_index, repeat, target_index);

CREATE VIEW current_trials AS
SELECT * FROM trials AS t
WHERE NOT EXISTS (
    SELECT 1 FROM trials AS later
    WHERE later.run_seq = t.run_seq AND later.case_index = t.case_index AND later.repeat = t.repeat
        AND later.target_index = t.target_index AND later.seq > t.seq
);

CREATE TABLE trial_bodies (
    trial_seq INTEGER PRIMARY KEY REFERENCES trials (seq),
    output TEXT NOT NULL,
    reasoning TEXT NOT NULL,
    request TEXT NOT NULL,
    error_body TEXT NOT NULL
) STRICT;

CREATE TABLE attempts (
    trial_seq INTEGER NOT NULL REFERENCES trials (seq),
    position INTEGER NOT NULL,
    number INTEGER NOT NULL,
    started_at_ns INTEGER NOT NULL,
    http_status INTEGER,
    failure_kind TEXT,
    failure_message TEXT,
    cost_nano INTEGER,
    request_id TEXT,
    backoff_us INTEGER NOT NULL,
    streamed INTEGER NOT NULL,
    headers_us INTEGER,
    first_chunk_us INTEGER,
    first_reasoning_us INTEGER,
    first_content_us INTEGER,
    last_output_us INTEGER,
    last_content_us INTEGER,
    end_us INTEGER NOT NULL,
    output_arrivals INTEGER NOT NULL,
    content_arrivals INTEGER NOT NULL,
    input_tokens INTEGER,
    cached_input_tokens INTEGER,
    cache_write_tokens INTEGER,
    output_tokens INTEGER,
    reasoning_tokens INTEGER,
    usage_source TEXT,
    PRIMARY KEY (trial_seq, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE judgements (
    seq INTEGER PRIMARY KEY, -- the last one of a trial holds
    trial_seq INTEGER NOT NULL REFERENCES trials (seq),
    at_ns INTEGER NOT NULL,
    thumb TEXT CHECK (thumb IN ('up', 'down')),
    score INTEGER CHECK (score BETWEEN 1 AND 5),
    note TEXT NOT NULL
) STRICT;
CREATE INDEX judgement_trials ON judgements (trial_seq);

CREATE TRIGGER trials_are_append_only BEFORE UPDATE ON trials BEGIN SELECT raise(ABORT, 'trials are append-only'); END;
CREATE TRIGGER trials_are_kept BEFORE DELETE ON trials BEGIN SELECT raise(ABORT, 'trials are append-only'); END;
CREATE TRIGGER bodies_are_append_only BEFORE UPDATE ON trial_bodies BEGIN SELECT raise(ABORT, 'trials are append-only'); END;
CREATE TRIGGER bodies_are_kept BEFORE DELETE ON trial_bodies BEGIN SELECT raise(ABORT, 'trials are append-only'); END;
CREATE TRIGGER attempts_are_append_only BEFORE UPDATE ON attempts BEGIN SELECT raise(ABORT, 'attempts are append-only'); END;
CREATE TRIGGER attempts_are_kept BEFORE DELETE ON attempts BEGIN SELECT raise(ABORT, 'attempts are append-only'); END;
CREATE TRIGGER judgements_are_append_only BEFORE UPDATE ON judgements BEGIN SELECT raise(ABORT, 'judgements are append-only'); END;
CREATE TRIGGER judgements_are_kept BEFORE DELETE ON judgements BEGIN SELECT raise(ABORT, 'judgements are append-only'); END;

-- Figures of one target in one run, worked out in SQL when the run stops; `figures.rs` holds the query.
CREATE TABLE target_figures (
    run_seq INTEGER NOT NULL,
    target_index INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    ttft_p50_ms REAL,
    ttft_p95_ms REAL,
    total_p95_ms REAL,
    output_tokens_per_s_p50 REAL,
    cost_nano INTEGER,
    unknown_costs INTEGER NOT NULL,
    PRIMARY KEY (run_seq, target_index),
    FOREIGN KEY (run_seq, target_index) REFERENCES run_targets (run_seq, target_index)
) STRICT;
