import type { Alert, AlertRecord } from '#src/alert/alert.ts'

export type ToldRecord = AlertRecord & { telling: NonNullable<AlertRecord['telling']> }

/** An alert as judge writes it; `changes` replaces fields. */
export function alertOf(id: string, changes: Partial<Alert> = {}): Alert {
  return {
    id,
    detector: 'error-burst',
    status: 'open',
    settled: true,
    severity: 'high',
    entity: { kind: 'endpoint', service: 'payments', method: 'POST', route: '/v1/charge', identity: null },
    parent: null,
    opened_at: '2026-11-22T09:29:00.000Z',
    last_seen_at: '2026-11-22T09:30:00.000Z',
    resolved_at: null,
    detected_at: '2026-11-22T09:29:20.000Z',
    window_seconds: 60,
    surprise_bits: 41.2,
    evidence: { errors: 41.2 },
    observed: { errors: 61, calls: 90 },
    expected: { errors: 0.4, low: 0, high: 3 },
    baseline: { calls: 120_345, readiness: 'ready' },
    reason: '61 of 90 calls failed; 0.4 expected',
    contributors: [{ name: 'checkout', share: 0.9 }],
    examples: ['req-1', 'req-2', 'req-3'],
    query: "SELECT * FROM tidemark.api_calls WHERE service = 'payments' AND route = '/v1/charge'",
    silent_if: 'at most 3 of 90 calls had failed',
    version: 1,
    ...changes,
  }
}

export function toldOf(
  id: string,
  notice = 1,
  event: ToldRecord['telling']['event'] = 'opened',
  changes: Partial<Alert> = {},
): ToldRecord {
  return { alert: alertOf(id, changes), telling: { notice, event } }
}
