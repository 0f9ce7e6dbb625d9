/**
 * Baselines learn in blocks of ten minutes of event time, and each block is committed one block late: a tick is judged by what
 * was known ten to twenty minutes before it, so an attack cannot teach the baseline that judges it, and an early judgment
 * of an open tick uses the same baseline as the settled one.
 */
export const BLOCK_MS = 600_000

/** How many empty blocks a baseline walks through one by one after a silence; beyond (two days) nothing changes any more. */
export const BLOCKS_WALKED = 288

/** After so many frozen blocks in a row (two hours) what looks odd is accepted as the new normal. */
export const BLOCKS_FROZEN = 12

/** How much of a learned sum is left after one block, for a half-life in blocks. */
export function keptPerBlock(halfLifeBlocks: number): number {
  return 2 ** (-1 / halfLifeBlocks)
}

/** How ticks and blocks lie in event time. Tick t spans [t, t + 1) times tickMs. */
export interface Calendar {
  readonly tickMs: number
  readonly ticksPerBlock: number
}

export function calendarOf(tickMs: number): Calendar {
  return { tickMs, ticksPerBlock: Math.max(1, Math.round(BLOCK_MS / tickMs)) }
}

export function blockOf(calendar: Calendar, tick: number): number {
  return Math.floor(tick / calendar.ticksPerBlock)
}
