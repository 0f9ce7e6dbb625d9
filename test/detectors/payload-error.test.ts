import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import detector from '#detectors/payload-error/detector.ts'
import { shapeOfRatio } from '#src/baseline/ratio.ts'
import type { RatioView, SizesView } from '#src/detection/detector.ts'
import type { Evidence } from '#src/detection/surprise.ts'
import { judged, sizesLearned } from '#test/contract/detector/views.ts'
import { episodeOf, pairsOf, ratioOf, sizesOf, taken } from './given.ts'

const params = detector.params.parse({})
const MIDDLE = 20_000
const LARGE = 400_000
const SMALL = 30
/** So many calls of a size. */
const some = (count: number, size: number): number[] => Array.from({ length: count }, () => size)

interface Tick {
  readonly calls: readonly number[]
  readonly failed: readonly number[]
  /** What failures were of which size before. */
  readonly past?: readonly number[]
  readonly errors?: RatioView
}

function viewsOf({ calls, failed, past = [], errors }: Tick): {
  errors: RatioView
  requests: SizesView
  failures: SizesView
} {
  const failures = sizesLearned(pairsOf(past), pairsOf(failed))
  return { errors: errors ?? ratioOf(failed.length, calls.length), requests: sizesOf(MIDDLE, calls), failures }
}

const judge = (tick: Tick): Evidence | null => judged(detector, viewsOf(tick), params)
const best = (evidence: Evidence | null): number => Math.max(...(evidence?.logE ?? []))

test.each([
  ['failures', { status: 500, requestBytes: 7 }, 7],
  ['failures', { status: 499, requestBytes: 7 }, null],
  ['requests', { status: 499, requestBytes: 7 }, 7],
  ['errors', { status: 503 }, true],
] as const)('%s of %j: %s', (measure, call, size) => {
  expect(taken(detector.measures[measure], call)).toBe(size)
})

describe('judge', () => {
  test('tests nothing where sizes are not known, or all are ordinary', () => {
    const cold = {
      ...viewsOf({ calls: [LARGE], failed: [LARGE] }),
      requests: sizesOf(MIDDLE, [LARGE], { armed: false }),
    }
    expect(judged(detector, cold, params)).toBeNull()
    expect(judge({ calls: some(50, MIDDLE), failed: some(30, MIDDLE) })).toBeNull()
  })

  test.each([
    ['large', LARGE],
    ['small', SMALL],
  ])('%s requests that fail beside ordinary ones that do not are evidence', (_, size) => {
    expect(best(judge({ calls: [...some(50, MIDDLE), ...some(5, size)], failed: some(5, size) }))).toBeGreaterThan(8)
  })

  test.each([
    ['they succeed', [], []],
    ['ordinary ones fail as well', some(35, MIDDLE), some(4, LARGE)],
  ])('large requests are none when %s', (_, ordinary, large) => {
    const evidence = judge({ calls: [...some(50, MIDDLE), ...some(5, LARGE)], failed: [...ordinary, ...large] })
    expect(best(evidence)).toBeLessThan(0.5)
    expect(evidence?.calm).toBeGreaterThan(-0.5)
  })

  test('what always failed at that size is what is expected of it', () => {
    const upper = Math.exp(sizesOf(MIDDLE, []).upper.logEdge) * 1.05
    const tick = { calls: [...some(50, MIDDLE), ...some(4, upper)], failed: some(2, upper) }
    expect(best(judge(tick))).toBeGreaterThan(3)
    expect(best(judge({ ...tick, past: some(10, upper) }))).toBeLessThan(2)
  })

  test('the more of them fail, and the fewer others, the more evidence', () => {
    const calls = [...some(50, MIDDLE), ...some(6, LARGE)]
    const more = [1, 2, 4, 6].map((failed) => best(judge({ calls, failed: some(failed, LARGE) })))
    expect(more).toEqual([...more].sort((a, b) => a - b))
    const fewer = [25, 12, 5, 0].map((failed) =>
      best(judge({ calls, failed: [...some(4, LARGE), ...some(failed, MIDDLE)] })),
    )
    expect(fewer).toEqual([...fewer].sort((a, b) => a - b))
  })

  test('is an e-value while sizes do not matter: of every share up to the bound, for every number of odd calls', () => {
    const law = fc.record({
      odd: fc.integer({ min: 1, max: 60 }),
      size: fc.constantFrom(LARGE, SMALL),
      below: fc.integer({ min: 1, max: 10 }).map((tenths) => tenths / 10),
      past: fc.nat(20),
    })
    fc.assert(
      fc.property(law, ({ odd, size, below, past }) => {
        const calls = [...some(40, MIDDLE), ...some(odd, size)]
        const tick = (failed: number): Evidence =>
          judge({ calls, failed: some(failed, size), past: some(past, size) }) as Evidence
        const mu = (tick(0).sums[3] as number) * below
        const shape = shapeOfRatio(tick(0).sums[3] as number) * below
        const means = new Float64Array(5)
        let logMass = shape * Math.log(shape / (mu + shape))
        for (let k = 0; k <= odd; k += 1) {
          const { logE } = tick(k)
          for (let m = 0; m < 5; m += 1) means[m] = (means[m] as number) + Math.exp(logMass + (logE[m] as number))
          logMass += Math.log(((k + shape) / (k + 1)) * (mu / (mu + shape)))
        }
        for (const mean of means) expect(mean).toBeLessThanOrEqual(1 + 1e-9)
      }),
      { numRuns: 60 },
    )
  })
})

