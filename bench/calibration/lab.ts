import getSpike from '#detectors/get-spike/detector.ts'
import { blockOf, calendarOf } from '#src/baseline/blocks.ts'
import { freezeCount, normOfCount, observeCount, openCount, rollCount } from '#src/baseline/count.ts'
import { COUNT_CONSTANTS, type CountConstants } from '#src/baseline/count-constants.ts'
import { newCountNorm } from '#src/baseline/count-norm.ts'
import { COUNT_WIDTH } from '#src/baseline/count-row.ts'
import { PEAKS_BINS } from '#src/baseline/peaks.ts'
import type { CountView } from '#src/detection/detector.ts'
import {
  ACCUMULATOR_WIDTH,
  accumulate,
  addNumbers,
  bestNats,
  clearEvidence,
  dropEvidence,
  forget,
  LOG_R,
  logMixture,
  newEvidence,
  openAccumulator,
  PEAK,
  PEAKS,
  SUM,
  SUMS,
} from '#src/detection/surprise.ts'
import { FREEZE_NATS } from '#src/detection/watch.ts'
import type { World } from './worlds.ts'

/** A way to judge counts: as shipped, or with one of its guards taken away. */
export interface Variant {
  readonly constants: CountConstants
  /** From which ln R on learning is frozen, for a restart weight given by its logarithm. */
  readonly freezeFrom: (logWeight: number) => number
  /** A profile of the day that is imposed on every entity: its own level so far, times this; `null`: the baseline's level. */
  readonly imposed: ((tick: number) => number) | null
}

export const SHIPPED: Variant = {
  constants: COUNT_CONSTANTS,
  freezeFrom: () => -FREEZE_NATS,
  imposed: null,
}

export interface Found {
  /** Episodes: alarms at least half an hour after the one before. */
  alarms: number
  /** Those of them that were not the first of their entity. */
  repeated: number
  /** The sum of the restart weights: how many were allowed. */
  allowed: number
  /** Ticks with calls that were judged. */
  judged: number
}

/** Monday 2026-06-01, midnight UTC: no clock is changed in that month. */
export const MONDAY = 1_780_272_000_000 / 10_000
const calendar = calendarOf(10_000)
const EPISODE = 180
const PARAMS = getSpike.params.parse({})

/** One entity under one variant, tick by tick: the engine's own pieces, put together as `src/detection/watch.ts` does. */
export class Watched {
  readonly row = new Float64Array(COUNT_WIDTH)
  readonly bins = new Uint16Array(PEAKS_BINS)
  readonly accumulator = new Float64Array(ACCUMULATOR_WIDTH)
  readonly view: CountView = { k: 0, ...newCountNorm() }
  readonly #variant: Variant
  readonly #logWeight: number
  readonly #evidence = newEvidence()
  readonly #from: number
  #calls = 0
  #next = 0
  #lastAlarm = Number.NEGATIVE_INFINITY
  readonly found: Found = { alarms: 0, repeated: 0, allowed: 0, judged: 0 }
  /** Ticks at which an episode began. */
  readonly opened: number[] = []

  constructor(variant: Variant, logWeight: number, from: number) {
    this.#variant = variant
    this.#logWeight = logWeight
    this.#from = from
    this.#next = from
    openCount(this.row, 0, this.bins, 0, from, calendar)
    openAccumulator(this.accumulator, 0, from)
  }

