import type { Alert } from '#src/alert/alert.ts'
import type { ApiCall } from '#src/call/call.ts'
import type { Reading } from '#src/call/format.ts'
import { Ledger } from '#src/detection/ledger.ts'
import { defaultLimits, type WebLimits, type WebOptions, type WebRecord } from '#src/web/options.ts'

/** What a server under test has been told to keep, and knobs to turn while it runs. */
export interface Given extends WebOptions {
  readonly appended: WebRecord[]
  readonly logged: string[]
  readonly answered: string[]
  readonly rejectedReasons: Map<string, number>
  peakBytes: number
  waitingBytes: number
}

/** A stand-in for the format: calls are objects with a numeric status from 100 to 599. */
export function checkCall(value: Uint8Array): Reading {
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value))
  } catch {
    return { kind: 'rejected', reason: 'not-json', detail: 'no JSON' }
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return { kind: 'rejected', reason: 'not-an-object', detail: 'expected an object' }
  }
  if ('skip' in parsed) return { kind: 'skipped', reason: 'banner' }
  const status = Object.hasOwn(parsed, 'status') ? Reflect.get(parsed, 'status') : undefined
  if (typeof status !== 'number' || status < 100 || status > 599) {
    return { kind: 'rejected', reason: 'wrong-shape', detail: 'status: expected 100 to 599' }
  }
  const requestId = (parsed as { request_id?: string }).request_id ?? null
  return { kind: 'call', call: { requestId } as ApiCall }
}

export type Overrides = Partial<Omit<WebOptions, 'limits'>> & { readonly limits?: Partial<WebLimits> }

export function given(overrides: Overrides = {}): Given {
  const appended: WebRecord[] = []
  const logged: string[] = []
  const answered: string[] = []
  const rejectedReasons = new Map<string, number>()
  const log = (_: object, message: string): void => {
    logged.push(message)
  }
  const made: Given = {
    host: '127.0.0.1',
    port: 0,
    hosts: [],
    tokens: [],
    encoding: 'json',
    version: '0.0.0',
    append: async (records) => {
      appended.push(...records)
    },
    check: checkCall,
    alerts: async () => [],
    alert: async () => null,
    entities: async () => [],
    budget: () => new Ledger(1).report(),
    metrics: async () => 'tidemark_live 1\n',
    health: () => ({ live: true, ready: true, reasons: [] }),
    lag: () => 0,
    lastCallAt: () => null,
    log: { info: log, warn: log, error: log },
    events: {
      answered: (route, status) => {
        answered.push(`${route} ${status}`)
      },
      ingested: (_accepted, _skipped, rejected) => {
        for (const [reason, count] of rejected) rejectedReasons.set(reason, count)
      },
      waiting: (_requests, bytes) => {
        made.peakBytes = Math.max(made.peakBytes, bytes)
        made.waitingBytes = bytes
      },
    },
    ...overrides,
    limits: { ...defaultLimits, ...overrides.limits },
    appended,
    logged,
    answered,
    rejectedReasons,
    peakBytes: 0,
    waitingBytes: 0,
  }
  return made
}

export function anAlert(changes: Partial<Alert> = {}): Alert {
  return {
    id: 'a1',
    detector: 'error-burst',
    status: 'open',
    settled: true,
    severity: 'critical',
    entity: { kind: 'endpoint', service: 'payments', method: 'POST', route: '/v1/charge', identity: null },
    parent: null,
    opened_at: '2026-11-22T03:04:10.000Z',
    last_seen_at: '2026-11-22T03:06:10.000Z',
    resolved_at: null,
    detected_at: '2026-11-22T03:04:20.000Z',
    window_seconds: 60,
    surprise_bits: 41.2,
    evidence: { errors: 30.9, 'response sizes': 10.3 },
    observed: { errors: 61, calls: 90, duration_ms: 1957 },
    expected: { errors: 0.4, low: 0, high: 3, duration_ms: 40.2, duration_ms_low: 29.6, duration_ms_high: 54.5 },
    baseline: { calls: 120_345, readiness: 'ready' },
    reason: '61 of 90 calls failed; 0.4 expected',
    contributors: [
      { name: 'spiffe://cluster.local/ns/billing/sa/invoicer', share: 0.62 },
      { name: 'spiffe://cluster.local/ns/shop/sa/checkout', share: 0.21 },
    ],
    examples: ['9f1c2b7e', '9f1c2b91', '9f1c2ba4'],
    query:
      "SELECT * FROM tidemark.api_calls\nWHERE service = 'payments' AND method = 'POST' AND route = '/v1/charge'\n  AND ts >= '2026-11-22 03:04:10' AND ts < '2026-11-22 03:06:10'\nORDER BY ts",
    silent_if: 'Fewer than 4 of the 90 calls had failed.',
    version: 3,
    ...changes,
  }
}
