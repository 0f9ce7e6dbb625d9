import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newVolumeNorm, VOLUME_BINS, type VolumeNorm } from '#src/baseline/volume.ts'
import { findJumpTail, JUMP_BINS, learnJumps, newJumpTail } from '#src/baseline/volume-jumps.ts'
import { DAY_ODD, HOUR_ODD, logDay, logHour, logWindow, WINDOW_ODD } from '#src/baseline/volume-tail.ts'
import { type Random, randomFor } from '#src/demo/random.ts'
import { ACCUMULATOR_WIDTH, ALTERNATIVES, accumulate, LOG_R, openAccumulator } from '#src/detection/surprise.ts'
import { Watched } from '../../bench/volumes/lab.ts'
import { benign, thefts } from '../../bench/volumes/measure.ts'
import { DAY, lawOf, scattered } from '../../bench/volumes/worlds.ts'
import { tooMany } from './chance.ts'

/** Seeds that nothing was chosen by. */
const HELD_OUT = 7001
const HOUR = 12

describe('a volume that is as it always was', () => {
  /** Six identities have all of a twelfth of the budget: two weeks of five of them may tell once. */
  const setup = { seed: HELD_OUT, entities: 5, identities: 6 }
  test.each(['heavy', 'mood 0.7, 8 h', 'mood 1.2, 2 h', 'days', 'office', 'sessions', 'deploys'])(
    'is told no oftener than the budget allows: %s',
    (world) => {
      const { alarms, allowed } = benign(world, 14, setup)
      expect(allowed).toBeGreaterThan(0.3)
      expect(alarms).toBeLessThan(tooMany(allowed))
    },
  )

  test('but for what never was before: a copy by night is told in its first night, and not again', () => {
    let [first, later] = [0, 0]
    for (let entity = 0; entity < 4; entity += 1) {
      const random = randomFor(HELD_OUT, entity)
      const watched = new Watched(300)
      const from = 5 * DAY
      for (let window = 0; window < from + 3 * DAY; window += 1) {
        const hour = (window / HOUR) % 24
        const isNight = window >= from && hour >= 2.3 && hour < 3.6
        const told = watched.take(window, (isNight ? 8e7 : 1e6) * scattered(random, 0.3))
        if (told === null) continue
        if (window < from + DAY) first += 1
        else later += 1
      }
    }
    expect([first, later]).toEqual([4, 0])
  })

  test('five minutes must not be multiplied: bets on the mean are told of most who wander', () => {
    let told = 0
    for (let entity = 0; entity < 20; entity += 1) {
      const law = lawOf('mood 0.7, 8 h', HELD_OUT, entity)
      const bytes = Array.from({ length: 7 * DAY }, (_, window) => law(window))
      const mean = bytes.reduce((a, b) => a + b, 0) / bytes.length
      const row = new Float64Array(ACCUMULATOR_WIDTH)
      const logE = new Float64Array(ALTERNATIVES)
      openAccumulator(row, 0, 0)
      let isTold = false
      for (const one of bytes) {
        logE[0] = Math.log1p(0.7 * (one / (2 * mean) - 1))
        accumulate(row, 0, 1, logE, -Math.log(12 * 300 * DAY), 1)
        isTold ||= (row[LOG_R] as number) >= 0
      }
      if (isTold) told += 1
    }
    expect(told).toBeGreaterThan(10)
  })
})

describe('what is taken beside the usual', () => {
  const told = (world: string, after: number): Map<string, number> =>
    new Map(
      thefts(world, [after], { seed: HELD_OUT, entities: 4, identities: 300 }).map(({ theft, share }) => [
        theft,
        share,
      ]),
    )

  test('is told of who is steady, the slow copy too', () => {
    const shares = told('even', 16)
    expect(shares.get('ten usual hours in ten minutes')).toBeGreaterThanOrEqual(0.75)
    expect(shares.get('x10 for an hour')).toBeGreaterThanOrEqual(0.75)
    expect(shares.get('x5 for a day')).toBeGreaterThanOrEqual(0.75)
    expect(shares.get('x3 for a day')).toBeGreaterThanOrEqual(0.5)
  })

  test('is told of who wanders, if it is much at once', () => {
    const shares = told('mood 0.7, 8 h', 16)
    expect(shares.get('forty usual hours in half an hour')).toBeGreaterThanOrEqual(0.5)
    expect(shares.get('x3 for a day')).toBe(0)
  })

  test('is told of who reads at times, if it is read all the time, five minutes for five minutes as much as ever', () => {
    const [from, until] = [9 * DAY, 9 * DAY + HOUR]
    let told = 0
    for (let entity = 0; entity < 4; entity += 1) {
      const random = randomFor(HELD_OUT, entity)
      const watched = new Watched(300)
      for (let window = 0; window < until; window += 1) {
        if (window < from && window % 6 !== entity) continue
        if (watched.take(window, 5e7 * scattered(random, 0.2)) === null) continue
        expect(window).toBeGreaterThanOrEqual(from)
        told += 1
      }
    }
    expect(told).toBe(4)
  })

  test('is told on the first day already, if it is very much', () => {
    expect(told('deploys', 0.5).get('forty usual hours in half an hour')).toBeGreaterThanOrEqual(0.5)
  })
})

