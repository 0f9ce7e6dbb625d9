import type { Watch } from './plan.ts'
import { ALTERNATIVES, CUSUM, dropEvidence, NATS, PART } from './surprise.ts'

/**
 * Which measures an alert's nats came from. Each alternative is declared to be evidence of one measure, and a measure carries what the
 * best of its alternatives does: what it would have said alone. The alert's nats are those of the best alternative of all, so
 * they are divided among the measures in proportion.
 */

const carried = new Float64Array(ALTERNATIVES)
const ended = new Float64Array(ALTERNATIVES)

/**
 * Of an alert that has just opened: what each alternative has added up to since the episode began is divided, and forgotten. One call that
 * was surprising enough alone speaks for `single`, an alternative.
 */
export function beginParts(row: Float64Array, at: number, watch: Watch, single: number | null): void {
  ended.set(row.subarray(at + CUSUM, at + CUSUM + ALTERNATIVES))
  dropEvidence(row, at)
  const nats = row[at + NATS] as number
  if (single === null) addParts(row, at, watch, ended, nats)
  else row[at + PART + (watch.weighedOf[single] as number)] = nats
}

/** Divides so many nats among the measures of an open alert by what each alternative carries. */
export function addParts(
  row: Float64Array,
  at: number,
  { weighedOf }: Watch,
  alternatives: Float64Array,
  nats: number,
): void {
  if (nats <= 0) return
  carried.fill(0)
  for (let m = 0; m < weighedOf.length; m += 1) {
    const i = weighedOf[m] as number
    carried[i] = Math.max(carried[i] as number, alternatives[m] as number)
  }
  let sum = 0
  for (let i = 0; i < ALTERNATIVES; i += 1) sum += carried[i] as number
  if (sum <= 0) return
  for (let i = 0; i < ALTERNATIVES; i += 1) {
    row[at + PART + i] = (row[at + PART + i] as number) + (nats * (carried[i] as number)) / sum
  }
}

/** Bits by the name of the measure, in tenths. Their sum is that of the nats, rounded as a whole: what is lost in one is found in the next. */
export function bitsByMeasure(row: Float64Array, at: number, { weighed }: Watch): Record<string, number> {
  let nats = 0
  let told = 0
  return Object.fromEntries(
    weighed.map((name, i) => {
      nats += row[at + PART + i] as number
      const tenths = Math.round((nats / Math.LN2) * 10) - told
      told += tenths
      return [name, tenths / 10]
    }),
  )
}