  /** Another one with the same past. */
  copy(): Watched {
    const other = new Watched(this.#variant, this.#logWeight, this.#from)
    other.row.set(this.row)
    other.bins.set(this.bins)
    other.accumulator.set(this.accumulator)
    other.#calls = this.#calls
    other.#next = this.#next
    other.#lastAlarm = this.#lastAlarm
    return other
  }

  /** Everything up to this tick, and the tick itself, which has `k` calls. Returns whether an alarm is due. */
  take(tick: number, k: number): boolean {
    while (this.#next < tick) {
      const end = Math.min(tick, (blockOf(calendar, this.#next) + 1) * calendar.ticksPerBlock)
      this.#weigh(this.#next, 0, end - this.#next)
      this.#next = end
    }
    const alarm = this.#weigh(tick, k, 1)
    if (this.#isNear(tick)) freezeCount(this.row, 0)
    observeCount(this.row, 0, tick, k)
    this.#calls += k
    this.#next = tick + 1
    return alarm
  }

  #weigh(tick: number, k: number, ticks: number): boolean {
    const { constants } = this.#variant
    const view = this.view
    rollCount(this.row, 0, this.bins, 0, tick, calendar, false, constants)
    normOfCount(this.row, 0, tick, view, constants)
    view.k = k
    this.#impose(tick)
    clearEvidence(this.#evidence)
    if (!getSpike.judge({ gets: view }, this.#evidence, PARAMS)) return false
    const logWeight = this.#logWeight + Math.log(this.#evidence.weight)
    this.found.allowed += Math.exp(logWeight) * ticks
    if (k > 0) this.found.judged += 1
    const acc = this.accumulator
    if (bestNats(acc, 0, getSpike.alternatives) === 0) forget(acc, 0, tick)
    const odd = accumulate(acc, 0, getSpike.alternatives, this.#evidence.logE, logWeight, ticks)
    if (!odd) forget(acc, 0, tick)
    else if (k > 0) addNumbers(acc, 0, this.#evidence)
    if (logMixture(acc, 0, getSpike.alternatives) < 0) return false
    if (!getSpike.floor(acc.subarray(SUM, SUM + SUMS), acc.subarray(PEAK, PEAK + PEAKS), PARAMS, false)) return false
    dropEvidence(acc, 0)
    if (tick - this.#lastAlarm >= EPISODE) {
      this.found.alarms += 1
      if (this.found.alarms > 1) this.found.repeated += 1
      this.opened.push(tick)
    }
    this.#lastAlarm = tick
    return true
  }

  #impose(tick: number): void {
    const { imposed, constants } = this.#variant
    if (imposed === null) return
    const ticks = Math.max(1, tick - this.#from)
    this.view.mean = (this.#calls / ticks) * imposed(tick)
    this.view.bound = constants.margin * this.view.mean + (constants.perDeviation * Math.sqrt(this.#calls)) / ticks
  }

  /** Near an alarm, or within an episode. */
  #isNear(tick: number): boolean {
    if (tick - this.#lastAlarm < EPISODE) return true
    const from = this.#variant.freezeFrom(this.#logWeight)
    for (let m = 0; m < getSpike.alternatives; m += 1) if (this.accumulator[LOG_R + m]! > from) return true
    return false
  }
}

export interface Setup {
  readonly seed: number
  readonly entities: number
  readonly days: number
  /** Restart weight of a tick that is sure to have calls. */
  readonly weight: number
}

/** What a variant makes of a world without any attack. */
export function calibrate(world: World, variant: Variant, { seed, entities, days, weight }: Setup): Found {
  const sum: Found = { alarms: 0, repeated: 0, allowed: 0, judged: 0 }
  for (let entity = 0; entity < entities; entity += 1) {
    const watched = new Watched(variant, Math.log(weight), MONDAY)
    world.play(seed, entity, days * 8640, (tick, k) => watched.take(MONDAY + tick, k))
    sum.alarms += watched.found.alarms
    sum.repeated += watched.found.repeated
    sum.allowed += watched.found.allowed
    sum.judged += watched.found.judged
  }
  return sum
}

/** Variants with one guard less, by the finding that each of them is for. */
export const WITHOUT = {
  /** The mean as it was learned, without uncertainty, volatility or what came before. */
  envelope: {
    ...SHIPPED,
    constants: { ...COUNT_CONSTANTS, margin: 1, perVolatility: 0, perDeviation: 0, longTerm: 0, perPeak: 0 },
  },
  /** Learning stops as soon as it looks odd, at a hundred to one. The dispersion of blocks is never frozen, and would stand in for the level. */
  lateFreeze: {
    ...SHIPPED,
    constants: { ...COUNT_CONSTANTS, perBlockFano: 0 },
    freezeFrom: (logWeight: number) => logWeight + Math.log(100),
  },
  /** Variance phi * mu^2 alone, for every kind of burst. */
  fano: { ...SHIPPED, constants: { ...COUNT_CONSTANTS, perFano: 0, perBlockFano: 0, gain: Number.POSITIVE_INFINITY } },
  /** Ticks are taken for independent, however calls come in stretches. */
  blockFano: { ...SHIPPED, constants: { ...COUNT_CONSTANTS, perBlockFano: 0 } },
  /** One negative binomial for everybody, for those who come in bursts as well. */
  bursts: { ...SHIPPED, constants: { ...COUNT_CONSTANTS, gain: Number.POSITIVE_INFINITY } },
  /** Nothing is known of yesterday. */
  memory: { ...SHIPPED, constants: { ...COUNT_CONSTANTS, perPeak: 0 } },
  /** The profile of all entities together, imposed on each: a sine of 0.6 at the phase that they have on average. */
  earnedSeason: {
    ...SHIPPED,
    imposed: (tick: number) => 1 + 0.6 * Math.sin((2 * Math.PI * ((tick - MONDAY) / 360 - 8)) / 24),
  },
} as const satisfies Readonly<Record<string, Variant>>
