import { describe, expect, test } from 'vitest'
import detector from '#detectors/payload-outlier/detector.ts'
import type { SizesView } from '#src/detection/detector.ts'
import type { Evidence } from '#src/detection/surprise.ts'
import { judged } from '#test/contract/detector/views.ts'
import { episodeOf, sizesOf, taken } from './given.ts'

const params = detector.params.parse({})
const none = sizesOf(1000, [], { armed: false })
const judge = (responses: SizesView, requests = none, errors = none): Evidence | null =>
  judged(detector, { responses, requests, errors }, params)
const best = (evidence: Evidence | null): number => Math.max(...(evidence?.logE ?? []))

test.each([
  ['responses', { status: 200, responseBytes: 7 }, 7],
  ['responses', { status: 299, responseBytes: 0 }, 0],
  ['responses', { status: 204, responseBytes: 0 }, null],
  ['responses', { status: 304, responseBytes: 0 }, null],
  ['responses', { status: 400, responseBytes: 7 }, null],
  ['responses', { responseBytes: null }, null],
  ['errors', { status: 400, responseBytes: 7 }, 7],
  ['errors', { status: 399, responseBytes: 7 }, null],
  ['requests', { status: 413, requestBytes: 7 }, 7],
  ['requests', { requestBytes: null }, null],
] as const)('%s of %j: %s', (measure, call, size) => {
  expect(taken(detector.measures[measure], call)).toBe(size)
})

describe('judge', () => {
  test('tests nothing where no direction is warm, or none has a size', () => {
    expect(judge(none)).toBeNull()
    expect(judge(sizesOf(30_000, []))).toBeNull()
  })

  test.each([
    ['within three times the largest usual ones', 50_000, 200_000],
    ['within a third of the smallest usual ones', 6000, 1500],
    ['below 16 kB', 200, 12_000],
    ['above 4 kB, though usual ones are of a megabyte', 1_000_000, 5000],
    ['small where small is usual', 900, 3],
  ])('a size %s is evidence for the baseline', (_, middle, size) => {
    const evidence = judge(sizesOf(middle, [size, size, size]))
    expect(evidence?.sums[0]).toBe(0)
    expect(evidence?.logSingle).toBe(0)
    expect(best(evidence)).toBeLessThanOrEqual(0)
    expect(evidence?.calm).toBeGreaterThan(0)
  })

  test('the larger a size, the less probable', () => {
    const singles = [400_000, 4_000_000, 40_000_000].map((size) => judge(sizesOf(50_000, [size]))?.logSingle ?? 0)
    expect(singles).toEqual([...singles].sort((a, b) => b - a))
    expect(singles[0]).toBeLessThan(Math.log(0.02))
  })

  test('sizes that are far too small are evidence, but never one alone', () => {
    const evidence = judge(sizesOf(30_000, [150, 150, 150, 29_000]))
    expect(best(evidence)).toBeGreaterThan(3)
    expect(evidence?.logSingle).toBe(0)
    expect([evidence?.sums[0], evidence?.sums[4]]).toEqual([3, 3])
  })

  test('too small weighs half as much as too large', () => {
    // As far from the edge, in the same histogram: what is left of the ratio is two parts to one.
    const view = sizesOf(30_000, [])
    const [up, down] = [view.upper.edgeBin + 20, view.lower.edgeBin - 20]
    const large = judge({ ...view, bins: [up, 1], total: 1 })
    const small = judge({ ...view, bins: [down, 1], total: 1 })
    const e = (evidence: Evidence | null): number => (Math.exp(evidence?.logE[1] ?? 0) - 0.8) / 0.2
    expect(e(large) - 0.5 / 3).toBeCloseTo(2 * (e(small) - 1 / 3), 3)
  })

  test('an error is an outlier only beside both errors and answers', () => {
    const errors = (size: number) => sizesOf(200, [size])
    expect(judge(sizesOf(30_000, []), none, errors(40_000))?.sums[0]).toBe(0)
    expect(judge(sizesOf(300, []), none, errors(40_000))?.sums[0]).toBe(1)
    expect(judge(sizesOf(30_000, []), none, errors(4_000_000))?.sums[0]).toBe(1)
    // Before enough errors were seen, answers alone say what is usual.
    const few = sizesOf(200, [4_000_000], { armed: false })
    expect(judge(sizesOf(30_000, []), none, few)?.sums[0]).toBe(1)
    expect(judge(none, none, few)).toBeNull()
  })

  test('tests every call of all directions', () => {
    const evidence = judge(sizesOf(30_000, [1000, 29_000, 31_000]), sizesOf(800, [500, 900_000]), sizesOf(200, [200]))
    expect(evidence?.singles).toBe(6)
    expect([...(evidence?.sums ?? [])].slice(0, 2)).toEqual([2, 3])
  })

  test('no tick is worth more than what it has learned from', () => {
    const evidence = judge(sizesOf(1000, [4e9]))
    expect(evidence?.logSingle).toBeLessThan(Math.log(1e-9))
    expect(best(evidence)).toBeLessThanOrEqual(Math.log(0.8 + 0.2 * 501))
  })

  test.each([
    ['a large answer', judge(sizesOf(1000, [900, 900_000])), { responseBytes: 900_000 }, { responseBytes: 5000 }],
    ['a large request', judge(sizesOf(9000, [9000]), sizesOf(1000, [900_000])), { requestBytes: 900_000 }, {}],
    ['a small answer', judge(sizesOf(30_000, [200])), { responseBytes: 200 }, { responseBytes: 3900 }],
    [
      'a large error',
      judge(sizesOf(1000, [900]), none, sizesOf(200, [900_000])),
      { status: 500, responseBytes: 900_000 },
      { responseBytes: 900_000 },
    ],
  ] as const)('examples of %s are such calls, and no others', (_, evidence, odd, ordinary) => {
    const rule = [detector.sample].flat()[evidence?.sample ?? 0]
    const rank = (fields: object): number => {
      const call = { status: 200, method: 'POST', requestBytes: 0, responseBytes: 0, ...fields }
      return rule?.rank(call as never, 0) ?? Number.POSITIVE_INFINITY
    }
    expect(rank(odd)).toBeLessThanOrEqual(evidence?.rankMost ?? 0)
    expect(rank(ordinary)).toBeGreaterThan(evidence?.rankMost ?? 0)
  })

  test('a direction without sizes neither calms nor keeps the alert open', () => {
    const alone = judge(sizesOf(30_000, [31_000, 29_000]))
    expect(alone?.calm).toBeGreaterThan(0)
    expect(judge(sizesOf(30_000, [31_000, 29_000]), sizesOf(800, []))?.calm).toBe(alone?.calm)
    expect(judge(sizesOf(30_000, [31_000, 29_000]), sizesOf(800, [900_000]))?.calm).toBeLessThan(0)
  })
})

