import { describe, expect, it } from 'vitest'
import type { Alert } from '#src/alert/alert.ts'
import type { Label } from '../../bench/quality/effect.ts'
import { families } from '../../bench/quality/families.ts'
import { poissonInterval } from '../../bench/quality/interval.ts'
import { scoreOf } from '../../bench/quality/score.ts'
import { summaryOf } from '../../bench/quality/summary.ts'
import { createWorld } from '../../bench/quality/world.ts'
import { alertOf } from '../fakes/alert.ts'

const t0 = Date.UTC(2026, 2, 2, 12)
const second = 1000

function label(change: Partial<Label>): Label {
  return {
    id: 'a',
    kind: '5xx-burst',
    endpoints: ['payments POST /v1/charge'],
    identities: [],
    through: [],
    from: t0,
    to: t0 + 300 * second,
    intensity: 0.5,
    nats: 100,
    ...change,
  }
}

const endpoint = { kind: 'endpoint', service: 'payments', method: 'POST', route: '/v1/charge', identity: null } as const
const service = { kind: 'service', service: 'payments', method: null, route: null, identity: null } as const
const edge = { kind: 'edge', service: 'vault', method: 'GET', route: '/v1/keys', identity: 'mallory' } as const

let alerts = 0
function alert(afterSeconds: number, change: Partial<Alert> = {}) {
  alerts += 1
  const detected_at = new Date(t0 + afterSeconds * second).toISOString()
  return alertOf(`alert-${alerts}`, { status: 'resolved', entity: endpoint, detected_at, ...change })
}

describe('the scorer', () => {
  it('takes the first fitting alert for true and further ones for duplicates', () => {
    const [late, first] = [alert(200), alert(30)]
    const score = scoreOf([label({})], [late, first])
    expect(score.hits).toMatchObject([{ alert: first, delayMs: 30 * second }])
    expect(score).toMatchObject({ duplicates: [late], falseAlarms: [], missed: [] })
  })

  it('counts the delay from the strike, and none where the preparation was told', () => {
    const poisoned = label({ strikesAt: t0 + 100 * second })
    expect(scoreOf([poisoned], [alert(130)]).hits).toMatchObject([{ delayMs: 30 * second }])
    expect(scoreOf([poisoned], [alert(40)]).hits).toMatchObject([{ delayMs: 0 }])
  })

  it('takes the parent and an edge of the identity for the entity', () => {
    expect(scoreOf([label({})], [alert(30, { entity: service })]).hits).toHaveLength(1)
    const lateral = label({ kind: 'lateral-uniform', endpoints: [], identities: ['mallory'] })
    expect(scoreOf([lateral], [alert(30, { detector: 'new-edge', entity: edge })]).hits).toHaveLength(1)
    expect(
      scoreOf([lateral], [alert(30, { detector: 'new-edge', entity: { ...edge, identity: 'alice' } })]).hits,
    ).toEqual([])
  })

  it('counts alerts for whose calls an attack runs through as further ones, from the strike on', () => {
    const poisoned = label({ strikesAt: t0 + 100 * second, through: ['alice'] })
    const alice = { kind: 'identity', service: null, method: null, route: null, identity: 'alice' } as const
    const [before, within] = [alert(90, { entity: alice }), alert(130, { entity: alice, detector: 'get-spike' })]
    const other = alert(130, { entity: { ...alice, identity: 'bob' } })
    expect(scoreOf([poisoned], [before, within, other])).toMatchObject({
      hits: [],
      duplicates: [within],
      falseAlarms: [{ alert: before }, { alert: other }],
    })
  })

  it.each([
    ['as the attack begins', 0, false],
    ['in its first tick', 10, true],
    ['60 s after its end', 360, true],
    ['later', 361, false],
  ])('counts an alert %s', (_, at, isTrue) => {
    const score = scoreOf([label({})], [alert(at)])
    expect(score.hits).toHaveLength(isTrue ? 1 : 0)
    expect(score.falseAlarms).toHaveLength(isTrue ? 0 : 1)
  })

  it('counts other families, other entities and trouble as false alarms, and says what went on', () => {
    const crowd = label({
      id: 'crowd',
      kind: 'benign_crowd',
      endpoints: ['cart GET /v1/items'],
      to: t0 + 3600 * second,
    })
    const always = { ...crowd, id: 'always', from: t0 - 86_400 * second, to: t0 + 86_400 * second }
    const inCrowd = alert(30, { entity: { ...endpoint, service: 'cart', method: 'GET', route: '/v1/items' } })
    const otherFamily = alert(40, { detector: 'silence' })
    const nowhere = alert(50, { entity: { ...endpoint, service: 'mail' } })
    const score = scoreOf([label({}), always, crowd], [inCrowd, otherFamily, nowhere])
    expect(score.falseAlarms.map(({ during }) => during?.id ?? null)).toEqual(['crowd', 'a', null])
    expect(score.missed).toHaveLength(1)
    expect(score.attacks).toHaveLength(1)
  })

  it('gives two attacks at once one alert each', () => {
    const score = scoreOf([label({ id: 'a' }), label({ id: 'b' })], [alert(20), alert(40), alert(60)])
    expect(score.hits.map(({ label: { id } }) => id)).toEqual(['a', 'b'])
    expect(score.duplicates).toHaveLength(1)
  })

  it('does not count what was withdrawn, nor what was not told beside the alert of its service', () => {
    for (const untold of [{ status: 'withdrawn', parent: null }, { parent: 'a1' }] as const) {
      expect(scoreOf([label({})], [alert(20, untold)])).toMatchObject({ hits: [], falseAlarms: [] })
    }
  })
})

