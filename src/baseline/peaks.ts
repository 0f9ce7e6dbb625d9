/**
 * Memory of recurring peaks: for each ten minutes of the day the highest level that was seen, fading by a third a day, and a short
 * list of peaks of the week. It can only raise what a baseline allows, so unlike a profile that is imposed it makes no false alarm;
 * its price is that an attack at the hour of a peak, up to its size, is not seen, and that an attack hides its repeat on the next day.
 *
 * A slot of the day is one byte, two to a bin: seven bits of the level's logarithm in steps that make a third of it three, and one bit
 * that says whether it was seen on an earlier day as well. A peak of the week is two bins: slot of the week and that bit, level.
 */
export const PEAK_SLOTS = 144
const WEEK_SLOTS = 7 * PEAK_SLOTS
const DAILY_BINS = PEAK_SLOTS / 2
const WEEKLY = 6
/** Bins of one count: 168 bytes. */
export const PEAKS_BINS = DAILY_BINS + 2 * WEEKLY

const SLOT_MS = 600_000
const DAY_MS = 86_400_000
/** Calls a tick at level 0. Levels are rounded up, by an eighth at most, and end at 72,000. */
const FLOOR = 0.02
const FADED = 3
const STEP = -Math.log(0.7) / FADED
const CODE_MOST = 127
const TWICE = 128
/** The earlier occurrence was at least half as high. */
const ALIKE = 6
const HOUR_SLOTS = 6

/** One peak that is remembered. */
export interface Peak {
  /** 0 (Sunday) to 6, UTC; `null`: every day. */
  readonly weekday: number | null
  /** Which ten minutes of the day, UTC. */
  readonly slot: number
  /** Calls a tick, rounded up. */
  readonly level: number
  /** Whether it was seen at least twice, on different days. */
  readonly twice: boolean
}

/** Keeps a block's level: the block starts at `ms`, `usual` is what the baseline expected without memory, both in calls a tick. */
export function rememberLevel(bins: Uint16Array, at: number, ms: number, level: number, usual: number): void {
  const slot = slotOf(ms)
  const code = codeOf(level)
  const before = byteAt(bins, at, slot)
  // The slot before holds today's level already: an event of two blocks is no recurrence.
  const earlier = Math.max(before % TWICE, byteAt(bins, at, slot + 1) % TWICE)
  const faded = Math.max(0, (before % TWICE) - FADED)
  const repeated = code > 0 && earlier >= code - ALIKE
  const twice = code >= faded ? repeated : before >= TWICE
  setByte(bins, at, slot, Math.max(code, faded) + (twice ? TWICE : 0))
  rememberWeek(bins, at + DAILY_BINS, weekSlotOf(ms), code, level > 2 * usual && earlier < code - FADED)
}

/** The highest level that this time of day or week recalls, in calls a tick; of those seen twice only, where `twice` is wanted. */
export function recalledLevel(bins: Uint16Array, at: number, ms: number, twice: boolean): number {
  const slot = slotOf(ms)
  let code = Math.max(highest(bins, at, slot, twice), highestOfWeek(bins, at + DAILY_BINS, weekSlotOf(ms), twice))
  if (clocksMayChange(ms)) {
    for (const hour of HOUR_EARLIER_OR_LATER) {
      const week = (weekSlotOf(ms) + hour + WEEK_SLOTS) % WEEK_SLOTS
      code = Math.max(code, highest(bins, at, slot + hour, true), highestOfWeek(bins, at + DAILY_BINS, week, true))
    }
  }
  return levelOf(code)
}

const HOUR_EARLIER_OR_LATER = [-HOUR_SLOTS, HOUR_SLOTS] as const

/**
 * Whether clocks may just have been changed somewhere: Friday to Tuesday in March, April, September, October and November, UTC. A
 * job that runs by local time then comes an hour earlier or later. Which zone a client lives in is not in the log, and zone data differ
 * between machines; so every zone is allowed for, for these days and for peaks that were seen twice.
 */
export function clocksMayChange(ms: number): boolean {
  const date = new Date(ms)
  const day = date.getUTCDay()
  const month = date.getUTCMonth()
  const season = month === 2 || month === 3 || (month >= 8 && month <= 10)
  return season && (day >= 5 || day <= 2)
}

