-- Not numbered: run whenever its days change. Old days go at the next merge, or when retention runs.
ALTER TABLE ${database}.api_calls MODIFY TTL toDateTime(ts) + INTERVAL ${calls} DAY SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE ${database}.dead_letters MODIFY TTL toDateTime(appended_at) + INTERVAL ${calls} DAY SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE ${database}.baselines MODIFY TTL toDateTime(at) + INTERVAL ${baselines} DAY SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE ${database}.alerts MODIFY TTL toDateTime(last_seen_at) + INTERVAL ${alerts} DAY SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE ${database}.alert_events MODIFY TTL toDateTime(last_seen_at) + INTERVAL ${alerts} DAY SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE ${database}.deliveries MODIFY TTL toDateTime(at) + INTERVAL ${alerts} DAY SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE ${database}.gaps MODIFY TTL toDateTime(at) + INTERVAL ${alerts} DAY SETTINGS materialize_ttl_after_modify = 0;
