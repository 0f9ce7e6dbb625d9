import { describe, expect, test } from 'vitest'
import detector from '#detectors/token-lifetime/detector.ts'
import tokens from '#src/baseline/kinds/tokens.ts'
import type { TokensView } from '#src/baseline/token-uses.ts'
import type { Evidence } from '#src/detection/surprise.ts'
import { judged } from '#test/contract/detector/views.ts'
import { episodeOf, ratioOf, taken } from './given.ts'

const params = detector.params.parse({})
const HOUR = 3600

function used(calls: number, more: Partial<TokensView> = {}): TokensView {
  const norm = { share: 1e-4, bound: 1e-3, armed: true, seen: 10_000, networks: 1 }
  return { ...tokens.view(detector.measures.tokens), ...norm, calls, ...more }
}

function evidence(view: TokensView, expired = ratioOf(0, view.calls), strength = 1): Evidence {
  const said = judged(detector as never, { tokens: { ...view, expired } } as never, params, strength)
  if (said === null) throw new Error('not judged')
  return said
}

const isTold = ({ sums, peaks }: Evidence): boolean => detector.floor(sums, peaks, params, false, 'identity')

describe('what counts', () => {
  test('only calls that were let in', () => {
    const past = { tokenId: 't', tokenExpiresAt: 1000 }
    const calls = [
      {},
      { status: 404 },
      { status: 503 },
      { status: 401 },
      { status: 403 },
      { decision: 'deny' as const },
    ]
    expect(calls.map((some) => taken(detector.measures.tokens, { ...past, ...some }))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ])
  })

  test('an identity without tokens is not tested', () => {
    expect(judged(detector as never, { tokens: used(0) } as never, params)).toBeNull()
  })
})

describe('the rule', () => {
  const life = (seconds: number, before: number) => evidence(used(1, { life: seconds, lifeBefore: before }))

  test('a life beyond the maximum is told alone, and again when it has tripled', () => {
    const told = [
      [2 * HOUR, HOUR],
      [2 * HOUR + 1, HOUR],
      [24 * HOUR, 0],
      [24 * HOUR, 9 * HOUR],
      [24 * HOUR, 8 * HOUR],
    ].map(([seconds, before]) => isTold(life(seconds as number, before as number)))
    expect(told).toEqual([false, true, true, false, true])
  })

  test('it says more than any budget asks for, and a little less in each tick without', () => {
    expect(life(24 * HOUR, HOUR).logE[4]).toBe(40)
    expect(life(HOUR, 0).logE[4]).toBeCloseTo(Math.log(0.99), 12)
    expect(life(24 * HOUR, HOUR).calm).toBeLessThan(0)
  })

  test('says how long it is good for, how long others were, and which token it is', () => {
    const said = (seconds: number, before: number) =>
      detector.explain(episodeOf([life(seconds, before)], { names: ["it's"] }), params)
    expect(said(24 * HOUR, HOUR)).toMatchObject({
      severity: 'medium',
      observed: { calls: 1, lifetime_seconds: 86_400 },
      reason: "a token is good for 24 h, the longest before for 1 h; allowed are 2 h (it's)",
      silentIf: 'no token had been good for longer than 2 h',
      condition: String.raw`token_id IN ('it\'s')`,
    })
    expect(said(3 * HOUR, 0).severity).toBe('low')
    expect(said(90 * 24 * HOUR, 0).reason).toContain('good for 90 days')
  })
})

describe('tokens that had run out', () => {
  test('five let in are told, four are not; the habit of an identity is none', () => {
    const late = (part: number, bound: number) => evidence(used(100), ratioOf(part, 100, { bound }))
    expect([late(4, 1e-4), late(5, 1e-4), late(5, 0.03)].map(isTold)).toEqual([false, true, false])
    expect(late(5, 1e-4).logE[0]).toBeGreaterThan(11)
  })

  test('says how many, and is worse where there are many', () => {
    const said = (part: number) =>
      detector.explain(episodeOf([evidence(used(100), ratioOf(part, 100))], { names: ['@5-7'] }), params)
    expect(said(12)).toMatchObject({
      severity: 'medium',
      observed: { calls: 100, expired: 12 },
      reason: '12 of 100 calls were let in with tokens that had run out more than 5 min before (@5-7)',
      condition: "token_id IN ('@5-7', '')",
    })
    expect(said(50).severity).toBe('high')
  })
})

describe('networks of one token', () => {
  const networks = (fresh: number, armed = true) => evidence(used(20, { fresh, networks: 1 + fresh, armed }))

  test('three beyond any before are told, two are not, and none of who is not warm', () => {
    expect([networks(2), networks(3), networks(9, false)].map(isTold)).toEqual([false, true, false])
    expect(networks(9, false).logE.slice(1, 4)).toEqual(new Float64Array(3))
  })

  test('says from how many, and is worse from five on', () => {
    const said = (fresh: number) => detector.explain(episodeOf([networks(fresh)], { names: ['t-1'] }), params)
    expect(said(4)).toMatchObject({
      severity: 'medium',
      observed: { networks: 5, networks_beyond: 4 },
      expected: { networks: 1, low: 0, high: 2 },
      reason: 'one token came from 5 networks, any other from 1 at most (t-1)',
    })
    expect(said(5).severity).toBe('high')
  })
})

test('what is over is over soon, and what goes on is not', () => {
  const calm = (part: number, strength: number) => evidence(used(20), ratioOf(part, 20), strength).calm
  expect(calm(0, 200)).toBeGreaterThan(1)
  expect(calm(8, 200)).toBeLessThan(0)
})
