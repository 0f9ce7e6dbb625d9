import { describe, expect, test } from 'vitest'
import detector from '#detectors/error-burst/detector.ts'
import type { RatioView } from '#src/detection/detector.ts'
import type { Evidence } from '#src/detection/surprise.ts'
import { judged } from '#test/contract/detector/views.ts'
import { episodeOf, ratioOf, taken } from './given.ts'

const params = detector.params.parse({})
const judge = (errors: RatioView): Evidence | null => judged(detector, { errors }, params)
const best = (errors: RatioView): number => Math.max(...(judge(errors)?.logE.subarray(0, detector.alternatives) ?? []))

test.each([
  [499, false],
  [500, true],
  [599, true],
  [429, false],
  [200, false],
])('status %i counts as failed: %s', (status, failed) => {
  expect(taken(detector.measures.errors, { status })).toBe(failed)
})

describe('judge', () => {
  test('tests nothing where nothing was called', () => {
    expect(judge(ratioOf(0, 0))).toBeNull()
  })

  test('nothing can be odd about an endpoint that may always fail', () => {
    const evidence = judge(ratioOf(100, 100, { share: 1, bound: 1 }))
    expect([...(evidence?.logE ?? [])]).toEqual([0, 0, 0, 0, 0])
  })

  test('an endpoint of which half fails is still told when all of it does', () => {
    const half = { share: 0.5, bound: 0.6 }
    expect(best(ratioOf(600, 1000, half))).toBeLessThan(0)
    expect(best(ratioOf(1000, 1000, half))).toBeGreaterThan(0)
  })

  test('what is normal is evidence for the baseline, and calming', () => {
    const evidence = judge(ratioOf(1, 1000))
    expect(best(ratioOf(1, 1000))).toBeLessThan(0)
    expect(evidence?.calm).toBeGreaterThan(0)
  })

  test('the same share of more calls is more evidence', () => {
    const shares = [10, 100, 1000].map((whole) => best(ratioOf(whole / 10, whole)))
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(new Set(shares).size).toBe(3)
  })
})

describe('floor', () => {
  const floor = (errors: number, expected: number, bound: number): boolean =>
    detector.floor(Float64Array.of(errors, 100, expected, bound), new Float64Array(4), params, false)

  test.each([
    [5, 0, 0, true],
    [4, 0, 0, false],
    [5, 0.1, 0.2, false],
    [30, 10, 15, true],
    [30, 10, 15.1, false],
  ])('%d errors where %d are expected, %d at most: %s', (errors, expected, bound, told) => {
    expect(floor(errors, expected, bound)).toBe(told)
  })
})

describe('floor of a service', () => {
  const told = (ticks: readonly RatioView[], scope: 'endpoint' | 'service'): boolean => {
    const { sums, peaks } = episodeOf(ticks.map((tick) => judge(tick) as Evidence))
    return detector.floor(sums, peaks, params, false, scope)
  }
  const rollOut = Array.from({ length: 6 }, () => ratioOf(10, 1000))

  test('leaves a minute in which one call in a hundred fails to its endpoints', () => {
    expect([told(rollOut, 'endpoint'), told(rollOut, 'service')]).toEqual([true, false])
  })

  test('is reached by one tick, however long the episode was before', () => {
    expect(told([...rollOut, ratioOf(50, 1000)], 'service')).toBe(true)
    expect(told([...rollOut, ratioOf(49, 1000)], 'service')).toBe(false)
  })
})

describe('explain', () => {
  const said = (ticks: readonly RatioView[], weight = 1) =>
    detector.explain(
      episodeOf(
        ticks.map((tick) => judge(tick) as Evidence),
        { weight },
      ),
      params,
    )

  test.each([
    [20, 1, 'medium'],
    [25, 1, 'high'],
    [90, 1, 'high'],
    [20, 4, 'high'],
    [49, 4, 'high'],
    [50, 4, 'critical'],
  ])('%i of 100 failed at a weight of %i: %s', (errors, weight, severity) => {
    expect(said([ratioOf(errors, 100)], weight).severity).toBe(severity)
  })

  test('says in its reason what it observed', () => {
    expect(said([ratioOf(20, 100), ratioOf(21, 100)])).toMatchObject({
      reason: '41 of 200 calls failed (21%); 0.4 expected',
      observed: { errors: 41, calls: 200 },
      condition: 'status >= 500',
    })
  })

  test.each([1, 6, 60])('names the failures that decide, spread over %i ticks', (ticks) => {
    // As even as whole calls can be.
    const errorsOf = (errors: number, tick: number) => Math.floor(errors / ticks) + Number(tick < errors % ticks)
    const spread = (errors: number) =>
      Array.from({ length: ticks }, (_, tick) => ratioOf(errorsOf(errors, tick), 1200 / ticks))
    const nats = (errors: number): number => {
      const judged = spread(errors).map((view) => (judge(view) as Evidence).logE)
      const sums = Array.from({ length: detector.alternatives }, (_, m) =>
        judged.reduce((sum, logE) => sum + (logE[m] as number), 0),
      )
      return Math.max(...sums)
    }
    const { silentIf } = said(spread(600))
    const least = Number(/about (\d+) of these 1200 calls/.exec(silentIf)?.[1])
    expect(nats(least)).toBeGreaterThanOrEqual(20 - 1e-9)
    expect(nats(least - 1)).toBeLessThan(20)
  })
})
