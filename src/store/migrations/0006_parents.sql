-- Alerts that belong to another: those of endpoints to the alert of their service, which is the one that is told.
ALTER TABLE ${database}.alerts ADD COLUMN IF NOT EXISTS parent String DEFAULT '' COMMENT 'id of the alert that it belongs to; empty: to none';

ALTER TABLE ${database}.alert_events ADD COLUMN IF NOT EXISTS parent String DEFAULT '' COMMENT 'id of the alert that it belongs to; empty: to none';

-- A view keeps the columns that it was made with.
CREATE OR REPLACE VIEW ${database}.current_alerts AS SELECT * FROM ${database}.alerts FINAL;
