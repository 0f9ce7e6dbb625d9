import { BLOCKS_FROZEN, blockOf, type Calendar } from './blocks.ts'
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
import {
  fadeGaps,
  GAPS_WIDTH,
  learnGap,
  natsOfGap,
  rateAfter,
  rateChangesAfter,
  settleGaps,
  usualLevel,
} from './gaps.ts'
import { PEAKS_BINS } from './peaks.ts'
import { hasRested, mayRest, RESTS_BINS, rememberRest } from './rests.ts'

/**
 * How few calls of an entity are normal: the baseline of a count, the least that its mean may be, and a life table of its pauses. For alternatives
 * g < 1 an e-value needs a mean that is at least `low` and a relative variance (variance - mean) / mean^2 of at most 1 / `shape`; where nothing
 * comes at all it needs calls at a rate of at least `rate`, given how long nothing has come. All are for the current block. Peaks and bursts of calls
 * must not raise what is demanded, so `low` is never more than the lowest ten minutes of late.
 */
export const FLOW_WIDTH = COUNT_WIDTH + 7 + GAPS_WIDTH
export const FLOW_BINS = PEAKS_BINS + RESTS_BINS

/** The least mean of the current block, in calls a tick; 0: too little is known or comes. */
const LOW = COUNT_WIDTH
const LOW_SHAPE = COUNT_WIDTH + 1
/** The level of the lowest block of late in which it did not rest. */
const LEAST = COUNT_WIDTH + 2
/** Whether its day is known well enough, whether it may rest in the current block, and whether it may have rested since its last call. */
const KNOWN = COUNT_WIDTH + 3
const MAY_REST = COUNT_WIDTH + 4
const RESTING = COUNT_WIDTH + 5
/** Calls a tick that are usual now; held while nothing comes. */
const USUAL = COUNT_WIDTH + 6
const GAPS = COUNT_WIDTH + 7

const KNOWS_CALLS = 1
const KNOWS_PAUSES = 2

/** Below so many calls a tick the level of an hour says too little. */
const LOW_LEAST = 0.2
/** By how much the lowest level rises with each block that is higher: after a peak of an hour it is higher by two fifths at most. */
const LEAST_RISE = 1.05
/** So probable are calls after a tick with calls at least, where those are no bursts. */
const AGAIN_LEAST = 0.9

/** A block with less than so much of the expected level was a rest: as low as the mildest drop that is tested. Fewer expected calls say nothing. */
const REST_SHARE = 0.3
const REST_EXPECTED = 30
/** A pause of so many nats of its own law is a rest, and no chance: half of what an alarm takes. */
const REST_NATS = 10

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS
/** From Friday noon to Monday morning (UTC) it is weekend somewhere; in time since Thursday, as weeks are counted from 1970 on. */
const WEEKEND_FROM = 36 * HOUR_MS
const WEEKEND_TO = 102 * HOUR_MS

/** Rests are remembered for so long, and so are the blocks of a silence. */
const WEEK_BLOCKS = 1008

const { bursts } = newCountNorm()

/** What the flow of an entity's calls is judged by. */
export interface FlowNorm {
  /** Calls a tick. */
  mean: number
  /** The least that the mean may truly be; 0: a drop is not tested. */
  low: number
  /** The null's shape: (variance - mean) / mean^2 is at most its inverse. */
  shape: number
  /** The least rate at which calls come, in calls a tick, given how long none has come. */
  rate: number
  /** Ticks without calls before this one. */
  silent: number
  /** Whether enough is known of it to be judged: of its calls, and of its pauses, for which it takes a day. */
  armed: boolean
  knowsPauses: boolean
  /** Whether it may have rested since its last call: silence is nothing new then. */
  resting: boolean
}

/** A norm to be filled: of a flow that knows nothing. */
export function newFlowNorm(): FlowNorm {
  return { mean: 0, low: 0, shape: 1, rate: 0, silent: 0, armed: false, knowsPauses: false, resting: false }
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
  const restsAt = binsAt + PEAKS_BINS
  const isFrozen = num(row, at + FROZEN) === 1
  const wasHeard = num(row, at + RAW) > 0
  for (let one = Math.max(ended, block - WEEK_BLOCKS); one < block; one += 1) {
    endBlock(row, at, bins, restsAt, one, one === ended ? num(row, at + RAW) : 0, calendar)
  }
  fadeGaps(row, at + GAPS, Math.min(block - ended, WEEK_BLOCKS))
  rollCount(row, at, bins, binsAt, tick, calendar, false, constants)
  const mayRestNow = isFirstWeekend(row, at, tick, calendar) || mayRest(bins, restsAt, blockMsOf(block, calendar))
  row[at + MAY_REST] = mayRestNow ? 1 : 0
  if (mayRestNow) row[at + RESTING] = 1
  if ((tick - num(row, at + AFTER)) * calendar.tickMs >= DAY_MS) row[at + KNOWN] = 0
  // What a silence is held against stays as it was while it lasts, until it is accepted as the new normal.
  if (isFrozen && num(row, at + FROZEN_RUN) < BLOCKS_FROZEN) return
  settleLow(row, at, tick, constants)
  if (!wasHeard) return
  const isTold = settleGaps(row, at + GAPS, num(row, at + MARGIN))
  row[at + KNOWN] = isTold ? knowledgeOf(row, at, bins, restsAt, tick, calendar, constants) : 0
  // An hour says of few calls only how few they are.
  row[at + USUAL] = num(row, at + LOW) > 0 ? num(row, at + MEAN) : usualLevel(row, at + GAPS)
}

