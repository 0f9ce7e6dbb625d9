import { randomFor } from '#src/demo/random.ts'
import { MONDAY, SHIPPED, Watched } from './lab.ts'
import { negativeBinomial } from './laws.ts'
import { TICKS_A_DAY } from './worlds.ts'

/** How fast spikes are told. */
export interface Power {
  /** Calls a second as usual, and how many times as many come. */
  readonly rate: number
  readonly times: number
  /** Share of the spikes that were told within ten minutes; seconds until then, `null` beyond what was told. */
  readonly told: number
  readonly median: number | null
  readonly p95: number | null
}

const SPIKE_TICKS = 60
/** Relative variance of each tick's mean. */
const PHI = 0.1

export interface PowerSetup {
  readonly seed: number
  readonly rates: readonly number[]
  readonly times: readonly number[]
  /** Entities of each rate, each with a day of its own behind it, and spikes for each of them. */
  readonly entities: number
  readonly spikes: number
  readonly weight: number
}

/** Spikes of ten minutes on steady entities after one day: the table of delays by rate and factor. */
export function powerTable({ seed, rates, times, entities, spikes, weight }: PowerSetup): Power[] {
  return rates.flatMap((rate) => {
    const delays = times.map((): number[] => [])
    for (let entity = 0; entity < entities; entity += 1) {
      const random = randomFor(seed, entity, Math.round(1000 * rate))
      const usual = new Watched(SHIPPED, Math.log(weight), MONDAY)
      for (let tick = 0; tick < TICKS_A_DAY; tick += 1) {
        const k = negativeBinomial(random, 10 * rate, PHI)
        if (k > 0) usual.take(MONDAY + tick, k)
      }
      for (const [i, factor] of times.entries()) {
        for (let spike = 0; spike < spikes; spike += 1) {
          const one = usual.copy()
          // At any tick of a block: the baseline of the spike's second block is the same as that of the first.
          const from = TICKS_A_DAY + random.below(60)
          delays[i]!.push(delayOf(one, from, () => negativeBinomial(random, 10 * rate * factor, PHI)))
        }
      }
    }
    return times.map((factor, i) => powerOf(rate, factor, delays[i]!))
  })
}

/** Seconds from the start of a spike to the end of the tick that tells it; `Infinity` beyond ten minutes. */
function delayOf(watched: Watched, from: number, draw: () => number): number {
  for (let tick = 0; tick < SPIKE_TICKS; tick += 1) {
    const k = draw()
    if (k > 0 && watched.take(MONDAY + from + tick, k)) return 10 * (tick + 1)
  }
  return Number.POSITIVE_INFINITY
}

/** Jobs every five minutes, a hundred calls each, after one day: bursts that grow, and bursts in every tick. */
export function powerOfJobs({ seed, times, entities, weight }: PowerSetup): Power[] {
  return times.flatMap((factor) => {
    const larger: number[] = []
    const oftener: number[] = []
    for (let entity = 0; entity < entities; entity += 1) {
      const random = randomFor(seed, entity, 9)
      const usual = new Watched(SHIPPED, Math.log(weight), MONDAY)
      for (let tick = 0; tick < TICKS_A_DAY; tick += 30) usual.take(MONDAY + tick, Math.max(1, random.poisson(100)))
      const one = usual.copy()
      const period = Math.max(1, Math.round(30 / factor))
      let tick = 0
      larger.push(delayOf(usual.copy(), TICKS_A_DAY, () => (tick++ % 30 === 0 ? random.poisson(100 * factor) : 0)))
      let other = 0
      oftener.push(delayOf(one, TICKS_A_DAY, () => (other++ % period === 0 ? random.poisson(100) : 0)))
    }
    return [powerOf(1, factor, larger), powerOf(30, factor, oftener)]
  })
}

function powerOf(rate: number, times: number, delays: readonly number[]): Power {
  const sorted = [...delays].sort((a, b) => a - b)
  const at = (share: number): number | null => {
    const delay = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
    return Number.isFinite(delay) ? delay : null
  }
  return { rate, times, told: sorted.filter(Number.isFinite).length / sorted.length, median: at(0.5), p95: at(0.95) }
}
