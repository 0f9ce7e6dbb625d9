/**
 * One voice for one episode: of scores that follow each other only those are told that exceed everything of the last `CREST_TICKS`. What
 * rises is told again as it rises; what is merely still there is not. For evidence that must not be added up over ticks because they
 * depend on each other (levels); counts and ratios accumulate instead, see surprise.ts.
 */

/** Ticks for which a score silences lower ones: 6 hours at one tick in 5 minutes. */
export const CREST_TICKS = 72

/** Scores of the last ticks in a ring, and how many there were. */
export const CREST_WIDTH = CREST_TICKS + 1

export function openCrest(row: Float64Array, at: number): void {
  row.fill(Number.NEGATIVE_INFINITY, at, at + CREST_TICKS)
  row[at + CREST_TICKS] = 0
}

/** The score of a tick if it is a crest, else negative infinity. */
export function crestOf(row: Float64Array, at: number, score: number): number {
  let highest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < CREST_TICKS; i += 1) highest = Math.max(highest, row[at + i] as number)
  const ticks = row[at + CREST_TICKS] as number
  row[at + (ticks % CREST_TICKS)] = score
  row[at + CREST_TICKS] = ticks + 1
  return score > highest ? score : Number.NEGATIVE_INFINITY
}
