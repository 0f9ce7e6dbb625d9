import { describe, expect, test } from 'vitest'
import { calendarOf } from '#src/baseline/blocks.ts'
import {
  newVolumeNorm,
  normOfVolume,
  observeVolume,
  openVolume,
  risingVolume,
  rollVolume,
  tellVolume,
  VOLUME_BINS,
  type VolumeNorm,
} from '#src/baseline/volume.ts'
import { VOLUME_WIDTH } from '#src/baseline/volume-row.ts'
import { logDay, logHour, logWindow } from '#src/baseline/volume-tail.ts'

const MB = 1e6
const calendar = calendarOf(10_000)
const WINDOW = 30
const HOUR = 12
const DAY = 24 * HOUR
/** A Monday at midnight, as a number of windows. */
const START = 20_395 * DAY

/** Every twelfth window another size: hours are alike, five minutes are not. */
const uneven = (window: number): number => MB * (0.5 + (window % HOUR) / 11)

/** A baseline that is fed window by window. */
class Learner {
  readonly row = new Float64Array(VOLUME_WIDTH)
  readonly bins = new Uint16Array(VOLUME_BINS)
  readonly #twice: boolean
  #next: number

  constructor(from = START, twice = false) {
    this.#next = from
    this.#twice = twice
    openVolume(this.row, 0, this.bins, 0, from * WINDOW, calendar)
  }

