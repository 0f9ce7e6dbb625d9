/**
 * The baseline of a level: a real number a tick (a duration, a share of a processor, calls a minute), whatever its unit. It remembers
 * where the level has been, however long ago, and answers with evidence that a value comes from somewhere it has never been near.
 * State is a row of numbers at an offset, as for counts.
 *
 * Values are held on a scale of asinh(value / scale): logarithmic far from zero, so that one huge value does not blind the memory
 * for all others, and linear near it, so that zero and negative values need no exception. The scale is the mean absolute deviation of
 * the first values. The memory is a sorted list of places with weights; where it is full the two closest become one, which
 * keeps gaps and ends where they are (the clustering step of Ben-Haim and Tom-Tov 2010).
 *
 * Null: the next value is drawn near a remembered place, by a kernel density of Student's t with three degrees of freedom (heavy tails: a
 * conservative null). Alternative: it is drawn from anywhere, by a Cauchy density as wide as the range. The ratio of two densities is an
 * e-value under the first (Shafer 2021, *Testing by betting*). Successive values of a level depend on each other, so these
 * are not to be multiplied over ticks as those of counts: the largest of an episode counts.
 */
export const PLACES = 64
/** Values held back before they are learned: an oddity does not vouch for the next tick of itself. */
export const LAG_MOST = 12

/** How a level is judged: the same for all entities. */
export interface LevelShape {
  /** Values between a value and its learning: 1 to LAG_MOST. */
  readonly lag: number
  /** Share of all values at either end that does not count into the range. */
  readonly trim: number
  /** Kernels to a range: the finest difference that matters. */
  readonly kernels: number
}

/** In the middle of a wide plateau: half or twice as much of each changes little (bench/NAB.md). */
export const LEVEL_SHAPE: LevelShape = { lag: 6, trim: 0.001, kernels: 64 }

const SEEN = 0
const SCALE = 1
const HELD = 2
const WEIGHT_SUM = 3
const RANGE = 4
const MIDDLE = 5
const RING = 6
const PLACE = RING + LAG_MOST
// One place more than is kept, for the value that makes two others merge.
const WEIGHT = PLACE + PLACES + 1

export const LEVEL_WIDTH = WEIGHT + PLACES + 1

/** A range below this much of the scale is taken for this much: what never moved has no finer measure. */
const RANGE_LEAST = 0.05
/** asinh of the largest double. */
const PLACE_MOST = 711

export function openLevel(row: Float64Array, at: number): void {
  row.fill(0, at, at + LEVEL_WIDTH)
}

/** Values that the baseline has seen; until as many as there are places it only listens. */
export function seenOfLevel(row: Float64Array, at: number): number {
  return num(row, at + SEEN)
}

/**
 * ln of the e-value of "from anywhere" against "from near a place where it has been"; 0 while warming up. Must be called before
 * `observeLevel` of the same value.
 */
export function logNovelty(row: Float64Array, at: number, value: number, shape: LevelShape): number {
  const scale = num(row, at + SCALE)
  const weights = num(row, at + WEIGHT_SUM)
  if (scale === 0 || weights === 0) return 0
  const x = placeOf(value, scale)
  const range = num(row, at + RANGE)
  const width = range / shape.kernels
  let near = 0
  for (let i = 0; i < num(row, at + HELD); i += 1) {
    const z = (x - num(row, at + PLACE + i)) / width
    near += num(row, at + WEIGHT + i) / (1 + z * z) ** 2
  }
  const away = (x - num(row, at + MIDDLE)) / range
  // ln of (1 / (pi range (1 + away^2))) / (2 near / (pi width weights)); far enough away nothing is left of `near`.
  return Math.log((width * weights) / (2 * range * Math.max(near, Number.MIN_VALUE))) - Math.log1p(away * away)
}

