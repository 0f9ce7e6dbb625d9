import { keptPerBlock } from './blocks.ts'
import { num } from './count-row.ts'

/**
 * How long an entity is usually silent between two calls: a life table. For each range of ages (ticks without a call so far) it keeps
 * how many ticks were spent there and how many of these gaps ended there; what follows is the rate at which a call is to be expected, given how long
 * there was none. So who comes by the clock, in bursts or in sessions is each held against its own pauses, without a law for any of them.
 * The ages that only the last few gaps have reached are one: beyond them pauses are taken to end at the rate of those (an exponential tail over
 * a high threshold, as in Pickands 1975 with shape 0).
 */

/** The first age of each range. */
const AGES = [0, 1, 4, 16, 64, 256, 1024] as const
const RANGES = AGES.length

/** Ticks that were spent, gaps that ended, all calls, and what follows for the current block: the least expected rate, in calls a tick. */
const SPENT = 0
const ENDED = RANGES
const CALLS = 2 * RANGES
const RATE = 2 * RANGES + 1
export const GAPS_WIDTH = 3 * RANGES + 1

/** A week: who is called less at weekends has other pauses then. */
const KEPT = keptPerBlock(1008)
/** So many gaps must have ended in a range for it to say something by itself. */
const ENDED_LEAST = 10
/** As elsewhere: how many standard deviations a learned rate is taken to be lower. */
const DEVIATIONS = 1.5
/** What goes on beyond so many nats of its own law is an outage or a rest, and no gap to learn from. */
const LEARNED_NATS = 20

export function fadeGaps(row: Float64Array, at: number, blocks: number): void {
  const kept = KEPT ** blocks
  for (let i = at; i < at + RATE; i += 1) row[i] = num(row, i) * kept
}

/** Learns that so many calls came after so many silent ticks. */
export function learnGap(row: Float64Array, at: number, silent: number, calls: number): void {
  row[at + CALLS] = num(row, at + CALLS) + calls
  let nats = 0
  for (let range = 0; range < RANGES; range += 1) {
    const first = AGES[range] as number
    const end = endOf(range)
    const rate = num(row, at + RATE + range)
    const ticks = Math.min(silent + 1, end) - first
    const most = rate > 0 ? Math.ceil((LEARNED_NATS - nats) / rate) : ticks
    row[at + SPENT + range] = num(row, at + SPENT + range) + Math.min(ticks, most)
    if (ticks > most) return
    if (silent < end) {
      row[at + ENDED + range] = num(row, at + ENDED + range) + 1
      return
    }
    nats += rate * ticks
  }
}

/** Fixes the rates for the block that begins. Returns whether enough pauses are known to say anything of longer ones. */
export function settleGaps(row: Float64Array, at: number, margin: number): boolean {
  let tail = RANGES - 1
  let spent = num(row, at + SPENT + tail)
  let ended = num(row, at + ENDED + tail)
  while (ended < ENDED_LEAST && tail > 0) {
    tail -= 1
    spent += num(row, at + SPENT + tail)
    ended += num(row, at + ENDED + tail)
  }
  const last = ended < ENDED_LEAST ? 0 : rateOf(spent, ended) / margin
  for (let range = 0; range < RANGES; range += 1) {
    row[at + RATE + range] =
      range >= tail ? last : rateOf(num(row, at + SPENT + range), num(row, at + ENDED + range)) / margin
  }
  return last > 0
}

/** The least rate, in calls a tick, at which a call is expected in the tick after so many silent ones; 0: unknown. */
export function rateAfter(row: Float64Array, at: number, silent: number): number {
  return num(row, at + RATE + rangeOf(silent))
}

/** Nats against "so many silent ticks are nothing new". */
export function natsOfGap(row: Float64Array, at: number, silent: number): number {
  let nats = 0
  for (let range = 0; range < RANGES; range += 1) {
    const ticks = Math.min(silent, endOf(range)) - (AGES[range] as number)
    if (ticks <= 0) break
    nats += ticks * num(row, at + RATE + range)
  }
  return nats
}

/** After how many silent ticks another rate is expected than after so many. */
export function rateChangesAfter(silent: number): number {
  return endOf(rangeOf(silent))
}

/** Calls a tick, over all that is remembered. */
export function usualLevel(row: Float64Array, at: number): number {
  let spent = 0
  for (let range = 0; range < RANGES; range += 1) spent += num(row, at + SPENT + range)
  return spent > 0 ? num(row, at + CALLS) / spent : 0
}

function rangeOf(silent: number): number {
  let range = 0
  while (range < RANGES - 1 && silent >= (AGES[range + 1] as number)) range += 1
  return range
}

function endOf(range: number): number {
  return AGES[range + 1] ?? Number.POSITIVE_INFINITY
}

/** The rate of a Poisson process of which so many ticks had a call, with room for chance. */
function rateOf(spent: number, ended: number): number {
  const silent = Math.max(0, spent - ended)
  const sd = Math.sqrt((ended * silent) / Math.max(1, spent) + 1)
  return -Math.log(Math.min(1, (silent + DEVIATIONS * sd) / (spent + 1)))
}