  /** So many windows of so many bytes each; 0: nothing comes. */
  feed(windows: number, bytes: number | ((window: number) => number)): this {
    for (let i = 0; i < windows; i += 1) {
      const sum = typeof bytes === 'number' ? bytes : bytes(this.#next)
      if (sum > 0) {
        this.#roll()
        observeVolume(this.row, 0, sum, 1)
      }
      this.#next += 1
    }
    return this
  }

  /** What the window that begins now is judged by. */
  norm(): VolumeNorm {
    const norm = newVolumeNorm()
    this.#roll()
    normOfVolume(this.row, 0, this.bins, 0, norm)
    return norm
  }

  #roll(): void {
    rollVolume(this.row, 0, this.bins, 0, this.#next * WINDOW, calendar, this.#twice)
  }
}

describe('what is normal for a volume', () => {
  test('is known after six whole hours, beyond the one that they are held against, and not before', () => {
    // The hour of admission says nothing, the next is the first level, the last waits to be learned.
    expect(new Learner().feed(9 * HOUR - 1, MB).norm()).toMatchObject({ armed: false, hours: 5 })
    expect(new Learner().feed(9 * HOUR, MB).norm()).toMatchObject({ armed: true, hours: 6 })
    // Silent hours are no hours.
    const seldom = (window: number): number => (window % DAY < 2 * HOUR ? MB : 0)
    expect(new Learner().feed(3 * DAY, seldom).norm().armed).toBe(false)
    expect(new Learner().feed(6 * DAY, seldom).norm().armed).toBe(true)
  })

  test('is not learned from the hour of admission, which is not a whole one', () => {
    const late = new Learner(START + HOUR - 1).feed(1, MB)
    expect(late.feed(HOUR, MB).norm().level).toBeCloseTo(12 * MB)
    expect(late.feed(9 * HOUR, MB).norm().hourLimit).toBeLessThan(12 * MB * 2.5)
  })

  test('is three times the largest five minutes and 2.2 times the largest hour, from the level of now on', () => {
    const { level, mean, windowLimit, hourLimit } = new Learner().feed(2 * DAY, uneven).norm()
    expect(level / (12 * MB)).toBeCloseTo(1, 2)
    expect(mean / (12 * MB)).toBeCloseTo(1, 2)
    expect(windowLimit / (3 * 1.5 * MB)).toBeCloseTo(1, 1)
    expect(hourLimit / (2.2 * 12 * MB)).toBeCloseTo(1, 1)
  })

  test('follows a level that wanders, within hours', () => {
    const learner = new Learner().feed(3 * DAY, MB)
    expect(learner.feed(6 * HOUR, 1.8 * MB).norm().level).toBeGreaterThan(1.6 * 12 * MB)
    // And goes back to what is usual for days as it fades.
    expect(learner.feed(DAY + 8 * HOUR, MB).norm().level).toBeLessThan(1.1 * 12 * MB)
  })

  test('recalls what came at this hour on the day before, an hour early or late', () => {
    const nightly = (window: number): number => (window % DAY >= 2 * HOUR && window % DAY < 3 * HOUR ? 80 * MB : MB)
    const levels = (learner: Learner): number[] =>
      Array.from({ length: 6 }, () => {
        const { level } = learner.norm()
        learner.feed(HOUR, nightly)
        return level / (12 * MB)
      })
    const [midnight, one, two, , , five] = levels(new Learner().feed(8 * DAY, nightly)) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    expect(midnight).toBeLessThan(20)
    for (const level of [one, two]) expect(level).toBeGreaterThan(75)
    expect(five).toBeLessThan(40)
    // What weighs more believes it on the third night.
    const sensitive = new Learner(START, true).feed(DAY + HOUR, (window) =>
      window < START + DAY ? nightly(window) : MB,
    )
    expect(sensitive.norm().level).toBeLessThan(20 * 12 * MB)
  })

  test('is learned an hour late, as one jump; and what came once is as probable as it was', () => {
    const learner = new Learner().feed(9 * DAY, uneven)
    const told = (): number => logHour(learner.norm(), 12 * 20 * MB)
    const before = told()
    expect(before).toBeLessThan(-14)
    learner.feed(HOUR, 20 * MB)
    // The level has moved, and nothing else: it knows 214 hours and none of them like this.
    expect(learner.norm().hours).toBe(214)
    learner.feed(2 * HOUR, uneven)
    expect(learner.norm().hours).toBe(216)
    learner.feed(DAY, uneven)
    expect(Math.exp(logHour(learner.norm(), 12 * 18 * MB))).toBeGreaterThan(0.005)
  })

  test('an hour that is odd draws the level as far as one that is just not', () => {
    const learner = new Learner().feed(3 * DAY, MB)
    const { level, hourLimit } = learner.norm()
    learner.feed(HOUR, 1000 * MB)
    expect(learner.norm().level).toBeLessThan(hourLimit)
    expect(learner.norm().level).toBeGreaterThan(level)
    expect(learner.feed(3 * HOUR, 1000 * MB).norm().level).toBeGreaterThan(3 * level)
  })

  test('a single huge answer is no hour: of its largest five minutes an hour counts what is usual', () => {
    const learner = new Learner().feed(3 * DAY, MB)
    learner.feed(1, 500 * MB).feed(HOUR - 1, MB)
    expect(learner.norm().rest).toBeLessThan(24 * 12 * MB)
    expect(learner.norm().rest).toBeGreaterThan(22 * 12 * MB)
  })
})

describe('what is normal within 24 hours', () => {
  test('is known after a week, and is what ended a day ago: a trickle of a day does not excuse itself', () => {
    expect(new Learner().feed(7 * DAY - 1, MB).norm().dayLimit).toBe(Number.MAX_VALUE)
    const learner = new Learner().feed(12 * DAY, MB)
    expect(learner.norm().dayLimit / (2.2 * DAY * MB)).toBeCloseTo(1, 2)
    learner.feed(DAY, 3 * MB)
    expect(learner.norm().dayLimit / (2.2 * DAY * MB)).toBeCloseTo(1, 2)
    expect(learner.norm().rest / (DAY * MB)).toBeGreaterThan(2.8)
    expect(logDay(learner.norm(), 3 * DAY * MB)).toBeLessThan(-10)
    // Two days later it is what was seen once.
    expect(learner.feed(2 * DAY, MB).norm().dayLimit / (2.2 * 3 * DAY * MB)).toBeCloseTo(1, 1)
  })

  test('is the more the more days differ', () => {
    const days = (spread: number) => (window: number) => MB * (Math.floor(window / DAY) % 7 === 0 ? spread : 1)
    const [even, odd] = [1, 3].map((spread) => new Learner().feed(20 * DAY, days(spread)).norm()) as [
      VolumeNorm,
      VolumeNorm,
    ]
    expect(logDay(even, 9 * DAY * MB)).toBeLessThan(2 * logDay(odd, 9 * DAY * MB))
    expect(logDay(odd, 9 * DAY * MB)).toBeLessThan(0)
  })

  test('is counted in event time: hours of silence are hours', () => {
    const learner = new Learner().feed(3 * DAY, MB).feed(20 * HOUR, 0)
    expect(learner.norm().rest / MB).toBeCloseTo(3 * HOUR, 0)
    expect(learner.feed(40 * DAY, 0).norm()).toMatchObject({ rest: 0, top: 0 })
  })
})

describe('five minutes', () => {
  test('are the more probable the larger those of other hours were, and never less than those were seen', () => {
    const wide = (window: number): number => MB * (window % 40 === 0 ? 30 : 1)
    const [narrow, broad] = [new Learner().feed(9 * DAY, MB).norm(), new Learner().feed(9 * DAY, wide).norm()]
    expect(logWindow(narrow, 20 * MB)).toBeLessThan(-10)
    expect(logWindow(broad, 20 * MB)).toBe(0)
    expect(logWindow(broad, 2000 * MB)).toBeGreaterThan(logWindow(narrow, 2000 * MB))
  })

  test('lie in event time, twelve to an hour; the last hour is kept until the next that has bytes is over', () => {
    const learner = new Learner().feed(10 * HOUR, MB).feed(1, 5 * MB)
    expect(learner.norm()).toMatchObject({ window: 0, hour: 5 * MB, largest: 5 * MB, last: 12 * MB })
    expect(learner.norm().lastBound).toBeCloseTo(18 * MB, -3)
    expect(learner.norm().bound).toBeCloseTo(2 * MB, -3)
    learner.feed(3, 0).feed(1, 2 * MB)
    expect(learner.norm()).toMatchObject({ hour: 7 * MB, largest: 5 * MB, last: 12 * MB })
    expect(learner.feed(7, 0).norm()).toMatchObject({ hour: 0, largest: 0, last: 7 * MB })
  })
})

describe('an open tick', () => {
  test('may be evidence when five minutes, the hour or 24 hours are beyond their limit with it', () => {
    const { row } = new Learner().feed(10 * DAY + 6, MB)
    expect(risingVolume(row, 0, 1.5 * MB)).toBe(0)
    expect(risingVolume(row, 0, 3 * MB)).toBe(4 * MB)
    const slow = new Learner().feed(10 * DAY, MB).feed(20 * HOUR + 6, 2.6 * MB)
    expect(slow.norm().hour).toBeLessThan(slow.norm().hourLimit)
    expect(risingVolume(slow.row, 0, 1)).toBeGreaterThan(2.2 * DAY * MB)
    expect(risingVolume(new Learner().feed(5 * HOUR, MB).row, 0, 1000 * MB)).toBe(0)
  })
})

describe('what an alert has told', () => {
  test('is known for the rest of the hour, and fades from the next days', () => {
    const learner = new Learner().feed(10 * DAY, MB).feed(3, 40 * MB)
    tellVolume(learner.row, 0)
    const { toldHour, toldDay } = learner.norm()
    expect(toldHour).toBeGreaterThan(80 * MB)
    expect(toldDay).toBeGreaterThan(toldHour + 20 * HOUR * MB)
    expect(learner.feed(HOUR - 3, MB).norm()).toMatchObject({ toldHour: 0, toldDay })
    expect(learner.feed(DAY, MB).norm().toldDay).toBeCloseTo(0.8 * toldDay, -3)
  })
})