test.each([
  ['enough, and none of the others', [8, 10, 0.1, 0.3, 0, 500], true],
  ['too few', [4, 10, 0.1, 0.3, 0, 500], false],
  ['as the others', [8, 10, 0.1, 0.3, 350, 500], false],
  ['a third as often as the others allow', [8, 10, 0.1, 0.3, 130, 500], true],
  ['no others at all', [8, 10, 0.1, 0.3, 0, 0], true],
])('floors: %s', (_, sums, told) => {
  expect(detector.floor(Float64Array.from(sums as number[]), new Float64Array(4), params, false)).toBe(told)
})

describe('explain', () => {
  const said = (tick: Tick, weight = 1) => detector.explain(episodeOf([judge(tick) as Evidence], { weight }), params)
  const ordinary = some(50, MIDDLE)

  test('names both facts: how many of unusual size failed, and how many others', () => {
    const { reason, observed, condition, silentIf } = said({
      calls: [...ordinary, ...some(8, LARGE)],
      failed: some(6, LARGE),
    })
    expect(observed).toEqual({ errors: 6, calls: 8, ordinary_errors: 0, ordinary_calls: 50 })
    expect(reason).toMatch(/^6 of 8 requests of [\d.]+ kB or more failed \(75%\), and 0 of 50 of ordinary size; /)
    expect(condition).toMatch(/^status >= 500 AND request_bytes >= \d+$/)
    expect(silentIf).toMatch(/^fewer than about \d of these 8 calls had failed/)
  })

  test('says what it was of: small ones, or both', () => {
    expect(said({ calls: [...ordinary, ...some(6, SMALL)], failed: some(6, SMALL) }).condition).toMatch(
      /^status >= 500 AND request_bytes <= \d+$/,
    )
    const both = [...some(4, SMALL), ...some(4, LARGE)]
    expect(said({ calls: [...ordinary, ...both], failed: both })).toMatchObject({ condition: 'status >= 500' })
  })

  test.each([
    [8, 1, 'high'],
    [3, 1, 'medium'],
    [3, 2, 'high'],
    [8, 2, 'critical'],
  ])('%i of 8 at a weight of %i: %s', (failed, weight, severity) => {
    expect(said({ calls: [...ordinary, ...some(8, LARGE)], failed: some(failed, LARGE) }, weight).severity).toBe(
      severity,
    )
  })
})