describe('the probability of five minutes, an hour, a day', () => {
  /** A norm that has learned these jumps, from a level of one byte an hour on and so that no floor stands before its tail. */
  function normOf(jumps: readonly number[]): VolumeNorm {
    const norm = newVolumeNorm()
    const bins = new Uint16Array(VOLUME_BINS)
    const [windows, hours] = [newJumpTail(), newJumpTail()]
    let learned = 0
    for (const jump of jumps) learned = learnJumps(bins, 0, learned, jump, jump, true)
    findJumpTail(bins, 0, learned, windows)
    findJumpTail(bins, JUMP_BINS, learned, hours)
    return Object.assign(norm, {
      level: 1,
      hours: learned,
      jumps: bins,
      windowLimit: Math.exp(windows.edge + WINDOW_ODD) / 12,
      windowsBeyond: windows.beyond,
      windowExcess: windows.excess,
      hourLimit: Math.exp(hours.edge + HOUR_ODD),
      hoursBeyond: hours.beyond,
      hourSquares: hours.squares,
    })
  }

  /** How often what is drawn by the law that was learned is as improbable as this, on average over what was learned. */
  function shareBelow(p: number, learned: number, draw: (random: Random) => number, logP: typeof logHour): number {
    let below = 0
    const [histories, draws] = [learned < 500 ? 200 : 40, 100]
    for (let history = 0; history < histories; history += 1) {
      const random = randomFor(HELD_OUT, learned, history)
      const norm = normOf(Array.from({ length: learned }, () => draw(random)))
      for (let i = 0; i < draws; i += 1) if (logP(norm, Math.exp(draw(random))) <= Math.log(p)) below += 1
    }
    return below / (histories * draws)
  }

  /** What is assumed of a tail before anything is known weighs as much as four jumps: where it is far too narrow that shows for some hours. */
  test.each([
    [10, 3.5],
    [30, 2],
    [300, 1.3],
    [1200, 1.3],
  ])('with %i hours learned none comes more than %d times as often as it says', (learned, most) => {
    // Scattered so widely that hardly anything is left out by the limits.
    const wide = (random: Random): number => Math.abs(1.5 * random.normal())
    const falling = (random: Random): number => Math.min(9, random.exponential(0.6))
    const logFive: typeof logHour = (norm, bytes) => logWindow(norm, bytes / 12)
    for (const p of [0.1, 0.01, 0.003]) {
      expect(shareBelow(p, learned, wide, logHour)).toBeLessThan(most * p + 0.0005)
      expect(shareBelow(p, learned, falling, logFive)).toBeLessThan(most * p + 0.0005)
    }
    expect(shareBelow(0.1, learned, wide, logHour)).toBeGreaterThan(0.0002)
  })

  test('of a day is none that comes oftener than it says', () => {
    let below = 0
    const [histories, draws] = [400, 200]
    for (let history = 0; history < histories; history += 1) {
      const random = randomFor(HELD_OUT, 9, history)
      const logs = Array.from({ length: 14 }, () => 2 * random.normal()).sort((a, b) => a - b)
      const middle = logs[6] as number
      const above = logs.slice(7)
      const norm = Object.assign(newVolumeNorm(), {
        dayLimit: Math.exp((logs[13] as number) + DAY_ODD),
        daysBeyond: 7,
        daySquares: above.reduce((sum, log) => sum + (log - middle) ** 2, 0),
        dayMiddle: middle,
      })
      for (let i = 0; i < draws; i += 1) if (logDay(norm, Math.exp(2 * random.normal())) <= Math.log(0.01)) below += 1
    }
    expect(below / (histories * draws)).toBeLessThan(0.013)
    expect(below / (histories * draws)).toBeGreaterThan(0.0005)
  })
})

describe('an alert', () => {
  test('opens in the same windows however their bytes are spread over their ticks', () => {
    const parts = fc.array(fc.tuple(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 2, max: 30 })), {
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(parts, fc.integer(), (windows, seed) => {
        const whole = new Watched(30)
        const random = randomFor(seed)
        for (let window = 0; window < DAY; window += 4) whole.take(window, 4e6 * scattered(random, 0.3))
        const split = whole.copy()
        windows.forEach(([times, ticks], i) => {
          const bytes = Math.round((1e6 * times) / ticks) * ticks
          const opened = whole.take(DAY + i, bytes)
          expect(split.take(DAY + i, bytes, ticks) !== null).toBe(opened !== null)
        })
      }),
      { numRuns: 20 },
    )
  })
})
