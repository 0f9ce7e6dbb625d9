import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clocksMayChange, PEAKS_BINS, peaksAbove, recalledLevel, rememberLevel } from '#src/baseline/peaks.ts'

const BLOCK = 600_000
const HOUR = 6 * BLOCK
const DAY = 24 * HOUR
const QUIET = 0.1
/** A Monday in January: no clock is changed. */
const MONDAY = Date.parse('2026-01-05T00:00:00Z')

/** Lives through [from, to): quiet but for what `peak` says, in calls a tick. */
function live(bins: Uint16Array, from: number, to: number, peak: (ms: number) => number | null): void {
  for (let ms = from; ms < to; ms += BLOCK) rememberLevel(bins, 0, ms, peak(ms) ?? QUIET, QUIET)
}

const at = (start: number, level: number) => (ms: number) => (ms === start ? level : null)

describe('recurring peaks', () => {
  test('are recalled at their time on the next day, ten minutes early or late, and at no other', () => {
    const bins = new Uint16Array(PEAKS_BINS)
    live(bins, MONDAY, MONDAY + DAY, at(MONDAY + 2 * HOUR, 50))
    const recalled = (ms: number): number => recalledLevel(bins, 0, ms, false)
    for (const near of [-BLOCK, 0, BLOCK]) {
      expect(recalled(MONDAY + DAY + 2 * HOUR + near)).toBeGreaterThanOrEqual(50)
      expect(recalled(MONDAY + DAY + 2 * HOUR + near)).toBeLessThan(50 * 1.13)
    }
    for (let ms = MONDAY + DAY; ms < MONDAY + 2 * DAY; ms += BLOCK) {
      if (Math.abs(ms - MONDAY - DAY - 2 * HOUR) > BLOCK) expect(recalled(ms)).toBeLessThan(QUIET * 1.13)
    }
  })

  test('fade by three tenths a day', () => {
    const bins = new Uint16Array(PEAKS_BINS)
    live(bins, MONDAY, MONDAY + DAY, at(MONDAY + 2 * HOUR, 50))
    const first = recalledLevel(bins, 0, MONDAY + 2 * HOUR, false)
    live(bins, MONDAY + DAY, MONDAY + 3 * DAY, () => null)
    expect(recalledLevel(bins, 0, MONDAY + 3 * DAY + 2 * HOUR, false)).toBeCloseTo(first * 0.49, 9)
  })

  test('are believed by what is sensitive only when they were seen on two days', () => {
    const bins = new Uint16Array(PEAKS_BINS)
    // Twenty minutes: the second block is no second occurrence.
    const long = (day: number) => (ms: number) => (ms === day + 2 * HOUR || ms === day + 2 * HOUR + BLOCK ? 50 : null)
    live(bins, MONDAY, MONDAY + DAY, long(MONDAY))
    expect(recalledLevel(bins, 0, MONDAY + DAY + 2 * HOUR, true)).toBeLessThan(1)
    live(bins, MONDAY + DAY, MONDAY + 2 * DAY, long(MONDAY + DAY))
    expect(recalledLevel(bins, 0, MONDAY + 2 * DAY + 2 * HOUR, true)).toBeGreaterThanOrEqual(50)
    // What is far above the peaks of other days was seen once.
    live(bins, MONDAY + 2 * DAY, MONDAY + 3 * DAY, at(MONDAY + 2 * DAY + 2 * HOUR, 5000))
    expect(recalledLevel(bins, 0, MONDAY + 3 * DAY + 2 * HOUR, true)).toBeLessThan(100)
  })

  test('of the week are recalled on their weekday at their full height', () => {
    const bins = new Uint16Array(PEAKS_BINS)
    const start = MONDAY + 3 * DAY + 3 * HOUR
    live(bins, MONDAY, start + 7 * DAY, at(start, 50))
    expect(recalledLevel(bins, 0, start + 6 * DAY, false)).toBeLessThan(10)
    expect(recalledLevel(bins, 0, start + 7 * DAY, false)).toBeGreaterThanOrEqual(50)
    expect(recalledLevel(bins, 0, start + 7 * DAY, true)).toBeLessThan(10)
    live(bins, start + 7 * DAY, start + 14 * DAY, at(start + 7 * DAY, 50))
    expect(recalledLevel(bins, 0, start + 14 * DAY, true)).toBeGreaterThanOrEqual(50)
  })

  test('are listed with their times: what hides what', () => {
    const bins = new Uint16Array(PEAKS_BINS)
    live(bins, MONDAY, MONDAY + DAY, at(MONDAY + 2 * HOUR, 50))
    expect([...peaksAbove(bins, 0, 1)]).toEqual([
      { weekday: null, slot: 12, level: expect.closeTo(51.2, 0), twice: false },
      { weekday: 1, slot: 12, level: expect.closeTo(51.2, 0), twice: false },
    ])
    live(bins, MONDAY + DAY, MONDAY + 100 * DAY, () => null)
    expect([...peaksAbove(bins, 0, 1)]).toEqual([])
  })

  test('never fall below what was seen that day, whatever happened before: memory can only raise', () => {
    const level = fc.double({ min: 0.021, max: 50_000, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(143), level), { maxLength: 60 }), fc.nat(143), level, (past, slot, last) => {
        const bins = new Uint16Array(PEAKS_BINS)
        past.forEach(([one, high], day) => {
          rememberLevel(bins, 0, MONDAY + day * DAY + one * BLOCK, high, QUIET)
        })
        const end = MONDAY + 60 * DAY + slot * BLOCK
        rememberLevel(bins, 0, end, last, QUIET)
        expect(recalledLevel(bins, 0, end + DAY, false)).toBeGreaterThanOrEqual(Math.min(last, 50_000) * (1 - 1e-12))
      }),
    )
  })
})