/** Counts one tick with calls. */
export function observeFlow(row: Float64Array, at: number, tick: number, k: number): void {
  if (k === 0) return
  const silent = tick - num(row, at + AFTER)
  // A rest is no pause. But who is called though it may rest shows its pauses.
  if (num(row, at + RESTING) === 0 || natsOfGap(row, at + GAPS, silent) < REST_NATS) learnGap(row, at + GAPS, silent, k)
  row[at + RESTING] = num(row, at + MAY_REST)
  observeCount(row, at, tick, k)
}

/** Takes what is silent now for a rest: until the next call it says nothing, and is no pause to learn from. */
export function restFlow(row: Float64Array, at: number): void {
  row[at + RESTING] = 1
}

export function normOfFlow(row: Float64Array, at: number, tick: number, into: FlowNorm): void {
  into.mean = num(row, at + USUAL)
  into.low = num(row, at + LOW)
  into.shape = num(row, at + LOW_SHAPE)
  into.silent = tick - num(row, at + AFTER)
  into.rate = rateAfter(row, at + GAPS, into.silent)
  into.armed = num(row, at + KNOWN) > 0
  into.knowsPauses = num(row, at + KNOWN) === KNOWS_PAUSES
  into.resting = num(row, at + RESTING) === 1
}

/** The tick from which on another rate holds, if nothing comes until then. */
export function flowChangesAt(row: Float64Array, at: number, tick: number): number {
  const after = num(row, at + AFTER)
  return after + rateChangesAfter(tick - after)
}

/** Keeps whether it rested in a block, and how low it was if not. */
function endBlock(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  restsAt: number,
  block: number,
  calls: number,
  calendar: Calendar,
): void {
  const { ticksPerBlock } = calendar
  if (num(row, at + FIRST) > block * ticksPerBlock) return
  const expected = ticksPerBlock * num(row, at + MEAN)
  const silent = (block + 1) * ticksPerBlock - num(row, at + AFTER)
  const isLow = expected >= REST_EXPECTED && calls <= REST_SHARE * expected
  const rested = isLow || natsOfGap(row, at + GAPS, silent) >= REST_NATS
  rememberRest(bins, restsAt, blockMsOf(block, calendar), rested)
  if (rested) return
  const [level, least] = [calls / ticksPerBlock, num(row, at + LEAST)]
  row[at + LEAST] = least === 0 ? level : Math.min(level, LEAST_RISE * least)
}

/**
 * Whether its day is known. Before one is over nobody knows about its nights: only who has been steady since it was admitted is expected to stay, and
 * of that the pauses of who is seldom called say nothing.
 */
function knowledgeOf(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  restsAt: number,
  tick: number,
  calendar: Calendar,
  constants: CountConstants,
): number {
  if (num(row, at + ARMED) === 0) return 0
  if ((tick - num(row, at + FIRST)) * calendar.tickMs >= DAY_MS) return KNOWS_PAUSES
  return num(row, at + MARGIN) <= constants.margin && !hasRested(bins, restsAt) ? KNOWS_CALLS : 0
}

/** Whether it is weekend for the first time since it was admitted: nobody knows whether it rests then. Who came at a weekend is known to work at one. */
function isFirstWeekend(row: Float64Array, at: number, tick: number, calendar: Calendar): boolean {
  const ms = tick * calendar.tickMs
  const firstMs = num(row, at + FIRST) * calendar.tickMs
  const inWeek = ((ms % WEEK_MS) + WEEK_MS) % WEEK_MS
  if (ms - firstMs >= WEEK_MS || inWeek < WEEKEND_FROM || inWeek >= WEEKEND_TO) return false
  return firstMs < ms - inWeek + WEEKEND_FROM
}

function settleLow(row: Float64Array, at: number, tick: number, constants: CountConstants): void {
  row[at + LOW] = 0
  row[at + LOW_SHAPE] = 1
  normOfBursts(row, at, tick, constants, bursts)
  // Between two bursts there is nothing. Who is called in nearly every tick of its day has the law of bursts because of its nights.
  if (bursts.applies && bursts.again < AGAIN_LEAST) return
  const ticks = num(row, at + HOUR_TICKS)
  if (ticks === 0) return
  const sd = Math.sqrt(num(row, at + HOUR_SUM) + 0.5) / ticks
  const level = num(row, at + MEAN) / num(row, at + MARGIN) - constants.perDeviation * sd
  const low = Math.min(level, num(row, at + LEAST))
  if (low < LOW_LEAST) return
  const { excess, phi } = dispersionOf(row, at, num(row, at + MEAN), constants)
  row[at + LOW] = low
  row[at + LOW_SHAPE] = low / (excess + phi * low)
}

function blockMsOf(block: number, { ticksPerBlock, tickMs }: Calendar): number {
  return block * ticksPerBlock * tickMs
}
