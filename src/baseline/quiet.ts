import { clocksMayChange, PEAK_SLOTS } from './peaks.ts'

/**
 * Memory of the quiet times of the day: one bit for each ten minutes (UTC) that says whether the entity was quiet then when that time
 * last passed. Peaks remember the highest level of a time, which says nothing of how low it may be; and a night that is quiet once
 * must be expected at once. Its price: an outage hides its repeat at the same time of the next day.
 */
export const QUIET_BINS = Math.ceil(PEAK_SLOTS / 16)

/** A block with less than so much of the expected level was quiet: as low as the mildest drop that is tested. */
export const QUIET_SHARE = 0.3
/** Who stops at about this time of day may do so half an hour earlier. */
const AHEAD = 3
const HOUR = 6

const DAY_MS = 86_400_000

/** Keeps whether the block that starts at `ms` was quiet. */
export function rememberQuiet(bins: Uint16Array, at: number, ms: number, isQuiet: boolean): void {
  const slot = slotOf(ms)
  const bin = at + (slot >> 4)
  const bit = 1 << (slot & 15)
  bins[bin] = isQuiet ? (bins[bin] as number) | bit : (bins[bin] as number) & ~bit
}

/** Whether it was quiet a day ago at the block that starts at `ms`, or within the half hour after it. */
export function recallsQuiet(bins: Uint16Array, at: number, ms: number): boolean {
  const slot = slotOf(ms)
  const shifts = clocksMayChange(ms) ? [0, -HOUR, HOUR] : [0]
  for (const shift of shifts) {
    for (let ahead = 0; ahead <= AHEAD; ahead += 1) if (isQuietAt(bins, at, slot + shift + ahead)) return true
  }
  return false
}

/** How often the remembered day changes from busy to quiet: 0 for who never rests, 1 for who sleeps at night, more for who comes and goes. */
export function restsOf(bins: Uint16Array, at: number): number {
  let rests = 0
  for (let slot = 0; slot < PEAK_SLOTS; slot += 1) {
    if (isQuietAt(bins, at, slot) && !isQuietAt(bins, at, slot - 1)) rests += 1
  }
  return rests
}

function isQuietAt(bins: Uint16Array, at: number, slot: number): boolean {
  const around = (slot + PEAK_SLOTS) % PEAK_SLOTS
  return (((bins[at + (around >> 4)] as number) >> (around & 15)) & 1) === 1
}

function slotOf(ms: number): number {
  return Math.floor((((ms % DAY_MS) + DAY_MS) % DAY_MS) / (DAY_MS / PEAK_SLOTS))
}
