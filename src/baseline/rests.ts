import { clocksMayChange } from './peaks.ts'

/**
 * Memory of the quiet times of the week: for each ten minutes (UTC) whether the entity rested when that time last passed, and whether
 * that was new. What rested a week ago may rest again; what rested yesterday and had not done so the week before may do so today. So a night is known
 * after one, a weekend after one, and a holiday makes no later day quiet. Its price: an outage hides its repeat at the same time of the next day
 * and of the next week.
 */
const DAY = 144
const WEEK = 7 * DAY
const WORDS = WEEK / 16
/** Bins: a bit for "rested", and a bit for "that was new". */
export const RESTS_BINS = 2 * WORDS

const SLOT_MS = 600_000
/** Who rests at about this time may do so an hour earlier. */
const AHEAD = 6
const HOUR = 6

/** Keeps whether the entity rested in the block that starts at `ms`. */
export function rememberRest(bins: Uint16Array, at: number, ms: number, rested: boolean): void {
  const slot = slotOf(ms)
  const before = hasBit(bins, at, slot)
  setBit(bins, at, slot, rested)
  setBit(bins, at + WORDS, slot, rested && !before)
}

/** Whether the entity may rest in the block that starts at `ms`, or within the hour after it. */
export function mayRest(bins: Uint16Array, at: number, ms: number): boolean {
  const slot = slotOf(ms)
  const last = slot + AHEAD + (clocksMayChange(ms) ? HOUR : 0)
  for (let near = slot; near <= last; near += 1) {
    if (hasBit(bins, at, near) || hasBit(bins, at + WORDS, near - DAY)) return true
    // On some other day it fell silent at about this time.
    for (let day = DAY; day < WEEK; day += DAY) {
      if (hasBit(bins, at, near - day) && !hasBit(bins, at, slot - HOUR - day)) return true
    }
  }
  return false
}

/** Whether the entity has rested at all. */
export function hasRested(bins: Uint16Array, at: number): boolean {
  for (let i = at; i < at + WORDS; i += 1) if (bins[i] !== 0) return true
  return false
}

function hasBit(bins: Uint16Array, at: number, slot: number): boolean {
  const around = (slot + WEEK) % WEEK
  return (((bins[at + (around >> 4)] as number) >> (around & 15)) & 1) === 1
}

function setBit(bins: Uint16Array, at: number, slot: number, isSet: boolean): void {
  const bin = at + (slot >> 4)
  const bit = 1 << (slot & 15)
  bins[bin] = isSet ? (bins[bin] as number) | bit : (bins[bin] as number) & ~bit
}

function slotOf(ms: number): number {
  return ((Math.floor(ms / SLOT_MS) % WEEK) + WEEK) % WEEK
}
