-- What had lasted until it was taken for normal, and what was normal before: so that a level that moved for good is found.
ALTER TABLE ${database}.baselines ADD COLUMN IF NOT EXISTS changed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'since when the last lasting change is normal; none: there was none';

ALTER TABLE ${database}.baselines ADD COLUMN IF NOT EXISTS changed_from Nullable(Float64) COMMENT 'the level before that';
