import { describe, expect, test } from 'vitest'
import { hasRested, mayRest, RESTS_BINS, rememberRest } from '#src/baseline/rests.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** A Wednesday in June: no clocks are changed. */
const NOON = Date.UTC(2026, 5, 3, 12)

/** Remembers each block from the first Monday on, rested or not, and asks before each block of the last day that is given. */
function asked(days: number, rests: (day: number, hour: number) => boolean): (day: number, hour: number) => boolean {
  const bins = new Uint16Array(RESTS_BINS)
  const monday = Date.UTC(2026, 5, 1)
  const may = new Map<string, boolean>()
  for (let ms = monday; ms < monday + days * DAY; ms += 10 * MINUTE) {
    const [day, hour] = [Math.floor((ms - monday) / DAY), ((ms - monday) % DAY) / HOUR]
    may.set(`${day} ${hour.toFixed(3)}`, mayRest(bins, 0, ms))
    rememberRest(bins, 0, ms, rests(day, hour))
  }
  return (day, hour) => may.get(`${day} ${hour.toFixed(3)}`) as boolean
}

describe('who rested at a time', () => {
  test('may rest a day later and an hour before that, and not after it has not', () => {
    const bins = new Uint16Array(RESTS_BINS)
    expect(hasRested(bins, 0)).toBe(false)
    rememberRest(bins, 0, NOON, true)
    expect(hasRested(bins, 0)).toBe(true)
    expect([-70, -60, 0, 10].map((by) => mayRest(bins, 0, NOON + DAY + by * MINUTE))).toEqual([
      false,
      true,
      true,
      false,
    ])
    for (let day = 1; day <= 7; day += 1) rememberRest(bins, 0, NOON + day * DAY, false)
    expect(mayRest(bins, 0, NOON + 8 * DAY)).toBe(false)
  })

  test('each night may rest each night', () => {
    const may = asked(4, (_, hour) => hour < 8 || hour >= 18)
    expect([may(3, 12), may(3, 16.5), may(3, 17.5), may(3, 20)]).toEqual([false, false, true, true])
  })

  test('at weekends may rest at weekends, and on a Monday it does not for that', () => {
    const may = asked(16, (day, hour) => day % 7 >= 5 || hour < 8 || hour >= 18)
    expect([may(11, 12), may(12, 12), may(13, 12), may(14, 12)]).toEqual([false, true, true, false])
  })

  test('on a holiday may rest on the day after, but works on the one after that', () => {
    const may = asked(14, (day, hour) => day === 9 || day % 7 >= 5 || hour < 8 || hour >= 18)
    expect([may(9, 12), may(10, 12), may(11, 12)]).toEqual([false, true, false])
  })

  test('earlier on one day of late may do so as early again', () => {
    const may = asked(11, (day, hour) => hour < 8 || hour >= (day === 8 ? 16 : 18))
    // Tuesday's evening began at four; on Thursday it may do so from three on, an hour earlier.
    expect([may(10, 14.5), may(10, 15.5)]).toEqual([false, true])
  })

  test('may do so an hour earlier still while clocks are changed', () => {
    const saturday = Date.UTC(2026, 2, 28, 20)
    const bins = new Uint16Array(RESTS_BINS)
    rememberRest(bins, 0, saturday, true)
    expect([-130, -120].map((by) => mayRest(bins, 0, saturday + DAY + by * MINUTE))).toEqual([false, true])
  })
})
