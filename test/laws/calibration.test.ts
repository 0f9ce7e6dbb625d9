import { describe, expect, test } from 'vitest'
import getSpike from '#detectors/get-spike/detector.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import { shiftOfCount } from '#src/baseline/count.ts'
import { COUNT_WIDTH } from '#src/baseline/count-row.ts'
import { endpointRef } from '#src/baseline/entity.ts'
import { PEAKS_BINS } from '#src/baseline/peaks.ts'
import { emptyTally } from '#src/baseline/tally.ts'
import { type Random, randomFor } from '#src/demo/random.ts'
import { newMeter } from '#src/detection/budget.ts'
import { ALWAYS_HEARD } from '#src/detection/hearing.ts'
import { planOf } from '#src/detection/plan.ts'
import { Rows } from '#src/detection/rows.ts'
import { ALTERNATIVES, LOG_R } from '#src/detection/surprise.ts'
import { admit, advance } from '#src/detection/watch.ts'
import { calibrate, MONDAY, type Setup, SHIPPED, type Variant, Watched, WITHOUT } from '../../bench/calibration/lab.ts'
import { negativeBinomial } from '../../bench/calibration/laws.ts'
import { TICKS_A_DAY, WORLDS, type World } from '../../bench/calibration/worlds.ts'
import { tooMany } from './chance.ts'

/** Seeds that nothing was chosen by. */
const HELD_OUT = 7001
const setup: Setup = { seed: HELD_OUT, entities: 25, days: 3, weight: 1e-5 }

describe('false alarms on benign traffic', () => {
  const quiet = Object.values(WORLDS).filter((world) => world !== WORLDS.nightly && world !== WORLDS.stretches)
  test.each(quiet)('$name: no more than the weights allow', (world) => {
    const { alarms, allowed, judged } = calibrate(world, SHIPPED, setup)
    expect(judged).toBeGreaterThan(1000)
    expect(alarms).toBeLessThan(tooMany(allowed))
  })

  test('stretches: a client may alarm at the first long one that it has, once', () => {
    // Nearly as little as production has: what is learned of long stretches within three days keeps that, and no more.
    const { alarms, repeated, judged } = calibrate(WORLDS.stretches, SHIPPED, { ...setup, entities: 100, weight: 1e-7 })
    expect(judged).toBeGreaterThan(1000)
    expect(repeated).toBe(0)
    expect(alarms).toBeLessThanOrEqual(3)
  })

  /** Alarms of jobs of the night beyond the first of each entity, and how many were allowed. */
  function again(variant: Variant): { repeated: number; first: number; allowed: number } {
    const sum = { repeated: 0, first: 0, allowed: 0 }
    for (let entity = 0; entity < 20; entity += 1) {
      const watched = new Watched(variant, Math.log(1e-5), MONDAY)
      WORLDS.nightly.play(HELD_OUT, entity, 9 * TICKS_A_DAY, (tick, k) => watched.take(MONDAY + tick, k))
      sum.first += Math.min(1, watched.found.alarms)
      sum.repeated += watched.found.repeated
      sum.allowed += watched.found.allowed
    }
    return sum
  }

  test('a job of the night alarms in its first night at most, one of the week in its first week', () => {
    const { first, repeated, allowed } = again(SHIPPED)
    expect(first).toBeGreaterThan(10)
    expect(repeated).toBeLessThan(tooMany(allowed))
  })

  test('which is what memory is for', () => {
    const { repeated, allowed } = again(WITHOUT.memory)
    expect(repeated).toBeGreaterThan(2 * tooMany(allowed))
  })
})

describe('without one of its guards the budget breaks', () => {
  test.each<[string, World, Variant, number]>([
    ['the envelope', WORLDS.diurnal, WITHOUT.envelope, 15],
    ['freezing only near the alarm', WORLDS.ramps, WITHOUT.lateFreeze, 40],
    ['seasons that are earned', WORLDS.diurnal, WITHOUT.earnedSeason, 15],
    ['the Fano factor', WORLDS.clusters, WITHOUT.fano, 15],
    ['the law of bursts', WORLDS.cron, WITHOUT.bursts, 60],
    ['the Fano factor of blocks', WORLDS.stretches, WITHOUT.blockFano, 120],
  ])('without %s', (_, world, variant, entities) => {
    const { alarms, allowed } = calibrate(world, variant, { ...setup, entities, weight: 1e-6 })
    expect(alarms).toBeGreaterThan(tooMany(allowed))
  })
})

