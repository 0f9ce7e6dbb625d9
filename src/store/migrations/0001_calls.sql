-- One row a call, as the native format names its fields; a function of its record alone.
-- Missing text is '' (a format never gives an empty one), a missing number or time is NULL.
-- (source, position) names the record: one row for each, none missing, is what exactly once means here.
CREATE TABLE IF NOT EXISTS ${database}.api_calls
(
    ts DateTime64(3, 'UTC') COMMENT 'when the request started, as far as it is believed' CODEC(Delta(8), ZSTD(1)),
    service LowCardinality(String),
    method LowCardinality(String),
    path String CODEC(ZSTD(1)),
    route LowCardinality(String),
    status UInt16 CODEC(ZSTD(1)),
    request_bytes Nullable(UInt64) CODEC(T64, ZSTD(1)),
    response_bytes Nullable(UInt64) CODEC(T64, ZSTD(1)),
    duration_ms Nullable(Float64) CODEC(ZSTD(1)),
    client_ip String CODEC(ZSTD(1)),
    host String CODEC(ZSTD(1)),
    identity String CODEC(ZSTD(1)),
    decision LowCardinality(String),
    decision_reason String CODEC(ZSTD(1)),
    request_id String CODEC(ZSTD(1)),
    trace_id String CODEC(ZSTD(1)),
    token_id String CODEC(ZSTD(1)),
    token_issued_at Nullable(DateTime64(0, 'UTC')) CODEC(ZSTD(1)),
    token_expires_at Nullable(DateTime64(0, 'UTC')) CODEC(ZSTD(1)),
    user_agent String CODEC(ZSTD(1)),
    region LowCardinality(String),
    source LowCardinality(String) COMMENT 'the partition or file that the record came from',
    position UInt64 COMMENT 'where it stands there' CODEC(Delta(8), ZSTD(1)),
    appended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when the stream took the record' CODEC(ZSTD(1)),
    time_fixed Bool COMMENT 'ts is appended_at, because the logged time was out of range',
    INDEX by_identity identity TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_client client_ip TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(ts)
ORDER BY (service, route, toStartOfHour(ts), source, position)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

-- What could not be read as a call, with its reason. source and position name the record of api-calls;
-- letter_source and letter_position the dead letter itself.
CREATE TABLE IF NOT EXISTS ${database}.dead_letters
(
    appended_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    source LowCardinality(String),
    position UInt64 CODEC(ZSTD(1)),
    reason LowCardinality(String),
    detail String CODEC(ZSTD(1)),
    format LowCardinality(String),
    sample String COMMENT 'the start of the record, redacted' CODEC(ZSTD(1)),
    letter_source LowCardinality(String),
    letter_position UInt64 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(appended_at)
ORDER BY (reason, appended_at)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;

-- Records that a stage could not read any more: told, never skipped in silence.
CREATE TABLE IF NOT EXISTS ${database}.gaps
(
    at DateTime64(3, 'UTC'),
    stage LowCardinality(String),
    source String,
    from_position UInt64 COMMENT 'the first that is missing',
    to_position UInt64 COMMENT 'the first that is there again'
)
ENGINE = MergeTree
ORDER BY (at, stage, source)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1;
