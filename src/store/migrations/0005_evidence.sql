-- How many of an alert's bits each measure carried. Alerts of before have none.
ALTER TABLE ${database}.alerts ADD COLUMN IF NOT EXISTS evidence String DEFAULT '{}' COMMENT 'JSON: surprise_bits by measure' AFTER surprise_bits;
ALTER TABLE ${database}.alert_events ADD COLUMN IF NOT EXISTS evidence String DEFAULT '{}' COMMENT 'JSON: surprise_bits by measure' AFTER surprise_bits;

-- A view keeps the columns that there were when it was made.
CREATE OR REPLACE VIEW ${database}.current_alerts AS SELECT * FROM ${database}.alerts FINAL;