test('the laboratory judges as the engine does: the same baseline, the same evidence', () => {
  const plan = planOf([{ detector: getSpike, params: getSpike.params.parse({}) }], 1, 1).endpoint
  const calendar = calendarOf(10_000)
  const rows = new Rows(plan.width, plan.binsWidth, 1)
  const subject = { ref: endpointRef('a', 'GET', '/b'), rows, row: rows.take(), weight: 1, examples: [[]] }
  const meters = [{ run: newMeter(), single: newMeter() }]
  const report = (): void => {
    throw new Error('nothing was to be told')
  }
  const alone = { prior: () => 0, known: () => null, weightOf: () => 1, members: () => null }
  const setting = {
    plan,
    calendar,
    meters,
    ...alone,
    early: false,
    hearing: ALWAYS_HEARD,
    silentUntil: Number.POSITIVE_INFINITY,
    report,
  }
  const [watch] = plan.watches
  const [slot] = plan.slots
  if (watch === undefined || slot?.kind.kind !== 'count') throw new Error('get-spike counts one thing')
  for (const world of [WORLDS.clusters, WORLDS.cron, WORLDS.diurnal]) {
    const lab = new Watched(SHIPPED, watch.logBudget - Math.log(newMeter().rate), MONDAY)
    admit(setting, subject, MONDAY)
    world.play(HELD_OUT, 3, 2 * TICKS_A_DAY, (tick, k) => {
      const tally = emptyTally(plan.layout)
      tally.integers[0] = k
      tally.integers[slot.cells.integer] = k
      advance(setting, subject, MONDAY + tick, tally)
      lab.take(MONDAY + tick, k)
    })
    expect(lab.found).toMatchObject({ alarms: 0 })
    expect(lab.found.judged).toBeGreaterThan(100)
    expect(rows.numbers.slice(slot.at, slot.at + COUNT_WIDTH)).toEqual(lab.row)
    expect(rows.bins.slice(slot.binsAt, slot.binsAt + PEAKS_BINS)).toEqual(lab.bins)
    const logR = rows.numbers.slice(watch.at + LOG_R, watch.at + LOG_R + ALTERNATIVES)
    expect(logR).toEqual(lab.accumulator.slice(LOG_R, LOG_R + ALTERNATIVES))
  }
})

test.each([
  [40, 0.5],
  [10, 2],
  [40, 2],
])('an attack of %d times the usual for %d hours does not hide one of five times an hour later', (times, hours) => {
  for (const one of [94, 95, 96, 97, 98]) hidesNothing(randomFor(HELD_OUT, one), times, hours)
})

/** A day of four calls a tick, the attack, an hour of four again, and half an hour of twenty. */
function hidesNothing(random: Random, times: number, hours: number): void {
  const watched = new Watched(SHIPPED, Math.log(1e-7), MONDAY)
  const first = TICKS_A_DAY
  const over = first + hours * 360
  const second = over + 360
  for (let tick = 0; tick < second + 180; tick += 1) {
    const usual = tick < first || (tick >= over && tick < second)
    watched.take(MONDAY + tick, negativeBinomial(random, usual ? 4 : tick < over ? 4 * times : 20, 0.1))
  }
  const opened = watched.opened.map((tick) => tick - MONDAY)
  expect(opened[0]).toBeLessThan(first + 3)
  expect(opened.find((tick) => tick >= second)).toBeLessThan(second + 18)
}

describe('a shift of the level', () => {
  test('is told, then accepted after two hours, and says from when, from what, to what', () => {
    const random = randomFor(HELD_OUT, 99)
    const watched = new Watched(SHIPPED, Math.log(1e-7), MONDAY)
    const change = 1.5 * TICKS_A_DAY
    for (let tick = 0; tick < 2 * TICKS_A_DAY; tick += 1) {
      const k = negativeBinomial(random, tick < change ? 4 : 40, 0.1)
      watched.take(MONDAY + tick, k)
      if (tick < change) expect(watched.found.alarms).toBe(0)
    }
    expect(watched.opened[0]).toBeLessThan(MONDAY + change + 6)
    const shift = shiftOfCount(watched.row, 0, calendarOf(10_000))
    expect(shift?.tick).toBe(MONDAY + change + 12 * 60)
    expect(shift?.levels?.from).toBeGreaterThan(3 * 6)
    expect(shift?.levels?.from).toBeLessThan(5 * 6)
    expect(shift?.levels?.to).toBeGreaterThan(35 * 6)
    expect(shift?.levels?.to).toBeLessThan(45 * 6)
    expect(watched.view.mean).toBeGreaterThan(35)
  })
})
