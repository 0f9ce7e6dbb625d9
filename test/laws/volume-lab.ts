import { type Calendar, calendarOf } from '#src/baseline/blocks.ts'
import kind from '#src/baseline/kinds/volume.ts'
import { volume } from '#src/baseline/measure.ts'
import { VOLUME_BINS } from '#src/baseline/volume.ts'
import { VOLUME_WIDTH } from '#src/baseline/volume-row.ts'
import {
  ACCUMULATOR_WIDTH,
  accumulate,
  clearEvidence,
  dropEvidence,
  LOG_R,
  logMixture,
  newEvidence,
  openAccumulator,
} from '#src/detection/surprise.ts'
import { VOLUME_ALTERNATIVES, volumeEvidence } from '#src/detection/volume-evidence.ts'
import { FREEZE_NATS } from '#src/detection/watch.ts'

const CELLS = { integer: 1, pairs: 0, names: 0 }
const AROUND = { weight: 1, prior: () => 0, known: () => null, weightOf: () => 1 }
const MEASURE = volume('bytes', ({ responseBytes }) => responseBytes)
const TICKS = 30

/** One entity's windows of five minutes through baseline, evidence and accumulator, as `watch.ts` puts them together. */
export class VolumeLab {
  readonly #calendar: Calendar = calendarOf(10_000)
  readonly view = kind.view(MEASURE)
  readonly evidence = newEvidence()
  readonly #place = {
    numbers: new Float64Array(VOLUME_WIDTH),
    at: 0,
    bins: new Uint16Array(VOLUME_BINS),
    binsAt: 0,
  }
  readonly #alone = newEvidence()
  readonly #heard = new Float64Array(VOLUME_ALTERNATIVES)
  readonly #accumulator = new Float64Array(ACCUMULATOR_WIDTH)
  #first = true
  /** What a test may spend; its logarithm. */
  readonly #logWeight: number
  /** Windows that were tested; sums of the e-values of those that are over; how often it alarmed. */
  tests = 0
  readonly sums = new Float64Array(VOLUME_ALTERNATIVES)
  alarms = 0

  constructor(logWeight: number) {
    this.#logWeight = logWeight
    openAccumulator(this.#accumulator, 0, 0)
  }

  /** One window, numbered from 1970 on, that comes to so many bytes in one tick. Returns whether it alarms. */
  window(number: number, bytes: number): boolean {
    return this.ticks(number, [bytes])
  }

  /** One window whose bytes come in several ticks, one after the other. */
  ticks(number: number, parts: readonly number[]): boolean {
    let alarm = false
    parts.forEach((bytes, i) => {
      if (bytes > 0 && this.#tick(number * TICKS + i, Math.round(bytes))) alarm = true
    })
    return alarm
  }

  /** ln of what one alternative has accumulated. */
  logR(m: number): number {
    return this.#accumulator[LOG_R + m] as number
  }

  #tick(tick: number, bytes: number): boolean {
    const { view, evidence } = this
    const place = this.#place
    if (this.#first) kind.open(place, tick, this.#calendar)
    this.#first = false
    kind.roll(place, tick, this.#calendar, AROUND)
    const tally = { integers: [1, bytes, 1], pairs: [], names: [], samples: [] }
    kind.show(view, place, tick, tally, CELLS, AROUND)
    clearEvidence(evidence)
    const alarm = volumeEvidence(view, evidence) && this.#weigh()
    kind.learn(view, place, tick, tally, CELLS)
    return alarm
  }

  #weigh(): boolean {
    const { evidence } = this
    this.tests += evidence.weight
    const logWeight = this.#logWeight + Math.log(evidence.weight)
    accumulate(this.#accumulator, 0, VOLUME_ALTERNATIVES, evidence.logE, logWeight, 1)
    const mixture = logMixture(this.#accumulator, 0, VOLUME_ALTERNATIVES)
    if (mixture > -FREEZE_NATS) kind.freeze(this.#place)
    this.#addToSums()
    if (mixture < 0 && evidence.logSingle > this.#logWeight) return false
    kind.freeze(this.#place)
    this.alarms += 1
    dropEvidence(this.#accumulator, 0)
    return true
  }

  /** A window says one half while it lasts and the other when the next begins. */
  #addToSums(): void {
    volumeEvidence({ ...this.view, lastBound: 0 }, this.#alone)
    for (let m = 0; m < VOLUME_ALTERNATIVES; m += 1) {
      const own = this.#alone.logE[m] as number
      const late = (this.evidence.logE[m] as number) - own
      if (this.evidence.weight === 1 && this.tests > 1) {
        this.sums[m] = (this.sums[m] as number) + Math.exp((this.#heard[m] as number) + late)
        this.#heard[m] = 0
      }
      this.#heard[m] = (this.#heard[m] as number) + own
    }
  }
}
