import { describe, expect, test } from 'vitest'
import detector from '#detectors/get-spike/detector.ts'
import { identityRef } from '#src/baseline/entity.ts'
import type { CountView, Episode } from '#src/detection/detector.ts'
import type { Evidence } from '#src/detection/surprise.ts'
import { judged } from '#test/contract/detector/views.ts'
import { countOf, episodeOf, taken } from './given.ts'

const params = detector.params.parse({})
const judge = (gets: CountView): Evidence | null => judged(detector, { gets }, params)
const best = (gets: CountView): number => Math.max(...(judge(gets)?.logE.subarray(0, detector.alternatives) ?? []))

test.each([
  ['GET', true],
  ['HEAD', false],
  ['POST', false],
])('%s is counted: %s', (method, counted) => {
  expect(taken(detector.measures.gets, { method })).toBe(counted)
})

describe('judge', () => {
  test('tests nothing before the baseline is armed, however many come', () => {
    expect(judge(countOf(1_000_000, { armed: false }))).toBeNull()
  })

  test('silence is evidence for the baseline, and weighs as much as a call was to be expected', () => {
    const silent = judge(countOf(0, { mean: 0.1 }))
    expect([...(silent?.logE.subarray(0, detector.alternatives) ?? [])].every((log) => log < 0)).toBe(true)
    expect(silent?.weight).toBeCloseTo(1 - Math.exp(-0.1), 12)
    expect(silent?.calm).toBeGreaterThan(0)
  })

  test('as much as the baseline allows is no evidence, a bursty baseline needs more', () => {
    expect(best(countOf(15, { mean: 10, bound: 15, shape: 30 }))).toBeLessThan(0)
    expect(best(countOf(60, { mean: 10, bound: 15, shape: 30 }))).toBeGreaterThan(
      best(countOf(60, { mean: 10, bound: 15, shape: 1 })),
    )
  })
})

describe('floor', () => {
  test.each([
    [30, 0, true],
    [29, 0, false],
    [30, 0.1, false],
    [200, 100, true],
    [199, 100, false],
  ])('%d GETs where %d are expected: %s', (gets, expected, told) => {
    expect(detector.floor(Float64Array.of(gets, 1, expected, expected), new Float64Array(4), params, false)).toBe(told)
  })
})

describe('explain', () => {
  const said = (ticks: readonly CountView[], more: Partial<Episode> = {}) =>
    detector.explain(
      episodeOf(
        ticks.map((tick) => judge(tick) as Evidence),
        more,
      ),
      params,
    )
  const ten = (k: number): CountView[] => Array.from({ length: 10 }, () => countOf(k))

  test.each([
    [9, 1, 'medium'],
    [10, 1, 'high'],
    [9, 2, 'high'],
    [10, 2, 'critical'],
  ])('%i times the expected rate at a weight of %i: %s', (factor, weight, severity) => {
    expect(said(ten(factor), { weight }).severity).toBe(severity)
  })

  test.each([
    [{ name: 'a', share: 0.75 }, ', mostly one client: a (75% of a sample)'],
    [{ name: 'a', share: 0.7 }, ', spread over several clients'],
    [null, ''],
  ])('names one client, several or none: %j', (top, ending) => {
    const { reason, observed } = said(ten(20), { top })
    expect(reason).toBe(`200 GET requests; 10 expected${ending}`)
    expect(observed).toEqual(top === null ? { gets: 200 } : { gets: 200, top_share: top.share })
  })

  test('speaks of endpoints where an identity reads', () => {
    const { reason } = said(ten(20), { ref: identityRef('invoicer'), top: { name: 'GET a /b', share: 1 } })
    expect(reason).toContain('mostly one endpoint: GET a /b')
  })

  test.each([1, 6, 60])('names the GETs that decide, spread over %i ticks', (ticks) => {
    const spread = (gets: number): CountView => countOf(gets / ticks, { mean: 0.5, bound: 0.8, shape: 0.4 })
    const { silentIf } = said(Array.from({ length: ticks }, () => spread(3000)))
    const least = Number(/about (\d+) GET/.exec(silentIf)?.[1])
    expect(ticks * best(spread(least))).toBeGreaterThanOrEqual(20 - 1e-9)
    expect(ticks * best(spread(least - 1))).toBeLessThan(20)
  })
})
