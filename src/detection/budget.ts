import { blockOf, type Calendar } from '#src/baseline/blocks.ts'
import { TWINS } from './surprise.ts'

const DAY_MS = 86_400_000
const DAYS_KEPT = 7
const YOUNG_BLOCKS = 6
/** One entity that is tested at every tick of 10 s: a meter's rate is never taken to be less. */
export const TESTS_LEAST = 8640
/** Weights are added as whole numbers of this part of a test: the order in which entities are judged must not show in a sum. */
const PARTS = 2 ** 20

/** What one event-day allowed and what came of it. */
export interface Account {
  /** Days since 1970. */
  readonly day: number
  /** Tests, each counted as often as its entity weighs. */
  tests: number
  /** Sum of all weights: false alarms that were allowed. */
  allowed: number
  /** Alerts that opened, true ones among them. */
  opened: number
  /** Crossings of the twins, in the order of `TWINS`. */
  readonly crossed: number[]
}

/** How many event-days accounts are kept, the current one included. */
export const ACCOUNT_DAYS = 7

/**
 * Counts one shard's tests of one detector and scope by event-days: T in w = b*B / (S*T), the largest of the last seven days
 * or, until one whole day is behind, what the tests so far come to in a day. Known before the tick that it weighs.
 */
export interface Meter {
  /** The event-day that is being counted, as a number of days; -1 before the first test. */
  day: number
  /** When the first test was made, as a tick. */
  first: number
  /** All tests so far. */
  total: number
  /** Tests of the current day. */
  today: number
  /** Tests of the whole days before it, the newest last; at most seven. */
  days: number[]
  /** T, as of the block that `block` names: tests a day. Fixed within a block, so that early and settled judgments agree. */
  rate: number
  block: number
  /** Weights of the tick under way, in `PARTS` of a test. */
  parts: number
  /** Sum of all weights so far: false alarms that were allowed. */
  allowed: number
  /** Crossings of the twins so far. */
  crossed: number[]
  /** The last seven event-days on which anything was tested, the current one last. */
  accounts: Account[]
}

export function newMeter(): Meter {
  const tests = { day: -1, first: 0, total: 0, today: 0, days: [], rate: TESTS_LEAST, block: -1 }
  return { ...tests, parts: 0, allowed: 0, crossed: TWINS.map(() => 0), accounts: [] }
}

/** Must be called once for every tick, in order, before its tests are weighed. */
export function turnMeter(meter: Meter, tick: number, calendar: Calendar): void {
  const day = Math.floor((tick * calendar.tickMs) / DAY_MS)
  const block = blockOf(calendar, tick)
  if (meter.day !== day) turnDay(meter, tick, day, calendar.tickMs)
  // In the first hour the extrapolation is refreshed with every tick: there is nothing better yet.
  if (block === meter.block && tick - meter.first > YOUNG_BLOCKS * calendar.ticksPerBlock) return
  meter.block = block
  const elapsed = Math.max(1, tick - meter.first) * calendar.tickMs
  const rate = meter.days.length > 0 ? Math.max(...meter.days) : (meter.total * DAY_MS) / elapsed
  meter.rate = Math.max(TESTS_LEAST, rate)
}

export function countTests(meter: Meter, tests: number): void {
  meter.total += tests
  meter.today += tests
}

/** Adds what tests of this tick may spend: `weight` is the part of a test that each of `tests` is. */
export function spend(meter: Meter, weight: number, tests: number): void {
  meter.parts += Math.round(weight * PARTS) * tests
}

/** Adds crossings of the twins, bit by bit in their order. */
export function countCrossings(meter: Meter, bits: number): void {
  if (bits === 0) return
  const account = meter.accounts.at(-1)
  for (let twin = 0; twin < TWINS.length; twin += 1) {
    const crossed = (bits >> twin) & 1
    meter.crossed[twin] = (meter.crossed[twin] as number) + crossed
    if (account !== undefined) account.crossed[twin] = (account.crossed[twin] as number) + crossed
  }
}

export function countOpened(meter: Meter): void {
  const account = meter.accounts.at(-1)
  if (account !== undefined) account.opened += 1
}

/** Must be called after the tests of a tick: books what they were allowed. `budget`: the meter's own, false alarms a day. */
export function settleMeter(meter: Meter, budget: number): void {
  const allowed = ((meter.parts / PARTS) * budget) / meter.rate
  meter.parts = 0
  meter.allowed += allowed
  const account = meter.accounts.at(-1)
  if (account === undefined) return
  account.allowed += allowed
  account.tests = meter.today
}

function turnDay(meter: Meter, tick: number, day: number, tickMs: number): void {
  if (meter.day < 0) meter.first = tick
  else if (day > meter.day + DAYS_KEPT) {
    // Nothing is left of the days that are kept: as at the start, there is only the extrapolation.
    meter.days.length = 0
    meter.first = tick
    meter.total = 0
  }
  // The first day is seldom whole: it counts only through the extrapolation.
  else if (meter.first * tickMs <= meter.day * DAY_MS) {
    meter.days.push(meter.today)
    for (let gone = meter.day + 1; gone < day && gone <= meter.day + DAYS_KEPT; gone += 1) meter.days.push(0)
    while (meter.days.length > DAYS_KEPT) meter.days.shift()
  }
  meter.day = day
  meter.today = 0
  meter.accounts.push({ day, tests: 0, allowed: 0, opened: 0, crossed: TWINS.map(() => 0) })
  while ((meter.accounts[0] as Account).day <= day - ACCOUNT_DAYS) meter.accounts.shift()
}