describe('when clocks are changed', () => {
  const zones = [
    ['Europe/Berlin', '2026-03-29'],
    ['Europe/Berlin', '2026-10-25'],
    ['America/New_York', '2026-03-08'],
    ['America/New_York', '2026-11-01'],
    ['Australia/Sydney', '2026-04-05'],
    ['Australia/Sydney', '2026-10-04'],
    ['America/Santiago', '2026-09-06'],
  ] as const

  /** Milliseconds of 3:30 on the clock of a zone, on a day. */
  function halfPastThree(zone: string, day: number): number {
    const clock = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    for (let ms = day; ms < day + DAY; ms += BLOCK) if (clock.format(ms) === '03:30') return ms
    throw new Error(`no 3:30 in ${zone}`)
  }

  test.each(zones)('in %s on %s, a job of the night is still known', (zone, change) => {
    const bins = new Uint16Array(PEAKS_BINS)
    const last = Date.parse(`${change}T00:00:00Z`)
    for (let day = last - 5 * DAY; day < last + 5 * DAY; day += DAY) {
      const start = halfPastThree(zone, day)
      // A sensitive endpoint waits for two occurrences, then each night has to be known, with a factor of 1.5 on what is recalled.
      if (day >= last - 3 * DAY)
        expect(1.5 * recalledLevel(bins, 0, start, true), new Date(start).toISOString()).toBeGreaterThanOrEqual(50)
      live(bins, day, day + DAY, at(start, 50))
    }
  })

  test('and in no other week an hour is forgiven', () => {
    const days = Array.from({ length: 366 }, (_, i) => MONDAY + i * DAY)
    expect(days.filter(clocksMayChange).length).toBeLessThan(366 * 0.32)
    const bins = new Uint16Array(PEAKS_BINS)
    for (let day = 0; day < 3; day += 1)
      live(bins, MONDAY + day * DAY, MONDAY + (day + 1) * DAY, at(MONDAY + day * DAY + 2 * HOUR, 50))
    expect(recalledLevel(bins, 0, MONDAY + 3 * DAY + 3 * HOUR, false)).toBeLessThan(1)
  })
})
