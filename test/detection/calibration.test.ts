import { describe, expect, test } from 'vitest'
import { randomFor } from '#src/demo/random.ts'
import { type Cell, checkOf } from '#src/detection/calibration.ts'
import { Ledger } from '#src/detection/ledger.ts'

const SHARDS = 16

/** A week of a shard each: `ratio` times what is allowed crosses, in clusters of `cluster`. */
function week(seed: number, ratio: number, { days = 7, allowed = 0.25, cluster = 1 } = {}): Cell[] {
  const random = randomFor(seed)
  const cells: Cell[] = []
  for (let day = 0; day < days; day += 1) {
    for (let shard = 0; shard < SHARDS; shard += 1) {
      const own = allowed / SHARDS
      const counts = [100, 1000].map((factor) => cluster * random.poisson((ratio * factor * own) / cluster))
      cells.push({ shard, day, tests: 1e5, allowed: own, opened: 0, crossed: counts })
    }
  }
  return cells
}

describe('a detector is', () => {
  const verdicts = (ratio: number, options: Parameters<typeof week>[2] = {}): Record<string, number> => {
    const seen: Record<string, number> = {}
    for (let seed = 0; seed < 300; seed += 1) {
      const { calibration } = checkOf(week(seed, ratio, options))
      seen[calibration] = (seen[calibration] ?? 0) + 1
    }
    return seen
  }

  test.for([0.3, 0.6, 1])('calibrated where %f of what is allowed crosses', (ratio) => {
    expect(verdicts(ratio)).toEqual({ calibrated: 300 })
  })

  test('loose far below a tenth, over at twice as much', () => {
    expect(verdicts(0.01)).toEqual({ loose: 300 })
    expect(verdicts(2)).toEqual({ over: 300 })
  })

  test('not called over for clusters, which Poisson would take for it', () => {
    const clustered = verdicts(1, { cluster: 12 })
    expect(clustered.over ?? 0).toBeLessThanOrEqual(3)
    const poisson = Array.from({ length: 300 }, (_, seed) => {
      const crossed = week(seed, 1, { cluster: 12 }).reduce((sum, cell) => sum + cell.crossed[1]!, 0)
      return crossed > 1750 + 3.09 * Math.sqrt(1750)
    })
    expect(poisson.filter(Boolean).length).toBeGreaterThan(30)
  })

  test('called over through clusters where it is', () => {
    expect(verdicts(3, { cluster: 12 })).toEqual({ over: 300 })
  })

  test('unknown until thirty crossings of a twin are allowed, and where a twin may cross at nearly every test', () => {
    expect(checkOf([]).calibration).toBe('unknown')
    expect(verdicts(3, { days: 1, allowed: 0.029 })).toEqual({ unknown: 300 })
    const few = week(1, 1).map((cell) => ({ ...cell, tests: 10 }))
    expect(checkOf(few).calibration).toBe('unknown')
  })
})

test('the dispersion is that of the clusters, whether they lie in shards, in days or in both', () => {
  const of = (cells: readonly Cell[]): number => checkOf(cells).twins[1]!.dispersion
  const average = (make: (seed: number) => Cell[]): number => {
    let sum = 0
    for (let seed = 0; seed < 100; seed += 1) sum += of(make(seed))
    return sum / 100
  }
  expect(average((seed) => week(seed, 1, { cluster: 8 }))).toSatisfy((found: number) => found > 8 && found < 14)
  const stormy = (seed: number): Cell[] =>
    week(seed, 0.5).map((cell) => ({ ...cell, crossed: cell.crossed.map((one) => (cell.day === 3 ? one * 6 : one)) }))
  expect(average(stormy)).toBeGreaterThan(100)
  const oneShard = (seed: number): Cell[] =>
    week(seed, 0.5).map((cell) => ({ ...cell, crossed: cell.crossed.map((one) => (cell.shard === 3 ? one * 9 : one)) }))
  expect(average(oneShard)).toBeGreaterThan(50)
})

describe('the forecast', () => {
  const cell = (light: number, heavy: number): Cell => ({
    shard: 0,
    day: 0,
    tests: 1e6,
    allowed: 1,
    opened: 0,
    crossed: [light, heavy],
  })

  test('goes straight on from both twins, and the correction back to what is allowed', () => {
    // Ten times the weight, the root of ten times the crossings: 400 at a weight of 1, and a 160,000th for 1 of them.
    const { forecast, correction } = checkOf([cell(4000, Math.round(4000 * Math.sqrt(10)))])
    expect(forecast).toBeCloseTo(400, 0)
    expect(correction * 400 ** 2).toBeCloseTo(1, 2)
  })

  test('is a hundredth where crossings go with the weight, also where there are none', () => {
    expect(checkOf([cell(50, 500)])).toMatchObject({ forecast: 0.5, correction: 1 })
    expect(checkOf([cell(0, 20)])).toMatchObject({ forecast: 0.02, calibration: 'loose' })
    expect(checkOf([cell(0, 0)])).toMatchObject({ forecast: 0 })
    expect(checkOf([cell(200, 2000)]).correction).toBeCloseTo(0.5, 9)
  })

  test('stays within bounds where the lighter twin crosses as often as the heavier', () => {
    const { forecast, correction } = checkOf([cell(3000, 3000)])
    expect([forecast, correction].every((one) => Number.isFinite(one) && (one as number) > 0)).toBe(true)
    expect(checkOf(week(5, 0.5)).correction).toBe(1)
  })
})

describe('the ledger', () => {
  const account = (day: number, allowed: number, crossed: readonly number[]) => ({
    day,
    tests: 1e6,
    allowed,
    opened: 1,
    crossed: [...crossed],
  })

  test('adds shards up in one order, whoever told first, and takes the newest of each', () => {
    const one = { shard: 1, detectors: { a: [account(10, 0.1, [5, 50])], b: [account(10, 0.2, [1, 2])] } }
    const two = { shard: 2, detectors: { a: [account(10, 0.3, [7, 70])], b: [] } }
    const [forth, back] = [new Ledger(1), new Ledger(1)]
    forth.hear([one])
    forth.hear([two])
    back.hear([{ ...two, detectors: { a: [] } }])
    back.hear([two, one])
    expect(back.report()).toEqual(forth.report())
    expect(forth.report()).toMatchObject({ allowed: 0.6, spent: 3, detectors: [{ detector: 'a' }, { detector: 'b' }] })
  })

  test('counts the last seven event-days of any shard', () => {
    const ledger = new Ledger(1)
    ledger.hear([
      { shard: 0, detectors: { a: [account(3, 5, [0, 0]), account(4, 0.5, [20, 200])] } },
      { shard: 1, detectors: { a: [account(10, 0.5, [20, 200])] } },
    ])
    expect(ledger.report()).toMatchObject({ first_day: '1970-01-05', last_day: '1970-01-11', allowed: 1 })
  })

  test('is over where one detector is, however little the others use', () => {
    const ledger = new Ledger(1)
    ledger.hear([{ shard: 0, detectors: { a: [account(3, 1, [300, 3000])], b: [account(3, 9, [1, 3])] } }])
    const { calibration, correction, detectors } = ledger.report()
    expect(detectors.map((one) => one.calibration)).toEqual(['over', 'loose'])
    expect([calibration, correction]).toEqual(['over', 0.3333])
  })

  test('that has heard nothing knows nothing', () => {
    expect(new Ledger(1).report()).toMatchObject({ first_day: null, allowed: 0, calibration: 'unknown', detectors: [] })
  })
})
