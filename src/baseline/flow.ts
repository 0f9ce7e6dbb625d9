import { BLOCKS_FROZEN, BLOCKS_WALKED, blockOf, type Calendar, keptPerBlock } from './blocks.ts'
import { normOfBursts } from './bursts.ts'
import { observeCount, openCount, rollCount } from './count.ts'
import { COUNT_CONSTANTS, type CountConstants } from './count-constants.ts'
import { newCountNorm } from './count-norm.ts'
import {
  AFTER,
  ARMED,
  BLOCK,
  COUNT_WIDTH,
  FIRST,
  FROZEN,
  FROZEN_RUN,
  HOUR_SUM,
  HOUR_TICKS,
  MARGIN,
  MEAN,
  num,
  RAW,
} from './count-row.ts'
import { dispersionOf } from './dispersion.ts'
import { PEAKS_BINS } from './peaks.ts'
import { QUIET_BINS, QUIET_SHARE, recallsQuiet, rememberQuiet, restsOf } from './quiet.ts'

/**
 * How few calls of an entity are normal: the baseline of a count, and the least that its mean may be. For alternatives g < 1 an e-value
 * needs a mean that is at least `low` and a relative variance (variance - mean) / mean^2 of at most 1 / `shape`; both are for
 * the current block. Peaks and bursts of calls must not raise what is demanded, so it is never more than the lowest ten minutes of late.
 */
export const FLOW_WIDTH = COUNT_WIDTH + 4
export const FLOW_BINS = PEAKS_BINS + QUIET_BINS

/** The least mean of the current block, in calls a tick; 0: too little is known or comes, or it may be quiet at this time. */
const LOW = COUNT_WIDTH
const LOW_SHAPE = COUNT_WIDTH + 1
/** The level of the lowest block of late that was not quiet. */
const LEAST = COUNT_WIDTH + 2
/** The longest silence between two calls, in ticks, fading. */
const GAP = COUNT_WIDTH + 3

/** Below so many calls a tick silence says too little within minutes. */
const LOW_LEAST = 0.2
/** By how much the lowest level rises with each block that is higher: after a peak of an hour it is higher by two fifths at most. */
const LEAST_RISE = 1.05
/** As the peaks: three tenths fade in a day. */
const GAP_KEPT = keptPerBlock(144 / Math.log2(1 / 0.7))

/** So probable are calls after a tick with calls at least, where those are no bursts. */
const AGAIN_LEAST = 0.9

const DAY_MS = 86_400_000

const { bursts } = newCountNorm()

/** What the flow of an entity's calls is judged by. */
export interface FlowNorm {
  /** Calls a tick. */
  mean: number
  /** The least that the mean may truly be; 0: silence is not tested. */
  low: number
  /** The null's shape: (variance - mean) / mean^2 is at most its inverse. */
  shape: number
  /** Ticks without calls up to the end of this one; 0: it has calls. */
  silent: number
  /** The longest silence that is normal, in ticks. */
  gap: number
}

export function openFlow(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  tick: number,
  calendar: Calendar,
): void {
  openCount(row, at, bins, binsAt, tick, calendar)
  row.fill(0, at + COUNT_WIDTH, at + FLOW_WIDTH)
  bins.fill(0, binsAt + PEAKS_BINS, binsAt + FLOW_BINS)
}

