import { describe, expect, test } from 'vitest'
import errorBurst from '#detectors/error-burst/detector.ts'
import { alertId, alertOf } from '#src/alert/describe.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import { type EntityRef, endpointRef, identityRef, otherRef, serviceRef } from '#src/baseline/entity.ts'
import type { Detector } from '#src/detection/detector.ts'
import { planOf } from '#src/detection/plan.ts'
import { Rows } from '#src/detection/rows.ts'
import type { Members, Subject } from '#src/detection/subject.ts'
import {
  CALM_SINCE,
  DETECTED,
  LAST,
  NATS,
  OPENED,
  PEAK,
  RESOLVED,
  SEVERITY,
  SUM,
  VERSION,
} from '#src/detection/surprise.ts'

const TICK_MS = 10_000
const CALENDAR = calendarOf(TICK_MS)
const START = Date.UTC(2026, 10, 22, 9, 30) / TICK_MS
const detector = errorBurst as unknown as Detector
const { endpoint: plan } = planOf([{ detector, params: detector.params.parse({}) }], 1, 1)
const [watch] = plan.watches
if (watch === undefined) throw new Error('no watch')

/** An entity with an open episode: 9 of 10 calls failed in one minute. */
function subjectOf(ref: EntityRef): Subject {
  const rows = new Rows(plan.width, plan.binsWidth)
  const row = rows.take()
  const numbers: readonly (readonly [number, number])[] = [
    [CALM_SINCE, START - 1000],
    [OPENED, START],
    [DETECTED, START + 2],
    [LAST, START + 6],
    [RESOLVED, START + 20],
    [NATS, 20 * Math.LN2],
    [SEVERITY, 1],
    [VERSION, 3],
    [SUM, 9],
    [SUM + 1, 10],
    [SUM + 2, 0.1],
    [SUM + 3, 0.4],
    [PEAK, 0.1],
  ]
  for (const [offset, value] of numbers) rows.numbers[row * plan.width + (watch?.at ?? 0) + offset] = value
  const sample = Array.from({ length: 7 }, (_, i) => ({ rank: i, id: `id-${i}`, who: i < 5 ? 'mallory' : 'alice' }))
  return { ref, rows, row, weight: 1, examples: [sample] }
}

const CHARGE = endpointRef('payments', 'POST', '/v1/charge')

