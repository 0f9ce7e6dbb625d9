import { describe, expect, test } from 'vitest'
import detector from '#detectors/denied-burst/detector.ts'
import { endpointRef, identityRef } from '#src/baseline/entity.ts'
import type { Episode } from '#src/detection/detector.ts'
import type { Evidence } from '#src/detection/surprise.ts'
import { judged } from '#test/contract/detector/views.ts'
import { episodeOf, ratioOf, taken } from './given.ts'

const params = detector.params.parse({})
const { unauthenticated, forbidden, denying } = detector.measures
const cold = { share: 0.02, bound: 0.06 }

interface Tick {
  readonly calls?: number
  readonly unauthenticated?: number
  readonly forbidden?: number
  /** How many endpoints, or identities. */
  readonly things?: number
  readonly strength?: number
}

function tick({ calls = 100, unauthenticated: a = 0, forbidden: b = 0, things = 1, strength = 1 }: Tick): Evidence {
  const views = {
    denied: ratioOf(a + b, calls, cold),
    unauthenticated: ratioOf(a, calls, cold),
    forbidden: ratioOf(b, calls - a, cold),
    denying: ratioOf(things - 1, calls, { share: 0.0005, bound: 0.002 }),
  }
  const evidence = judged(detector, views, params, strength)
  if (evidence === null) throw new Error('not tested')
  return evidence
}

const alice: Partial<Episode> = { ref: identityRef('alice') }
const best = (evidence: Evidence): number => Math.max(...evidence.logE)
const said = (ticks: readonly Tick[], more = alice) => detector.explain(episodeOf(ticks.map(tick), more), params)

test.each([
  [{ status: 401 }, true, false],
  [{ status: 403 }, false, true],
  [{ status: 401, decision: 'deny' as const }, true, false],
  [{ status: 200, decision: 'deny' as const }, false, true],
  [{ status: 200, decision: 'allow' as const }, false, false],
  [{ status: 404 }, false, false],
  [{ status: 503, decision: 'error' as const }, false, false],
])('%o: credentials that do not hold %s, refused by policy %s', (fields, first, second) => {
  expect([taken(unauthenticated, fields), taken(forbidden, fields)]).toEqual([first, second])
  expect(taken(denying, fields)).toBe(first || second ? 'other side' : null)
})

describe('breadth', () => {
  test('as many denials of many endpoints are more evidence than of one', () => {
    const one = tick({ forbidden: 10 })
    const many = tick({ forbidden: 10, things: 10 })
    expect(best(one)).toBeLessThan(3)
    expect(best(many)).toBeGreaterThan(best(one) + 5)
    expect(detector.measureOf[many.logE.indexOf(best(many))]).toBe('denying')
  })

  test('a few endpoints are told where as many calls of one would be too few', () => {
    const floorOf = (evidence: Evidence): boolean => {
      const { sums, peaks } = episodeOf([evidence])
      return detector.floor(sums, peaks, params, false)
    }
    expect(floorOf(tick({ calls: 200, forbidden: 8, things: 8 }))).toBe(true)
    expect(floorOf(tick({ calls: 200, forbidden: 8 }))).toBe(false)
  })
})

test('what one identity is denied is told of the identity, what many are of the endpoint', () => {
  const told = (one: Tick, scope: 'endpoint' | 'identity', top: number | null): boolean => {
    const { sums, peaks } = episodeOf([tick(one)])
    return detector.floor(sums, peaks, params, false, scope, top)
  }
  const [alone, spray] = [{ forbidden: 60 }, { forbidden: 60, things: 40 }]
  expect([told(alone, 'identity', 1), told(alone, 'endpoint', 1)]).toEqual([true, false])
  expect([told(spray, 'identity', null), told(spray, 'endpoint', null)]).toEqual([true, true])
  // One in each tick, and each another one: the sampled calls show it.
  expect([told(alone, 'endpoint', null), told(alone, 'endpoint', 0.5), told(alone, 'endpoint', 0.4)]).toEqual([
    false,
    false,
    true,
  ])
})

describe('then allowed', () => {
  const burst = { calls: 50, unauthenticated: 50 }

  test('raises the severity of an identity whose burst is under way', () => {
    const before = said([burst])
    const after = said([burst, { calls: 50, unauthenticated: 47, strength: 20 }])
    expect([before.severity, after.severity]).toEqual(['medium', 'high'])
    expect(after.reason).toMatch(/; then 3 were allowed$/)
    expect(before.reason).not.toMatch(/allowed/)
  })

  test('is not what was allowed before the burst, in its first tick', () => {
    expect(said([{ calls: 50, unauthenticated: 47 }, burst]).reason).not.toMatch(/allowed/)
  })

  test('is not the other work of an identity of which only a part is denied', () => {
    expect(said([burst, { calls: 50, unauthenticated: 20, strength: 20 }]).reason).not.toMatch(/allowed/)
  })

  test('is not told for an endpoint: among many identities it may be anybody', () => {
    const ref = endpointRef('login', 'POST', '/v1/sessions')
    const spray = said([burst, { calls: 50, unauthenticated: 47, things: 40, strength: 20 }], { ref })
    expect(spray.reason).not.toMatch(/allowed/)
    expect(spray.observed).toMatchObject({ identities: 40 })
    expect(spray.severity).toBe('high')
  })
})

test('the reason tells guessed credentials and policy apart', () => {
  expect(said([{ unauthenticated: 40 }]).reason).toMatch(/credentials that did not hold \(401\)/)
  expect(said([{ forbidden: 40 }]).reason).toMatch(/refused by policy \(403\)/)
  expect(said([{ unauthenticated: 10, forbidden: 40 }]).reason).toMatch(
    /10 with credentials that did not hold \(401\), 40 refused by policy \(403\)/,
  )
})

test('an alert calms down when both kinds do, and not while one of them goes on', () => {
  expect(tick({ strength: 10 }).calm).toBeGreaterThan(1)
  expect(tick({ forbidden: 60, strength: 10 }).calm).toBeLessThan(-1)
  expect(tick({ forbidden: 4, things: 4, strength: 1 }).calm).toBeLessThan(0)
})
