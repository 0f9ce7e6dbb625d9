-- Plain views: no second copy that could count a call twice. Narrow them by minute, service or identity.
CREATE VIEW IF NOT EXISTS ${database}.endpoint_minutes AS
SELECT
    toStartOfMinute(ts) AS minute,
    service,
    method,
    route,
    count() AS calls,
    countIf(status >= 500) AS errors,
    countIf(status >= 400 AND status < 500) AS client_errors,
    countIf(decision = 'deny' OR status IN (401, 403)) AS denied,
    countIf(method = 'GET') AS gets,
    sum(request_bytes) AS request_bytes_sum,
    sum(response_bytes) AS response_bytes_sum,
    quantile(0.5)(response_bytes) AS response_bytes_p50,
    quantile(0.99)(response_bytes) AS response_bytes_p99,
    quantile(0.5)(duration_ms) AS duration_ms_p50,
    quantile(0.95)(duration_ms) AS duration_ms_p95,
    quantile(0.99)(duration_ms) AS duration_ms_p99,
    uniq(identity) AS identities
FROM ${database}.api_calls
GROUP BY minute, service, method, route;

CREATE VIEW IF NOT EXISTS ${database}.identity_minutes AS
SELECT
    toStartOfMinute(ts) AS minute,
    identity,
    count() AS calls,
    countIf(status >= 500) AS errors,
    countIf(status >= 400 AND status < 500) AS client_errors,
    countIf(decision = 'deny' OR status IN (401, 403)) AS denied,
    countIf(method = 'GET') AS gets,
    sum(request_bytes) AS request_bytes_sum,
    sum(response_bytes) AS response_bytes_sum,
    quantile(0.5)(response_bytes) AS response_bytes_p50,
    quantile(0.99)(response_bytes) AS response_bytes_p99,
    quantile(0.5)(duration_ms) AS duration_ms_p50,
    quantile(0.99)(duration_ms) AS duration_ms_p99,
    uniq(service, method, route) AS endpoints,
    uniq(client_ip) AS clients
FROM ${database}.api_calls
GROUP BY minute, identity;
