import type { Random } from '#src/demo/random.ts'
import { anyOrder, clusterMean, clusterSize, gammaMood } from '../calibration/laws.ts'

/** Calls of one endpoint that never truly falls silent: told tick by tick, in order, where there are any. Ticks are of 10 s. */
export type Visit = (tick: number, k: number) => void

/** A kind of benign traffic: every endpoint is another one, made from the seed and its number. */
export interface World {
  readonly name: string
  readonly says: string
  /** `from`: the first tick, a Monday's midnight UTC, counted from 1970. Ticks are told from 0 on. */
  readonly play: (seed: number, endpoint: number, from: number, ticks: number, visit: Visit) => void
}

export const MINUTE = 6
export const HOUR = 360
export const DAY_MINUTES = 1440

/** How calls come, minute by minute. */
interface Stream {
  /** Calls a tick at a minute. */
  readonly rate: (minute: number) => number
  /** Variance over mean of what comes at once; relative variance of a minute's mood, and how much of it is that of the minute before. */
  readonly fano: number
  readonly phi: number
  readonly memory: number
}

export function flow(random: Random, ticks: number, { rate, fano, phi, memory }: Stream, visit: Visit): void {
  const counts = new Float64Array(MINUTE)
  const size = clusterMean(fano)
  let mood = 0
  for (let minute = 0; minute * MINUTE < ticks; minute += 1) {
    mood = memory * mood + Math.sqrt((1 - memory ** 2) * phi) * (memory > 0 ? random.normal() : 0)
    const usual = rate(minute)
    if (usual <= 0) continue
    const factor = memory > 0 ? Math.exp(mood - phi / 2) : gammaMood(random, phi)
    const clusters = random.poisson((MINUTE * usual * factor) / size)
    if (clusters === 0) continue
    counts.fill(0)
    for (let i = 0; i < clusters; i += 1) counts[random.below(MINUTE)]! += clusterSize(random, fano)
    for (let i = 0; i < MINUTE; i += 1) if (counts[i]! > 0) visit(minute * MINUTE + i, counts[i]!)
  }
}

/** From a call in an hour and a half to two a second. */
export const anyRate = (random: Random): number => anyOrder(random, 0.002, 20)
