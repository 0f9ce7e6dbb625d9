import { describe, expect, test } from 'vitest'
import detector from '#detectors/payload-outlier/detector.ts'
import type { SizesView } from '#src/detection/detector.ts'
import type { Evidence } from '#src/detection/surprise.ts'
import { judged } from '#test/contract/detector/views.ts'
import { episodeOf, sizesOf, taken } from './given.ts'

const params = detector.params.parse({})
const none = sizesOf(1000, [], { armed: false })
const judge = (responses: SizesView, requests = none): Evidence | null =>
  judged(detector, { responses, requests }, params)

test.each([
  ['responses', { status: 200, responseBytes: 7 }, 7],
  ['responses', { status: 399, responseBytes: 0 }, 0],
  ['responses', { status: 400, responseBytes: 7 }, null],
  ['responses', { responseBytes: null }, null],
  ['requests', { status: 413, requestBytes: 7 }, 7],
  ['requests', { requestBytes: null }, null],
] as const)('%s of %j: %s', (measure, call, size) => {
  expect(taken(detector.measures[measure], call)).toBe(size)
})

describe('judge', () => {
  test('tests nothing where neither direction is warm, or neither has a size', () => {
    expect(judge(none)).toBeNull()
    expect(judge(sizesOf(30_000, []))).toBeNull()
  })

  test.each([
    ['below three times the edge', 50_000, 140_000],
    ['below 16 kB', 200, 12_000],
  ])('a size %s is evidence for the baseline', (_, edge, size) => {
    const evidence = judge(sizesOf(edge, [size, size, size]))
    expect(evidence?.sums[0]).toBe(0)
    expect(evidence?.logSingle).toBe(0)
    expect(Math.max(...(evidence?.logE ?? []))).toBeLessThanOrEqual(0)
    expect(evidence?.calm).toBeGreaterThan(0)
  })

  test('the larger a size, the less probable', () => {
    const singles = [200_000, 2_000_000, 20_000_000].map((size) => judge(sizesOf(50_000, [size]))?.logSingle ?? 0)
    expect(singles).toEqual([...singles].sort((a, b) => b - a))
    expect(singles[0]).toBeLessThan(Math.log(0.02))
  })

  test('tests every call of both directions', () => {
    const evidence = judge(sizesOf(30_000, [1000, 1000, 1000]), sizesOf(800, [500, 900_000]))
    expect(evidence?.singles).toBe(5)
    expect([...(evidence?.sums ?? [])].slice(0, 2)).toEqual([1, 3])
  })

  test('a direction without sizes neither calms nor keeps the alert open', () => {
    const alone = judge(sizesOf(30_000, [1000, 1000]))
    expect(alone?.calm).toBeGreaterThan(0)
    expect(judge(sizesOf(30_000, [1000, 1000]), sizesOf(800, []))?.calm).toBe(alone?.calm)
    expect(judge(sizesOf(30_000, [1000, 1000]), sizesOf(800, [900_000]))?.calm).toBeLessThan(0)
  })
})

test('one outlier is told only if it alone decides', () => {
  const sums = Float64Array.of(1, 10, 0, 0)
  expect(detector.floor(sums, new Float64Array(4), params, false)).toBe(false)
  expect(detector.floor(sums, new Float64Array(4), params, true)).toBe(true)
  expect(detector.floor(Float64Array.of(3, 10, 0, 0), new Float64Array(4), params, false)).toBe(true)
})

describe('explain', () => {
  const said = (evidence: Evidence | null, weight = 1) =>
    detector.explain(episodeOf([evidence as Evidence], { weight }), params)

  test('speaks of the direction that is further off', () => {
    const responses = sizesOf(30_000, [200_000])
    const { observed, condition, reason } = said(judge(responses, sizesOf(800, [900_000])))
    expect(Object.keys(observed)).toEqual(['outliers', 'calls', 'largest_request_bytes'])
    expect(condition).toMatch(/^request_bytes >= \d+$/)
    expect(reason).toMatch(/^2 requests of up to/)
    expect(said(judge(responses)).condition).toMatch(/^response_bytes >= \d+ AND status < 400$/)
  })

  test.each([
    ['three times what 98% stay below', 30_000, 2_000_000],
    ['below which none is an outlier', 300, 20_000],
  ])('names the size that decides: %s', (words, edge, size) => {
    const { silentIf, condition } = said(judge(sizesOf(edge, [size])))
    expect(silentIf).toContain(words)
    const least = Number(/response_bytes >= (\d+)/.exec(condition)?.[1])
    expect(judge(sizesOf(edge, [least - 1]))?.sums[0]).toBe(0)
    expect(judge(sizesOf(edge, [least * 1.25]))?.sums[0]).toBe(1)
  })

  test.each([
    [5, 1, 'medium'],
    [20, 1, 'high'],
    [5, 2, 'high'],
    [20, 2, 'critical'],
  ])('%i times the edge at a weight of %i: %s', (factor, weight, severity) => {
    expect(said(judge(sizesOf(30_000, [factor * 30_000])), weight).severity).toBe(severity)
  })
})