test.each([
  [1, 0, false, false],
  [1, 0, true, true],
  [3, 0, false, true],
  [9, 9, false, false],
  [10, 10, false, true],
  [12, 9, false, true],
])('%i outliers, %i of them too small, one alone deciding %s: told %s', (outliers, small, single, told) => {
  const sums = Float64Array.of(outliers, 20, 0, 0, small, 0)
  expect(detector.floor(sums, new Float64Array(4), params, single)).toBe(told)
})

describe('explain', () => {
  const said = (evidence: Evidence | null, weight = 1) =>
    detector.explain(episodeOf([evidence as Evidence], { weight }), params)

  test('speaks of what is furthest off', () => {
    const { observed, condition, reason } = said(judge(sizesOf(30_000, [400_000]), sizesOf(800, [900_000])))
    expect(Object.keys(observed)).toEqual(['outliers', 'calls', 'largest_request_bytes'])
    expect(condition).toMatch(/^request_bytes >= \d+$/)
    expect(reason).toMatch(/^2 payloads of unexpected size, the furthest off a request of .* or more; 9\d% are below/)
    const answer = said(judge(sizesOf(30_000, [400_000])))
    expect(answer.reason).toMatch(/^A response of .* or more; 9\d% are below/)
    expect(answer.condition).toMatch(/^response_bytes >= \d+ AND status >= 200 AND status < 300 AND status != 204$/)
    expect(said(judge(sizesOf(300, []), none, sizesOf(200, [900_000]))).reason).toMatch(/^An error response of/)
  })

  test.each([
    ['three times the largest usual ones', 30_000, 2_000_000],
    ['16 kB', 300, 20_000],
    ['a third of the smallest usual ones', 3000, 100],
    ['4 kB', 1_000_000, 30],
  ])('names the size that decides: %s', (_, middle, size) => {
    const { condition, silentIf } = said(judge(sizesOf(middle, [size])))
    const [, operator, digits] = /response_bytes (>=|<=) (\d+)/.exec(condition) ?? []
    const limit = Number(digits)
    const within = operator === '>=' ? limit - 1 : limit + 1
    expect(judge(sizesOf(middle, [within]))?.sums[0]).toBe(0)
    expect(judge(sizesOf(middle, [limit]))?.sums[0]).toBe(1)
    expect(silentIf).toMatch(operator === '>=' ? /^no response had been larger/ : /^no response had been smaller/)
  })

  test.each([
    [500_000, 1, 'medium'],
    [2_000_000, 1, 'high'],
    [500_000, 2, 'high'],
    [2_000_000, 2, 'critical'],
    [2000, 1, 'low'],
    [200, 1, 'medium'],
    [200, 2, 'high'],
  ])('%i bytes where 30 kB are usual, at a weight of %i: %s', (size, weight, severity) => {
    expect(said(judge(sizesOf(30_000, [size])), weight).severity).toBe(severity)
  })
})