describe('an alert', () => {
  test('says what, when, how odd, who and where to look', () => {
    const alert = alertOf(subjectOf(CHARGE), watch, 'resolved', true, CALENDAR)
    expect(alert).toMatchObject({
      id: alertId('error-burst', CHARGE, (START - 1000) * TICK_MS),
      detector: 'error-burst',
      status: 'resolved',
      settled: true,
      severity: 'high',
      entity: { kind: 'endpoint', service: 'payments', method: 'POST', route: '/v1/charge', identity: null },
      opened_at: '2026-11-22T09:30:00.000Z',
      detected_at: '2026-11-22T09:30:20.000Z',
      last_seen_at: '2026-11-22T09:31:00.000Z',
      resolved_at: '2026-11-22T09:33:20.000Z',
      window_seconds: 60,
      surprise_bits: 20,
      observed: { errors: 9, calls: 10 },
      contributors: [
        { name: 'mallory', share: 0.71 },
        { name: 'alice', share: 0.29 },
      ],
      examples: ['id-0', 'id-1', 'id-2', 'id-3', 'id-4'],
      version: 3,
    })
    expect(alert.query).toBe(
      "SELECT * FROM tidemark.api_calls WHERE service = 'payments' AND method = 'POST' AND route = '/v1/charge' AND " +
        "ts >= parseDateTime64BestEffort('2026-11-22T09:30:00.000Z', 3, 'UTC') AND " +
        "ts < parseDateTime64BestEffort('2026-11-22T09:31:00.000Z', 3, 'UTC') AND status >= 500 ORDER BY ts LIMIT 100",
    )
  })

  test('that is not settled has no version, and one that goes on no end', () => {
    const alert = alertOf(subjectOf(CHARGE), watch, 'open', false, CALENDAR)
    expect([alert.version, alert.settled, alert.resolved_at]).toEqual([0, false, null])
  })

  test('keeps the severity that it had at its worst', () => {
    const subject = subjectOf(CHARGE)
    subject.rows.numbers[watch.at + SEVERITY] = 3
    expect(alertOf(subject, watch, 'open', true, CALENDAR).severity).toBe('critical')
  })

  test.for([
    ["x' OR 1=1 --", "'x\\' OR 1=1 --'"],
    ['back\\', "'back\\\\'"],
    ["\\'", "'\\\\\\''"],
  ] as const)('quotes the name %s', ([name, quoted]) => {
    expect(alertOf(subjectOf(endpointRef(name, 'GET', '/')), watch, 'open', true, CALENDAR).query).toContain(
      `service = ${quoted} AND`,
    )
    expect(alertOf(subjectOf(identityRef(name)), watch, 'open', true, CALENDAR).query).toContain(
      `identity = ${quoted} AND`,
    )
  })

  test('of a service names it, shows the calls of all its endpoints, and says where it is the most', () => {
    const members = {
      all: 25,
      odd: 14,
      alarmed: 9,
      most: 0,
      severity: 3,
      names: [{ name: 'POST /v1/charge', share: 0.4512 }],
    }
    const shop = subjectOf(serviceRef('payments'))
    const told = (shown: Members | null) => alertOf(shop, watch, 'open', true, CALENDAR, { members: shown })
    const alone = told(null)
    expect(alone.entity).toEqual({ kind: 'service', service: 'payments', method: null, route: null, identity: null })
    expect(alone.query).toMatch(/WHERE service = 'payments' AND ts >= .* AND status >= 500 ORDER/)
    expect(alone.severity).toBe('high')
    expect(told(members)).toEqual({
      ...alone,
      severity: 'critical',
      reason: `${alone.reason}; behind it 14 of 25 endpoints, most at POST /v1/charge (45%)`,
    })
    expect(told({ ...members, odd: 1, severity: 0 })).toMatchObject({
      severity: alone.severity,
      reason: `${alone.reason}; spread over its 25 endpoints, most at POST /v1/charge (45%)`,
    })
    expect(told({ ...members, names: [] })).toEqual(alone)
  })

  test('of a service says how many it would have taken with less at all endpoints alike, where one of them carries some', () => {
    const members = { all: 2, odd: 2, alarmed: 0, most: 0, severity: 0, names: [] }
    const numberOf = (most: number): number => {
      const shown = { members: { ...members, most } }
      const { silent_if } = alertOf(subjectOf(serviceRef('payments')), watch, 'open', true, CALENDAR, shown)
      return Number(/^fewer than about (\d+) of/.exec(silent_if)?.[1])
    }
    expect([numberOf(0), numberOf(2), numberOf(8), numberOf(9)]).toEqual([6, 8, 9, 9])
  })

  test('of an endpoint that belongs to its service names the alert of that', () => {
    expect(alertOf(subjectOf(CHARGE), watch, 'open', true, CALENDAR).parent).toBeNull()
    expect(alertOf(subjectOf(CHARGE), watch, 'open', true, CALENDAR, { parent: 'b1' }).parent).toBe('b1')
  })

  test('of everybody for whom there was no room has no name of its own', () => {
    const { entity } = alertOf(subjectOf(otherRef('endpoint', 3)), watch, 'open', true, CALENDAR)
    expect(entity).toEqual({ kind: 'endpoint', service: '(all others)', method: null, route: null, identity: null })
  })
})

describe('the id of an alert', () => {
  test('tells detectors, entities, scopes and episodes apart, and is the same for ever', () => {
    const ids = [
      alertId('error-burst', CHARGE, 0),
      alertId('get-spike', CHARGE, 0),
      alertId('error-burst', CHARGE, 10_000),
      alertId('error-burst', endpointRef('payments', 'POST', '/v1/charges'), 0),
      alertId('error-burst', endpointRef('a', 'b', 'c'), 0),
      alertId('error-burst', identityRef('a\nb\nc'), 0),
      alertId('error-burst', serviceRef('payments'), 0),
      alertId('error-burst', identityRef('payments'), 0),
    ]
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(alertId('error-burst', CHARGE, 0)).toBe(ids[0])
  })
})
