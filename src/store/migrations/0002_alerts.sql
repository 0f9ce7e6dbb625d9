-- Alerts as they stand: the record with the largest position of an id wins. Read it with FINAL, or as current_alerts.
CREATE TABLE IF NOT EXISTS ${database}.alerts
(
    id String,
    detector LowCardinality(String),
    status LowCardinality(String) COMMENT 'open, resolved or withdrawn',
    settled Bool,
    severity LowCardinality(String) COMMENT 'low, medium, high or critical',
    kind LowCardinality(String) COMMENT 'kind of the entity',
    service LowCardinality(String) COMMENT 'empty where it does not apply to the kind; so method, route, identity',
    method LowCardinality(String),
    route String,
    identity String,
    opened_at DateTime64(3, 'UTC'),
    last_seen_at DateTime64(3, 'UTC'),
    resolved_at Nullable(DateTime64(3, 'UTC')),
    detected_at DateTime64(3, 'UTC'),
    window_seconds Float64,
    surprise_bits Float64,
    observed String COMMENT 'JSON',
    expected String COMMENT 'JSON',
    baseline_calls UInt64,
    readiness LowCardinality(String),
    reason String,
    contributors String COMMENT 'JSON',
    examples Array(String) COMMENT 'request ids',
    query String,
    silent_if String,
    version UInt32 COMMENT 'counts changes of settled content',
    notice Nullable(UInt32) COMMENT 'NULL where nobody was told',
    event LowCardinality(String) COMMENT 'what was told: opened, updated, resolved, withdrawn, reopened; empty where nobody was',
    appended_at Nullable(DateTime64(3, 'UTC')),
    source LowCardinality(String),
    position UInt64
)
ENGINE = ReplacingMergeTree(position)
ORDER BY id
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

-- Every record of the alerts topic: the history of each alert, and what was told.
CREATE TABLE IF NOT EXISTS ${database}.alert_events
(
    id String,
    detector LowCardinality(String),
    status LowCardinality(String) COMMENT 'open, resolved or withdrawn',
    settled Bool,
    severity LowCardinality(String) COMMENT 'low, medium, high or critical',
    kind LowCardinality(String) COMMENT 'kind of the entity',
    service LowCardinality(String) COMMENT 'empty where it does not apply to the kind; so method, route, identity',
    method LowCardinality(String),
    route String,
    identity String,
    opened_at DateTime64(3, 'UTC'),
    last_seen_at DateTime64(3, 'UTC'),
    resolved_at Nullable(DateTime64(3, 'UTC')),
    detected_at DateTime64(3, 'UTC'),
    window_seconds Float64,
    surprise_bits Float64,
    observed String COMMENT 'JSON',
    expected String COMMENT 'JSON',
    baseline_calls UInt64,
    readiness LowCardinality(String),
    reason String,
    contributors String COMMENT 'JSON',
    examples Array(String) COMMENT 'request ids',
    query String,
    silent_if String,
    version UInt32 COMMENT 'counts changes of settled content',
    notice Nullable(UInt32) COMMENT 'NULL where nobody was told',
    event LowCardinality(String) COMMENT 'what was told: opened, updated, resolved, withdrawn, reopened; empty where nobody was',
    appended_at Nullable(DateTime64(3, 'UTC')),
    source LowCardinality(String),
    position UInt64
)
ENGINE = MergeTree
ORDER BY (id, position)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE VIEW IF NOT EXISTS ${database}.current_alerts AS SELECT * FROM ${database}.alerts FINAL;

-- One row an attempt.
CREATE TABLE IF NOT EXISTS ${database}.deliveries
(
    at DateTime64(3, 'UTC'),
    sink LowCardinality(String),
    alert_id String,
    notice UInt32,
    event LowCardinality(String),
    attempt UInt32,
    outcome LowCardinality(String),
    status Nullable(UInt16),
    reason String,
    latency_ms Nullable(Float64),
    source LowCardinality(String),
    position UInt64
)
ENGINE = MergeTree
ORDER BY (alert_id, notice, at)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
