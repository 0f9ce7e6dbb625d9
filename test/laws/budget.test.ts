import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarOf } from '#src/baseline/blocks.ts'
import {
  countCrossings,
  countOpened,
  countTests,
  newMeter,
  settleMeter,
  spend,
  turnMeter,
} from '#src/detection/budget.ts'

describe('the budget', () => {
  const DAY = 86_400_000
  const calendar = calendarOf(10_000)
  const ticks = DAY / 10_000

  /** What a day of so many tests a tick may spend, in parts of a day's budget. */
  function spendTests(
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
          const first = spendTests(meter, start, ticks, steady)
          // The first tick weighs before anything is known: at most its own tests against those of one entity.
          expect(first).toBeLessThanOrEqual(1.02 + (2 * tests) / 8640)
          for (let day = 1; day < 4; day += 1)
            expect(spendTests(meter, start + day * ticks, ticks, steady)).toBeLessThanOrEqual(1.02)
        },
      ),
      { numRuns: 15 },
    )
  })

  test('is kept by traffic that comes back after any number of silent days', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 100, max: 3000 }), (silent, tests) => {
        const meter = newMeter()
        spendTests(meter, 0, 2 * ticks, () => tests)
        expect(spendTests(meter, (2 + silent) * ticks, ticks, () => tests)).toBeLessThanOrEqual(
          1.02 + (2 * tests) / 8640,
        )
      }),
      { numRuns: 15 },
    )
  })

  test('is weighed by the busiest of the last seven days', () => {
    const meter = newMeter()
    spendTests(meter, 0, ticks, () => 50)
    spendTests(meter, ticks, 6 * ticks, () => 5)
    turnMeter(meter, 7 * ticks, calendar)
    expect(meter.rate).toBe(50 * ticks)
    spendTests(meter, 7 * ticks, ticks, () => 5)
    turnMeter(meter, 8 * ticks, calendar)
    expect(meter.rate).toBe(5 * ticks)
  })

  const tests = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 600 })), {
    minLength: 2,
    maxLength: 200,
  })

  test('comes to the same, to the last bit, in whatever order entities are judged', () => {
    fc.assert(
      fc.property(tests, fc.double({ min: 0.01, max: 100, noNaN: true }), (judged, budget) => {
        const allowedBy = (order: typeof judged): number => {
          const meter = newMeter()
          turnMeter(meter, 0, calendar)
          for (const [weight, count] of order) spend(meter, weight, count)
          settleMeter(meter, budget)
          return meter.allowed
        }
        const allowed = allowedBy(judged)
        expect(allowedBy(judged.toReversed())).toBe(allowed)
        const exact = judged.reduce((sum, [weight, count]) => sum + weight * count, 0) / 8640
        expect(allowed / budget).toBeCloseTo(exact, 4)
      }),
    )
  })

  test('is shared out by weights: each entity its part, and all of them the whole', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 3, maxLength: 30 })
    fc.assert(
      fc.property(weights, fc.double({ min: 0.1, max: 100, noNaN: true }), (entities, budget) => {
        const meter = newMeter()
        for (let tick = 0; tick < 2 * ticks; tick += 1) {
          turnMeter(meter, tick, calendar)
          for (const weight of entities) {
            countTests(meter, weight)
            spend(meter, 1, weight)
          }
          settleMeter(meter, budget)
        }
        const [, second] = meter.accounts
        const sum = entities.reduce((all, weight) => all + weight, 0)
        expect(meter.rate).toBe(sum * ticks)
        expect(second).toMatchObject({ day: 1, tests: sum * ticks })
        // The sum of w_i T_i over the entities; one of weight 20 has 20 times the part of one of weight 1.
        expect((second?.allowed ?? 0) / budget).toBeCloseTo(1, 6)
      }),
      { numRuns: 15 },
    )
  })

  test('is accounted for by event-day, seven of them', () => {
    const meter = newMeter()
    for (const day of [0, 1, 2, 5, 6, 7, 20]) {
      turnMeter(meter, day * ticks, calendar)
      countCrossings(meter, 0b11)
      countCrossings(meter, 0b10)
      countOpened(meter)
      settleMeter(meter, 1)
      const days = meter.accounts.map((account) => account.day)
      expect(days).toEqual([0, 1, 2, 5, 6, 7, 20].filter((one) => one <= day && one > day - 7))
      expect(meter.accounts.at(-1)).toMatchObject({ day, opened: 1, crossed: [1, 2] })
    }
    expect(meter.crossed).toEqual([7, 14])
  })
})
