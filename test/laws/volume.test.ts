import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Random, randomFor } from '#src/demo/random.ts'
import { ACCUMULATOR_WIDTH, ALTERNATIVES, accumulate, LOG_R, openAccumulator } from '#src/detection/surprise.ts'
import { VOLUME_ALTERNATIVES } from '#src/detection/volume-evidence.ts'
import { VolumeLab } from './volume-lab.ts'

const DAY = 288
const HOUR = 12
/** A Monday at midnight, as a number of windows. */
const MONDAY = 20_395 * DAY
/** What one window may spend where 300 identities share a tenth of one false alarm a day, in both ways of testing. */
const LOG_WEIGHT = -Math.log(300 * DAY * 10 * 2)

/** Bytes of one window after the other. */
type Law = (window: number) => number
type World = (random: Random) => Law

function scattered(random: Random, spread: number): number {
  return Math.exp(spread * random.normal() - (spread * spread) / 2)
}

function moody(random: Random, kept: number, spread: number, noise: number): Law {
  let mood = 0
  return () => {
    mood = kept * mood + Math.sqrt(1 - kept * kept) * spread * random.normal()
    return 1e6 * Math.exp(mood) * scattered(random, noise)
  }
}

function hourOf(window: number): number {
  return (window / HOUR) % 24
}

const BENIGN: Readonly<Record<string, World>> = {
  'log-normal windows': (random) => () => 1e6 * scattered(random, 1),
  'windows of infinite variance': (random) => () => 1e5 * (1 - random.unit()) ** (-1 / 1.3),
  'moods of an hour': (random) => moody(random, 0.9, 0.5, 0.5),
  'days and weekends': (random) => {
    const [phase, depth, weekend] = [2 * random.normal(), 0.4 + 0.4 * random.unit(), 0.3 + 0.7 * random.unit()]
    return (window) => {
      const day = Math.floor((window - MONDAY) / DAY) % 7
      const level = 1 + depth * Math.sin((2 * Math.PI * (hourOf(window) - 8 + phase)) / 24)
      return 1e6 * level * (day >= 5 ? weekend : 1) * scattered(random, 0.4)
    }
  },
  'office hours': (random) => (window) => {
    const isOpen = Math.floor((window - MONDAY) / DAY) % 7 < 5 && hourOf(window) >= 8 && hourOf(window) < 18
    return random.unit() < (isOpen ? 0.6 : 0.01) ? 1e6 * scattered(random, 1.2) : 0
  },
  'a nightly copy from the first night on': (random) => (window) =>
    hourOf(window) >= 2 && hourOf(window) < 3 ? 1e8 * scattered(random, 0.2) : 1e6 * scattered(random, 0.3),
  'sizes doubled on the tenth day': (random) => (window) =>
    (window > MONDAY + 9.3 * DAY ? 2e6 : 1e6) * scattered(random, 0.3),
}

/** Entities of a world over so many days; each has its own seed. */
function live(world: World, entities: number, days: number, seed: number) {
  let [tests, alarms] = [0, 0]
  const sums = new Float64Array(VOLUME_ALTERNATIVES)
  for (let entity = 0; entity < entities; entity += 1) {
    const random = randomFor(seed, entity)
    const law = world(random)
    const lab = new VolumeLab(LOG_WEIGHT)
    for (let window = MONDAY; window < MONDAY + days * DAY; window += 1) lab.window(window, law(window))
    tests += lab.tests
    alarms += lab.alarms
    for (let m = 0; m < sums.length; m += 1) sums[m]! += lab.sums[m]!
  }
  return { tests, alarms, means: [...sums].map((sum) => sum / tests) }
}

