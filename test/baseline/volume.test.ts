import { describe, expect, test } from 'vitest'
import { calendarOf } from '#src/baseline/blocks.ts'
import {
  freezeVolume,
  newVolumeNorm,
  normOfVolume,
  observeVolume,
  openVolume,
  risingVolume,
  rollVolume,
  VOLUME_BINS,
  type VolumeNorm,
} from '#src/baseline/volume.ts'
import { VOLUME_WIDTH } from '#src/baseline/volume-row.ts'
import { logExceedance, WINDOW_BINS } from '#src/baseline/volume-tail.ts'

const MB = 1e6
const calendar = calendarOf(10_000)
const WINDOW = 30
const HOUR = 12
const DAY = 288
/** A Monday at midnight, as a number of windows. */
const START = 20_395 * DAY

/** A baseline that is fed window by window. */
class Learner {
  readonly row = new Float64Array(VOLUME_WIDTH)
  readonly bins = new Uint16Array(VOLUME_BINS)
  #next = START

  constructor() {
    openVolume(this.row, 0, this.bins, 0, START * WINDOW, calendar)
  }

  /** So many windows of so many bytes each; 0: nothing comes. */
  feed(windows: number, bytes: number | ((window: number) => number), frozen = false): this {
    for (let i = 0; i < windows; i += 1) {
      const sum = typeof bytes === 'number' ? bytes : bytes(this.#next)
      if (sum > 0) {
        rollVolume(this.row, 0, this.bins, 0, this.#next * WINDOW, calendar, false)
        if (frozen) freezeVolume(this.row, 0)
        observeVolume(this.row, 0, sum, 1)
      }
      this.#next += 1
    }
    return this
  }

  /** What the window that begins now is judged by. */
  norm(): VolumeNorm {
    const norm = newVolumeNorm()
    rollVolume(this.row, 0, this.bins, 0, this.#next * WINDOW, calendar, false)
    normOfVolume(this.row, 0, this.bins, 0, norm)
    return norm
  }
}

describe('what is normal for a volume', () => {
  test('is known after fifty windows that had bytes, and not before', () => {
    expect(new Learner().feed(50, MB).norm().armed).toBe(false)
    expect(new Learner().feed(52, MB).norm()).toMatchObject({ armed: true, learned: 50, seen: 52 })
    // Windows without bytes are no windows.
    expect(new Learner().feed(480, (window) => (window % 10 === 0 ? MB : 0)).norm()).toMatchObject({
      armed: false,
      learned: 48,
    })
  })

  test('is twice the level at least, and more while little is known', () => {
    const young = new Learner().feed(60, MB).norm()
    const old = new Learner().feed(9 * DAY, MB).norm()
    expect(young.mean).toBeCloseTo(MB)
    expect(young.bound).toBeGreaterThan(2.5 * MB)
    expect(old.bound).toBeGreaterThan(2 * MB)
    expect(old.bound).toBeLessThan(2.3 * MB)
  })

  test('is learned one block late, and not while it is frozen, for two hours', () => {
    const usual = (): Learner => new Learner().feed(9 * DAY, MB)
    const { bound } = usual().norm()
    expect(
      usual()
        .feed(2, 50 * MB)
        .norm().bound,
    ).toBeCloseTo(bound, -3)
    expect(
      usual()
        .feed(4, 50 * MB)
        .norm().mean,
    ).toBeGreaterThan(MB)
    // Only how far it may stray is learned at once: e^2 and no more, among the blocks of days.
    expect(
      usual()
        .feed(20, 50 * MB, true)
        .norm().mean,
    ).toBeLessThan(1.1 * MB)
    expect(
      usual()
        .feed(5 * HOUR, 50 * MB, true)
        .norm().mean,
    ).toBeGreaterThan(3 * MB)
  })

  test('does not follow a slow ramp once a week is behind it, as an hour would', () => {
    const ramp = (window: number): number => MB * 1.05 ** ((window - START - 9 * DAY) / HOUR)
    const after = new Learner()
      .feed(9 * DAY, MB)
      .feed(DAY, ramp)
      .norm()
    const top = MB * 1.05 ** 24
    expect(after.mean).toBeLessThan(top / 2)
    // In the first week the last hours count, and the ramp is absorbed.
    const early = (window: number): number => MB * 1.05 ** ((window - START - 2 * DAY) / HOUR)
    expect(
      new Learner()
        .feed(2 * DAY, MB)
        .feed(DAY, early)
        .norm().bound,
    ).toBeGreaterThan(top)
  })

  test('recalls what came at this hour of the day before', () => {
    const nightly = (window: number): number => (window % DAY >= 2 * HOUR && window % DAY < 3 * HOUR ? 80 * MB : MB)
    const learner = new Learner().feed(8 * DAY + 2 * HOUR, nightly)
    expect(learner.norm().mean).toBeGreaterThan(75 * MB)
    expect(learner.feed(3 * HOUR, nightly).norm().mean).toBeLessThan(20 * MB)
  })

  test('a window of tail size is improbable, and one that was seen is as probable as it was', () => {
    const two = (window: number): number => (window % 100 === 0 ? 300 * MB : MB * (1 + (window % 7) / 10))
    const norm = new Learner().feed(10 * DAY, two).norm()
    expect(logExceedance(norm, MB)).toBe(0)
    expect(Math.exp(logExceedance(norm, 290 * MB))).toBeGreaterThan(0.009)
    expect(Math.exp(logExceedance(norm, 30_000 * MB))).toBeLessThan(0.002)
  })

  test('four weeks of windows are kept, half of them beyond', () => {
    const learner = new Learner().feed(30 * DAY, MB)
    expect(learner.norm().learned).toBeLessThanOrEqual(8064)
    expect(learner.norm().learned).toBeGreaterThan(4032)
    const total = learner.bins.subarray(0, WINDOW_BINS).reduce((sum, count) => sum + count, 0)
    expect(total).toBe(learner.norm().learned)
  })
})

describe('a window', () => {
  test('lies in event time, two to a block, and its sum is there until the next begins', () => {
    const learner = new Learner().feed(60, MB)
    const tick = (START + 60) * WINDOW
    const at = (offset: number): VolumeNorm => {
      const norm = newVolumeNorm()
      rollVolume(learner.row, 0, learner.bins, 0, tick + offset, calendar, false)
      normOfVolume(learner.row, 0, learner.bins, 0, norm)
      return norm
    }
    expect(at(0)).toMatchObject({ before: 0, last: MB })
    observeVolume(learner.row, 0, 5 * MB, 2)
    expect(at(29)).toMatchObject({ before: 5 * MB, last: MB })
    const { bound } = at(29)
    expect(at(30)).toMatchObject({ before: 0, last: 5 * MB, lastBound: bound })
  })

  test('may be evidence once it is over its bound, with what is open', () => {
    const { row } = new Learner().feed(60, MB)
    expect(risingVolume(row, 0, 100_000)).toBe(0)
    expect(risingVolume(row, 0, 50 * MB)).toBe(51 * MB)
    expect(risingVolume(new Learner().feed(3, MB).row, 0, 50 * MB)).toBe(0)
  })
})