/** Commits the blocks that ended before this tick. */
export function rollFlow(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  tick: number,
  calendar: Calendar,
  constants: CountConstants = COUNT_CONSTANTS,
): void {
  const ended = num(row, at + BLOCK)
  const block = blockOf(calendar, tick)
  if (block <= ended) return
  const isFrozen = num(row, at + FROZEN) === 1
  const blockMs = calendar.ticksPerBlock * calendar.tickMs
  const level = num(row, at + RAW) / calendar.ticksPerBlock
  const isQuiet = level <= QUIET_SHARE * num(row, at + MEAN)
  const isWhole = num(row, at + FIRST) <= ended * calendar.ticksPerBlock
  if (isWhole) rememberQuiet(bins, binsAt + PEAKS_BINS, ended * blockMs, isQuiet)
  if (isWhole && !isQuiet) {
    const least = num(row, at + LEAST)
    row[at + LEAST] = least === 0 ? level : Math.min(level, LEAST_RISE * least)
  }
  for (let skipped = Math.max(ended + 1, block - BLOCKS_WALKED); skipped < block; skipped += 1) {
    rememberQuiet(bins, binsAt + PEAKS_BINS, skipped * blockMs, true)
  }
  // No more than a block of a silence is taken for a gap between calls: an outage must not hide the next one for long.
  const gap = Math.min(num(row, at + GAP), calendar.ticksPerBlock)
  row[at + GAP] = gap * GAP_KEPT ** Math.min(block - ended, BLOCKS_WALKED)
  rollCount(row, at, bins, binsAt, tick, calendar, false, constants)
  // What a silence is held against stays as it was while it lasts, until it is accepted as the new normal.
  if (isFrozen && num(row, at + FROZEN_RUN) < BLOCKS_FROZEN) return
  settleLow(row, at, bins, binsAt, tick, calendar, constants)
}

/** Counts one tick with calls. */
export function observeFlow(row: Float64Array, at: number, tick: number, k: number): void {
  if (k === 0) return
  row[at + GAP] = Math.max(num(row, at + GAP), tick - num(row, at + AFTER))
  observeCount(row, at, tick, k)
}

export function normOfFlow(row: Float64Array, at: number, tick: number, k: number, into: FlowNorm): void {
  into.mean = num(row, at + MEAN)
  into.low = num(row, at + LOW)
  into.shape = num(row, at + LOW_SHAPE)
  into.silent = k > 0 ? 0 : tick + 1 - num(row, at + AFTER)
  into.gap = num(row, at + GAP)
}

function settleLow(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  tick: number,
  calendar: Calendar,
  constants: CountConstants,
): void {
  row[at + LOW] = 0
  row[at + LOW_SHAPE] = 1
  normOfBursts(row, at, tick, constants, bursts)
  // Between two bursts silence is normal. Who is called in nearly every tick of its day has the law of bursts because of its nights.
  const isBursty = bursts.applies && bursts.again < AGAIN_LEAST
  if (
    num(row, at + ARMED) === 0 ||
    isBursty ||
    mayBeQuiet(row, at, bins, binsAt + PEAKS_BINS, tick, calendar, constants)
  )
    return
  const ticks = num(row, at + HOUR_TICKS)
  const sd = Math.sqrt(num(row, at + HOUR_SUM) + 0.5) / ticks
  const level = num(row, at + MEAN) / num(row, at + MARGIN) - constants.perDeviation * sd
  const low = Math.min(level, num(row, at + LEAST))
  if (low < LOW_LEAST) return
  const { excess, phi } = dispersionOf(row, at, num(row, at + MEAN), constants)
  row[at + LOW] = low
  row[at + LOW_SHAPE] = low / (excess + phi * low)
}

/**
 * Whether silence now would be nothing new. With a whole day behind it: it was quiet at this time yesterday, or it comes and goes. Before
 * that nobody knows about its nights: only who has been steady since it was admitted is expected to stay.
 */
function mayBeQuiet(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  quietAt: number,
  tick: number,
  calendar: Calendar,
  constants: CountConstants,
): boolean {
  const rests = restsOf(bins, quietAt)
  const knowsDay = (tick - num(row, at + FIRST)) * calendar.tickMs >= DAY_MS
  if (!knowsDay) return rests > 0 || num(row, at + MARGIN) > constants.margin
  const blockMs = calendar.ticksPerBlock * calendar.tickMs
  return rests > 1 || recallsQuiet(bins, quietAt, num(row, at + BLOCK) * blockMs)
}