/** Takes the value of one tick. It is learned `lag` values later. */
export function observeLevel(row: Float64Array, at: number, value: number, shape: LevelShape): void {
  const seen = num(row, at + SEEN)
  row[at + SEEN] = seen + 1
  if (seen < PLACES) {
    // The first values wait in the places until there is a scale to hold them on.
    row[at + PLACE + seen] = value
    if (seen + 1 === PLACES) warmUp(row, at, shape)
    return
  }
  const since = seen - PLACES
  const slot = at + RING + (since % shape.lag)
  const due = num(row, slot)
  row[slot] = placeOf(value, num(row, at + SCALE))
  if (since >= shape.lag) learn(row, at, due, shape)
}

/** Where a value lies on the scale. Only a quotient beyond all numbers meets the bound. */
function placeOf(value: number, scale: number): number {
  return Math.max(-PLACE_MOST, Math.min(Math.asinh(value / scale), PLACE_MOST))
}

function warmUp(row: Float64Array, at: number, shape: LevelShape): void {
  const first = row.slice(at + PLACE, at + PLACE + PLACES)
  let mean = 0
  for (const value of first) mean += value / PLACES
  let scale = 0
  for (const value of first) scale += Math.abs(value - mean) / PLACES
  row[at + SCALE] = scale > 0 ? scale : Math.abs(mean) || 1
  for (const value of first) learn(row, at, placeOf(value, num(row, at + SCALE)), shape)
}

function learn(row: Float64Array, at: number, x: number, shape: LevelShape): void {
  const held = num(row, at + HELD)
  let i = 0
  while (i < held && num(row, at + PLACE + i) < x) i += 1
  row[at + WEIGHT_SUM] = num(row, at + WEIGHT_SUM) + 1
  if (i < held && row[at + PLACE + i] === x) {
    row[at + WEIGHT + i] = num(row, at + WEIGHT + i) + 1
  } else {
    row.copyWithin(at + PLACE + i + 1, at + PLACE + i, at + PLACE + held)
    row.copyWithin(at + WEIGHT + i + 1, at + WEIGHT + i, at + WEIGHT + held)
    row[at + PLACE + i] = x
    row[at + WEIGHT + i] = 1
    row[at + HELD] = held + 1
    if (held === PLACES) mergeClosest(row, at)
  }
  settleRange(row, at, shape)
}

function mergeClosest(row: Float64Array, at: number): void {
  const held = num(row, at + HELD)
  let closest = 0
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i + 1 < held; i += 1) {
    const gap = num(row, at + PLACE + i + 1) - num(row, at + PLACE + i)
    if (gap < least) {
      least = gap
      closest = i
    }
  }
  const a = num(row, at + WEIGHT + closest)
  const b = num(row, at + WEIGHT + closest + 1)
  const place = at + PLACE + closest
  row[place] = num(row, place) + (b / (a + b)) * (num(row, place + 1) - num(row, place))
  row[at + WEIGHT + closest] = a + b
  row.copyWithin(place + 1, place + 2, at + PLACE + held)
  row.copyWithin(at + WEIGHT + closest + 1, at + WEIGHT + closest + 2, at + WEIGHT + held)
  row[at + HELD] = held - 1
}

/** The range without the share at either end that is trimmed, and its middle. */
function settleRange(row: Float64Array, at: number, shape: LevelShape): void {
  const outside = shape.trim * num(row, at + WEIGHT_SUM)
  let low = 0
  let high = num(row, at + HELD) - 1
  for (let sum = num(row, at + WEIGHT); sum <= outside; sum += num(row, at + WEIGHT + low)) low += 1
  for (let sum = num(row, at + WEIGHT + high); sum <= outside; sum += num(row, at + WEIGHT + high)) high -= 1
  const from = num(row, at + PLACE + low)
  const to = num(row, at + PLACE + high)
  row[at + RANGE] = Math.max(to - from, RANGE_LEAST)
  row[at + MIDDLE] = (from + to) / 2
}

function num(row: Float64Array, at: number): number {
  return row[at] as number
}