describe('a volume that is as it always was', () => {
  test.each(Object.entries(BENIGN))('is not told: %s', (_, world) => {
    const { tests, alarms, means } = live(world, 25, 21, 4711)
    expect(tests).toBeGreaterThan(25 * 500)
    // So many tests may tell 0.2 times.
    expect(alarms).toBe(0)
    for (const mean of means) expect(mean).toBeLessThanOrEqual(1)
    expect(Math.max(...means)).toBeGreaterThan(0.5)
  })

  test('but in one new night: a nightly copy is told when it first comes, and not again', () => {
    let first = 0
    let later = 0
    for (let entity = 0; entity < 15; entity += 1) {
      const random = randomFor(99, entity)
      const lab = new VolumeLab(LOG_WEIGHT)
      const begin = MONDAY + 5 * DAY
      for (let window = MONDAY; window < begin + 9 * DAY; window += 1) {
        const isNight = window >= begin && hourOf(window) >= 2 && hourOf(window) < 3
        if (!lab.window(window, (isNight ? 8e7 : 1e6) * scattered(random, 0.3))) continue
        if (window < begin + DAY) first += 1
        else later += 1
      }
    }
    expect(first).toBeGreaterThanOrEqual(15)
    expect(later).toBe(0)
  })

  test('the guard is needed: bets against the bare average are told by the dozen', () => {
    let told = 0
    for (let entity = 0; entity < 25; entity += 1) {
      const random = randomFor(4711, entity)
      const law = (BENIGN['days and weekends'] as World)(random)
      const row = new Float64Array(ACCUMULATOR_WIDTH)
      const logE = new Float64Array(ALTERNATIVES)
      openAccumulator(row, 0, 0)
      let isTold = false
      for (let window = MONDAY; window < MONDAY + 7 * DAY; window += 1) {
        logE[0] = Math.log1p(0.7 * (law(window) / 1e6 - 1))
        accumulate(row, 0, 1, logE, LOG_WEIGHT, 1)
        isTold ||= row[LOG_R]! >= 0
      }
      if (isTold) told += 1
    }
    expect(told).toBeGreaterThan(12)
  })
})

describe('a volume that grows', () => {
  /** Hours until it is told, for each entity; Infinity: not within a day. */
  function hoursUntilTold(world: World, times: (hours: number) => number, after: number, seed: number): number[] {
    return Array.from({ length: 15 }, (_, entity) => {
      const random = randomFor(seed, entity)
      const law = world(random)
      const lab = new VolumeLab(LOG_WEIGHT)
      const begin = MONDAY + after * DAY + random.below(DAY)
      for (let window = MONDAY; window < begin; window += 1) lab.window(window, law(window))
      for (let window = begin; window < begin + 2 * DAY; window += 1) {
        const hours = (window - begin) / HOUR
        if (lab.window(window, law(window) * times(hours))) return hours + 1 / HOUR
      }
      return Number.POSITIVE_INFINITY
    }).sort((a, b) => a - b)
  }
  const steady: World = (random) => () => 1e6 * scattered(random, 0.3)
  const even: World = (random) => () => 1e6 * scattered(random, 0.1)

  test.each([
    ['a hundred times', steady, 100, 2, 0.5],
    ['ten times', steady, 10, 2, 1],
    ['five times', steady, 5, 9, 4],
    ['three times, of who is even', even, 3, 9, 8],
  ])('is told: %s', (_, world, times, after, within) => {
    const hours = hoursUntilTold(world, () => times, after, 12)
    expect(hours[7]).toBeLessThanOrEqual(within)
    expect(hours.filter((one) => one <= 24).length).toBe(15)
  })

  test('by 20% an hour, which a baseline of an hour would take for its own', () => {
    const hours = hoursUntilTold(steady, (gone) => 1.2 ** gone, 9, 13)
    expect(hours.filter((one) => one <= 24).length).toBeGreaterThanOrEqual(14)
    // At twice the level at the earliest: below that nothing is evidence.
    expect(hours[0]).toBeGreaterThan(Math.log(2) / Math.log(1.2) - 1)
  })

  test('in its first week an entity is held against its last hours too, and three times is not told', () => {
    expect(hoursUntilTold(steady, () => 3, 1, 14).filter((one) => one <= 24).length).toBeLessThanOrEqual(5)
  })
})

describe('the evidence of a window', () => {
  test('is the same however its bytes are spread over its ticks', () => {
    const parts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })
    const property = fc.property(fc.array(parts, { minLength: 1, maxLength: 6 }), fc.integer(), (windows, seed) => {
      const whole = warm(seed)
      const split = warm(seed)
      windows.forEach((shares, i) => {
        const window = MONDAY + 2 * DAY + i
        whole.window(window, 1e5 * shares.reduce((sum, share) => sum + share, 0))
        split.ticks(
          window,
          shares.map((share) => 1e5 * share),
        )
        for (let m = 0; m < VOLUME_ALTERNATIVES; m += 1) {
          expect(split.logR(m)).toBeCloseTo(whole.logR(m), 9)
        }
      })
      expect(split.tests).toBe(whole.tests)
    })
    fc.assert(property, { numRuns: 40 })
  })

  function warm(seed: number): VolumeLab {
    const random = randomFor(seed)
    const lab = new VolumeLab(LOG_WEIGHT)
    for (let window = MONDAY; window < MONDAY + 2 * DAY; window += 8) lab.window(window, 1e6 * scattered(random, 0.3))
    return lab
  }
})
