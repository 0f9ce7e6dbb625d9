import { ALTERNATIVES, LOG_R, TWIN, TWINS } from './surprise.ts'

/**
 * The twin accumulators of one watch, without running them. While nothing is reset R is linear in the weight: an accumulator of c
 * times the weight stands at c times R. One that was reset at tick s has lost what it stood at then, and what that would have
 * grown to since:
 *
 *     R' = c (R - D),    D = R(s) times the product of the e-values since s
 *
 * So one number for each twin and alternative is enough, ln D, -Infinity until its first crossing; and it needs to be looked at
 * closely only where R is not far below 1/c, which is seldom.
 */

const LOG_TWINS = TWINS.map(Math.log)

/**
 * Takes the ticks that `accumulate` has just taken. Returns which twins have crossed, bit by bit in the order of `TWINS`, and
 * resets those. A stretch of silence is looked at when it ends: all that it could add is its own small weights.
 */
export function crossTwins(
  row: Float64Array,
  at: number,
  alternatives: number,
  logE: Float64Array,
  ticks: number,
): number {
  let most = Number.NEGATIVE_INFINITY
  for (let m = 0; m < alternatives; m += 1) most = Math.max(most, row[at + LOG_R + m] as number)
  let crossed = 0
  for (let twin = 0; twin < TWINS.length; twin += 1) {
    const from = at + TWIN + twin * ALTERNATIVES
    // A crossing sets all alternatives, so the first one tells.
    if (row[from] !== Number.NEGATIVE_INFINITY) {
      for (let m = 0; m < alternatives; m += 1) {
        row[from + m] = (row[from + m] as number) + (logE[m] as number) * ticks
      }
    }
    // The mixture is no more than its largest part.
    if (most < -(LOG_TWINS[twin] as number) || !(logTwin(row, at, twin, alternatives, most) >= 0)) continue
    row.copyWithin(from, at + LOG_R, at + LOG_R + alternatives)
    crossed |= 1 << twin
  }
  return crossed
}

/** ln of one twin's mixture; `most` is the largest ln R. D is never above R, to the last bit: both took the same steps. */
function logTwin(row: Float64Array, at: number, twin: number, alternatives: number, most: number): number {
  const from = at + TWIN + twin * ALTERNATIVES
  let sum = 0
  for (let m = 0; m < alternatives; m += 1) {
    const logR = row[at + LOG_R + m] as number
    sum += Math.exp(logR - most) * -Math.expm1((row[from + m] as number) - logR)
  }
  return (LOG_TWINS[twin] as number) + most + Math.log(sum / alternatives)
}

/** How a test of one call crosses: it has no memory, so its twins are the same rule at c times the weight. `before`: what it was already. */
export function crossSingle(logSingle: number, logWeight: number, before = 0): number {
  let crossed = 0
  if (logSingle >= 0) return crossed
  for (let twin = 0; twin < TWINS.length; twin += 1) {
    const threshold = logWeight + (LOG_TWINS[twin] as number)
    if (logSingle <= threshold && before > threshold) crossed |= 1 << twin
  }
  return crossed
}
