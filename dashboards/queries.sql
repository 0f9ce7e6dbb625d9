-- Questions that analysts ask. Each runs as it is; parameters in braces are bound by the client:
--   clickhouse-client --param_from='2026-11-22 03:00:00' --param_to='2026-11-22 04:00:00' …
-- Always bound ts (or minute) on both sides: days outside are then not read at all.

-- name: open-alerts — What is open just now, worst first?
SELECT severity, detector, kind, service, method, route, identity, reason, opened_at, surprise_bits, id
FROM tidemark.alerts FINAL
WHERE status = 'open'
ORDER BY indexOf(['critical', 'high', 'medium', 'low'], severity), opened_at;

-- name: alert-history — What became of one alert, and what was told of it?
SELECT appended_at, event, notice, version, status, settled, severity, surprise_bits, evidence, reason
FROM tidemark.alert_events
WHERE id = {id:String}
ORDER BY position;

-- name: alert-deliveries — Who was told of one alert, and what did they answer?
SELECT at, sink, notice, event, attempt, outcome, status, reason, latency_ms
FROM tidemark.deliveries
WHERE alert_id = {id:String}
ORDER BY at;

-- name: alerts-by-day — How many alerts did each detector settle a day?
SELECT toDate(opened_at) AS day, detector, count() AS alerts, countIf(status = 'withdrawn') AS withdrawn
FROM tidemark.alerts FINAL
WHERE settled AND opened_at >= {from:DateTime} AND opened_at < {to:DateTime}
GROUP BY day, detector
ORDER BY day, detector;

-- name: endpoint-around — What did one endpoint do, minute by minute?
SELECT minute, calls, errors, denied, identities, response_bytes_p50, response_bytes_p99, duration_ms_p99
FROM tidemark.endpoint_minutes
WHERE service = {service:String} AND method = {method:String} AND route = {route:String}
  AND minute >= {from:DateTime} AND minute < {to:DateTime}
ORDER BY minute;

-- name: worst-endpoints — Where do calls fail most?
SELECT service, method, route, sum(calls) AS all_calls, sum(errors) AS failed, round(failed / all_calls, 4) AS share
FROM tidemark.endpoint_minutes
WHERE minute >= {from:DateTime} AND minute < {to:DateTime}
GROUP BY service, method, route
HAVING failed > 0
ORDER BY failed DESC
LIMIT 50;

-- name: callers-of-endpoint — Who calls one endpoint, and how does it go for them?
SELECT identity, count() AS calls, countIf(status >= 500) AS errors, countIf(decision = 'deny' OR status IN (401, 403)) AS denied,
    uniq(client_ip) AS clients, sum(response_bytes) AS bytes_out, min(ts) AS first_call, max(ts) AS last_call
FROM tidemark.api_calls
WHERE service = {service:String} AND method = {method:String} AND route = {route:String}
  AND ts >= {from:DateTime} AND ts < {to:DateTime}
GROUP BY identity
ORDER BY calls DESC
LIMIT 50;

-- name: identity-around — What did one identity do, minute by minute?
SELECT minute, calls, errors, denied, gets, endpoints, clients, response_bytes_sum
FROM tidemark.identity_minutes
WHERE identity = {identity:String} AND minute >= {from:DateTime} AND minute < {to:DateTime}
ORDER BY minute;

-- name: identity-reach — Which endpoints does one identity call, and since when?
SELECT service, method, route, count() AS calls, min(ts) AS first_call, max(ts) AS last_call, countIf(status >= 400) AS failed
FROM tidemark.api_calls
WHERE identity = {identity:String} AND ts >= {from:DateTime} AND ts < {to:DateTime}
GROUP BY service, method, route
ORDER BY first_call DESC
LIMIT 200;

-- name: new-edges — Which identities called an endpoint in this time that they had not called in the 14 days before it?
SELECT identity, service, method, route, min(ts) AS first_call, count() AS calls
FROM tidemark.api_calls
WHERE ts >= {from:DateTime} - INTERVAL 14 DAY AND ts < {to:DateTime}
GROUP BY identity, service, method, route
HAVING first_call >= {from:DateTime}
ORDER BY first_call
LIMIT 500;

-- name: heaviest-readers — Who carries most out?
SELECT identity, sum(response_bytes_sum) AS bytes_out, sum(gets) AS reads, max(endpoints) AS most_endpoints
FROM tidemark.identity_minutes
WHERE minute >= {from:DateTime} AND minute < {to:DateTime}
GROUP BY identity
ORDER BY bytes_out DESC
LIMIT 50;

-- name: denied — Who is being turned away, and how broadly?
SELECT identity, count() AS denied, uniq(service, method, route) AS endpoints, uniq(client_ip) AS clients, topK(3)(route) AS most
FROM tidemark.api_calls
WHERE ts >= {from:DateTime} AND ts < {to:DateTime} AND (decision = 'deny' OR status IN (401, 403))
GROUP BY identity
ORDER BY endpoints DESC, denied DESC
LIMIT 50;

-- name: one-request — Everything about one request.
SELECT *
FROM tidemark.api_calls
WHERE request_id = {request_id:String} AND ts >= {from:DateTime} AND ts < {to:DateTime};

-- name: one-client — Which identities come from one address?
SELECT identity, count() AS calls, uniq(service, method, route) AS endpoints, min(ts) AS first_call, max(ts) AS last_call
FROM tidemark.api_calls
WHERE client_ip = {client_ip:String} AND ts >= {from:DateTime} AND ts < {to:DateTime}
GROUP BY identity
ORDER BY calls DESC
LIMIT 100;

-- name: baseline-over-time — What was normal for one endpoint?
SELECT at, measure, level, low, high, dispersion, calls, readiness
FROM tidemark.baselines
WHERE kind = 'endpoint' AND service = {service:String} AND method = {method:String} AND route = {route:String}
  AND at >= {from:DateTime} AND at < {to:DateTime}
ORDER BY measure, at;

-- name: changed-baselines — What had changed so long that it is taken for normal now, and since when?
SELECT kind, service, method, route, identity, measure, changed_at, any(changed_from) AS before, argMax(level, at) AS level_now
FROM tidemark.baselines
WHERE at >= {from:DateTime} AND at < {to:DateTime} AND changed_at >= {from:DateTime}
GROUP BY kind, service, method, route, identity, measure, changed_at
ORDER BY changed_at DESC
LIMIT 100;

-- name: dead-letters — What could not be read, and why?
SELECT reason, count() AS records, any(detail) AS example, any(sample) AS sample
FROM tidemark.dead_letters
WHERE appended_at >= {from:DateTime} AND appended_at < {to:DateTime}
GROUP BY reason
ORDER BY records DESC;

-- name: gaps — What did Tidemark miss?
SELECT at, stage, source, from_position, to_position, to_position - from_position AS positions
FROM tidemark.gaps
ORDER BY at DESC
LIMIT 100;

-- name: clocks — Which services have a wrong clock?
SELECT service, countIf(time_fixed) AS replaced, count() AS calls,
    quantile(0.5)(dateDiff('second', ts, appended_at)) AS typical_delay_seconds
FROM tidemark.api_calls
WHERE ts >= {from:DateTime} AND ts < {to:DateTime} AND appended_at IS NOT NULL
GROUP BY service
ORDER BY replaced DESC, typical_delay_seconds DESC
LIMIT 50;
