import { describe, expect, test } from 'vitest'
import { BLOCKS_FROZEN, calendarOf } from '#src/baseline/blocks.ts'
import {
  DURATIONS_WIDTH,
  type DurationsNorm,
  freezeDurations,
  msOf,
  normOfDurations,
  observeDurations,
  openDurations,
  reachOf,
  rollDurations,
  stepsOf,
} from '#src/baseline/durations.ts'
import { type Random, randomFor } from '#src/demo/random.ts'

const calendar = calendarOf(10_000)
const BLOCK = calendar.ticksPerBlock
const HOUR = 6 * BLOCK

/** An endpoint whose calls take `ms` in the median, by the tick, a few of them a tick. */
function run(
  ticks: number,
  ms: (tick: number, random: Random) => number,
  frozen: (tick: number) => boolean = () => false,
) {
  const row = new Float64Array(DURATIONS_WIDTH)
  const random = randomFor(3)
  openDurations(row, 0, 0, calendar)
  const normAt = (tick: number): DurationsNorm => {
    const norm = { armed: false, level: 0, within: 0, stray: 0, seen: 0 }
    rollDurations(row, 0, tick, calendar)
    normOfDurations(row, 0, norm)
    return norm
  }
  for (let tick = 0; tick < ticks; tick += 1) {
    rollDurations(row, 0, tick, calendar)
    const steps = Array.from({ length: 5 }, () => stepsOf(ms(tick, random) * Math.exp(0.6 * random.normal())))
    const sum = (of: (step: number) => number): number => steps.reduce((all, step) => all + of(step), 0)
    observeDurations(
      row,
      0,
      steps.length,
      sum((step) => step),
      sum((step) => step * step),
    )
    if (frozen(tick)) freezeDurations(row, 0)
  }
  return { row, norm: normAt(ticks), normAt }
}

test('a duration is as many steps as bring it back within 3%, from nothing to a day', () => {
  for (const ms of [0, 0.4, 1, 12, 480, 60_000, 86_400_000]) {
    expect(1 + msOf(stepsOf(ms))).toBeGreaterThan(0.97 * (1 + ms))
    expect(1 + msOf(stepsOf(ms))).toBeLessThan(1.03 * (1 + ms))
  }
  expect(stepsOf(-5)).toBe(0)
  expect(msOf(-3)).toBe(0)
})

describe('the level of durations', () => {
  test('is near the median once a block has been learned, one block late, and unknown before', () => {
    const { normAt } = run(BLOCK, () => 40)
    expect(normAt(BLOCK)).toMatchObject({ armed: false, seen: 5 * BLOCK })
    const { armed, level, within } = normAt(2 * BLOCK)
    expect(armed).toBe(true)
    expect(msOf(level)).toBeGreaterThan(37)
    expect(msOf(level)).toBeLessThan(43)
    // Of the logarithm, in steps of a sixteenth of a doubling: 0.6 / ln 2 * 16, and the same squared.
    expect(Math.sqrt(within)).toBeGreaterThan(12)
    expect(Math.sqrt(within)).toBeLessThan(15)
  })

  test('is not armed by a handful of calls', () => {
    const { normAt } = run(5, () => 40)
    expect(normAt(10 * BLOCK).armed).toBe(false)
  })

  test('stays where it was through two frozen hours, and then accepts what it sees', () => {
    const slowFrom = (hour: number) => (tick: number) => (tick < hour * HOUR ? 40 : 400)
    const odd = (tick: number): boolean => tick >= 6 * HOUR
    const during = run(6 * HOUR + (BLOCKS_FROZEN - 1) * BLOCK, slowFrom(6), odd).norm
    expect(msOf(during.level)).toBeLessThan(43)
    const after = run(6 * HOUR + (BLOCKS_FROZEN + 6) * BLOCK, slowFrom(6), odd).norm
    expect(msOf(after.level)).toBeGreaterThan(60)
  })

  test('follows a deploy within hours, and is not taken to be volatile for it', () => {
    const { norm } = run(30 * HOUR, (tick) => (tick < 24 * HOUR ? 40 : 4000))
    expect(msOf(norm.level)).toBeGreaterThan(3000)
    // Six doublings and a half, seen from a level that lags by hours, would else be most of what is known: 20 steps.
    expect(Math.sqrt(norm.stray)).toBeLessThan(13)
  })

  test('of who is twice as slow by day as by night allows for it', () => {
    const { norm } = run(72 * HOUR, (tick) => 40 * 2 ** (0.5 * Math.sin((2 * Math.PI * tick) / (24 * HOUR))))
    const steady = run(72 * HOUR, () => 40).norm
    expect(reachOf(norm, 1e9)).toBeGreaterThan(1.3 * reachOf(steady, 1e9))
    // Half a doubling either way is 8 steps.
    expect(reachOf(norm, 1e9)).toBeLessThan(24)
  })
})

test('the mean of few calls may lie further off than that of many', () => {
  const { norm } = run(12 * HOUR, () => 40)
  expect(reachOf(norm, 5)).toBeGreaterThan(2 * reachOf(norm, 5000))
})