it('puts recall by evidence, delay and false alarms a day together', () => {
  const strong = label({ id: 'strong', nats: 40 })
  const weak = label({ id: 'weak', nats: 10, endpoints: ['mail GET /v1/box'] })
  const uncovered = label({ id: 'none', kind: 'silence-endpoint', nats: 100, endpoints: ['x GET /y'] })
  const nowhere = alert(50, { entity: { ...endpoint, service: 'cart' } })
  const score = scoreOf([strong, weak, uncovered], [alert(30), nowhere])
  const world = createWorld(1, { endpoints: 30, identities: 10, hours: 1, callsPerDay: 100, attacks: 0 })
  const played = { budget: 1, calls: 100, rejected: 0, late: 0, duplicates: 0, alerts: [], seconds: 2 }
  const summary = summaryOf([{ seed: 1, world, days: 2, needed: 20, played, score }], new Set(['error-burst']))
  expect(summary.byEvidence.map(({ attacks, told }) => [attacks, told])).toEqual([
    [1, 0],
    [0, 0],
    [1, 1],
  ])
  expect(summary.covered).toMatchObject({ attacks: 2, told: 1, medianSeconds: 30 })
  expect(summary.all).toMatchObject({ attacks: 3, told: 1 })
  expect(summary.perDay.rate).toBe(0.5)
  expect(summary.during).toEqual({ nothing: 1 })
})

// Ulm (1990), Am. J. Epidemiol. 131, and any table of exact Poisson limits.
it.each([
  [0, 0, 3.689],
  [1, 0.0253, 5.572],
  [5, 1.623, 11.668],
  [10, 4.795, 18.39],
  [100, 81.36, 121.63],
])('gives the exact limits of %i events', (count, low, high) => {
  const interval = poissonInterval(count)
  expect(interval.low).toBeCloseTo(low, count === 100 ? 2 : 3)
  expect(interval.high).toBeCloseTo(high, count >= 10 ? 2 : 3)
})

it('names families in the words of the detectors', () => {
  const named = new Set(Object.values(families).flat())
  for (const name of ['error-burst', 'payload-outlier', 'get-spike']) expect(named).toContain(name)
})
