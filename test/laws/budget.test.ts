import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarOf } from '#src/baseline/blocks.ts'
import { countTests, newMeter, turnMeter } from '#src/detection/budget.ts'

describe('the budget', () => {
  const DAY = 86_400_000
  const calendar = calendarOf(10_000)
  const ticks = DAY / 10_000

  /** What a day of so many tests a tick may spend, in parts of a day's budget. */
  function spend(
    meter: ReturnType<typeof newMeter>,
    from: number,
    count: number,
    testsAt: (tick: number) => number,
  ): number {
    let spent = 0
    for (let tick = from; tick < from + count; tick += 1) {
      const tests = testsAt(tick)
      if (tests === 0) continue
      turnMeter(meter, tick, calendar)
      countTests(meter, tests)
      spent += tests / meter.rate
    }
    return spent
  }

  test('of a day is kept by steady traffic, from any time of day on', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.nat(ticks),
        fc.integer({ min: 1, max: 40 }),
        (tests, start, everyTick) => {
          const meter = newMeter()
          const steady = (tick: number): number => (tick % everyTick === 0 ? tests : 0)
          const first = spend(meter, start, ticks, steady)
          // The first tick weighs before anything is known: at most its own tests against those of one entity.
          expect(first).toBeLessThanOrEqual(1.02 + (2 * tests) / 8640)
          for (let day = 1; day < 4; day += 1)
            expect(spend(meter, start + day * ticks, ticks, steady)).toBeLessThanOrEqual(1.02)
        },
      ),
      { numRuns: 15 },
    )
  })

  test('is kept by traffic that comes back after any number of silent days', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 100, max: 3000 }), (silent, tests) => {
        const meter = newMeter()
        spend(meter, 0, 2 * ticks, () => tests)
        expect(spend(meter, (2 + silent) * ticks, ticks, () => tests)).toBeLessThanOrEqual(1.02 + (2 * tests) / 8640)
      }),
      { numRuns: 15 },
    )
  })

  test('is weighed by the busiest of the last seven days', () => {
    const meter = newMeter()
    spend(meter, 0, ticks, () => 50)
    spend(meter, ticks, 6 * ticks, () => 5)
    turnMeter(meter, 7 * ticks, calendar)
    expect(meter.rate).toBe(50 * ticks)
    spend(meter, 7 * ticks, ticks, () => 5)
    turnMeter(meter, 8 * ticks, calendar)
    expect(meter.rate).toBe(5 * ticks)
  })
})