/** The peaks above a level (calls a tick), the days' first: which times hide what. */
export function* peaksAbove(bins: Uint16Array, at: number, level: number): Generator<Peak> {
  for (let slot = 0; slot < PEAK_SLOTS; slot += 1) {
    const byte = byteAt(bins, at, slot)
    const own = levelOf(byte % TWICE)
    if (own > level) yield { weekday: null, slot, level: own, twice: byte >= TWICE }
  }
  for (let i = at + DAILY_BINS; i < at + PEAKS_BINS; i += 2) {
    const own = levelOf(bins[i + 1] as number)
    const name = bins[i] as number
    if (own <= level) continue
    const weekSlot = (name % WEEK_TWICE) - 1
    const weekday = (Math.floor(weekSlot / PEAK_SLOTS) + 4) % 7
    yield { weekday, slot: weekSlot % PEAK_SLOTS, level: own, twice: name >= WEEK_TWICE }
  }
}

/** In a peak of the week: 1 + its slot, counted from Thursday as epoch time does, and this where it was seen twice. */
const WEEK_TWICE = 2048

function rememberWeek(bins: Uint16Array, at: number, slot: number, code: number, fresh: boolean): void {
  let lowest = -1
  for (let i = at; i < at + 2 * WEEKLY; i += 2) {
    const name = bins[i] as number
    const own = bins[i + 1] as number
    const ahead = name === 0 ? -1 : ((name % WEEK_TWICE) - 1 - slot + WEEK_SLOTS) % WEEK_SLOTS
    if (ahead === 0 || (ahead === 1 && fresh && own >= code - ALIKE)) {
      // A usual level at the hour of a peak is none: what fades goes away in the end.
      const faded = Math.max(0, own - FADED)
      const kept = fresh ? Math.max(code, faded) : faded
      const twice = fresh ? own >= code - ALIKE : name >= WEEK_TWICE
      bins[i] = kept === 0 ? 0 : 1 + slot + (twice ? WEEK_TWICE : 0)
      bins[i + 1] = kept
      return
    }
    if (lowest < 0 || own < (bins[lowest + 1] as number)) lowest = i
  }
  if (!fresh || code <= (bins[lowest + 1] as number)) return
  bins[lowest] = 1 + slot
  bins[lowest + 1] = code
}

function highest(bins: Uint16Array, at: number, slot: number, twice: boolean): number {
  let most = 0
  for (let near = slot - 1; near <= slot + 1; near += 1) {
    const byte = byteAt(bins, at, near)
    if (!twice || byte >= TWICE) most = Math.max(most, byte % TWICE)
  }
  return most
}

function highestOfWeek(bins: Uint16Array, at: number, slot: number, twice: boolean): number {
  let most = 0
  for (let i = at; i < at + 2 * WEEKLY; i += 2) {
    const name = bins[i] as number
    if (name === 0 || (twice && name < WEEK_TWICE)) continue
    const ahead = ((name % WEEK_TWICE) - 1 - slot + WEEK_SLOTS + 1) % WEEK_SLOTS
    if (ahead <= 2) most = Math.max(most, bins[i + 1] as number)
  }
  return most
}

function byteAt(bins: Uint16Array, at: number, slot: number): number {
  const around = (slot + PEAK_SLOTS) % PEAK_SLOTS
  const bin = bins[at + (around >> 1)] as number
  return around % 2 === 0 ? bin % 256 : bin >> 8
}

function setByte(bins: Uint16Array, at: number, slot: number, byte: number): void {
  const bin = at + (slot >> 1)
  const old = bins[bin] as number
  bins[bin] = slot % 2 === 0 ? old - (old % 256) + byte : (old % 256) + byte * 256
}

function codeOf(level: number): number {
  return level <= FLOOR ? 0 : Math.min(CODE_MOST, Math.ceil(Math.log(level / FLOOR) / STEP))
}

function levelOf(code: number): number {
  return code === 0 ? 0 : FLOOR * Math.exp(code * STEP)
}

function slotOf(ms: number): number {
  return Math.floor((((ms % DAY_MS) + DAY_MS) % DAY_MS) / SLOT_MS)
}

function weekSlotOf(ms: number): number {
  const week = 7 * DAY_MS
  return Math.floor((((ms % week) + week) % week) / SLOT_MS)
}
