/** A seeded generator (sfc32). The same seed gives the same numbers on every machine; never for secrets. */
export interface Random {
  /** A whole number from 0 to 2^32 - 1. */
  word(): number
  /** From 0 up to, not including, 1. */
  unit(): number
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number
  /** Standard normal. */
  normal(): number
  /** Exponential with that mean. */
  exponential(mean: number): number
  /** Poisson with that mean. */
  poisson(mean: number): number
  pick<Item>(items: readonly Item[]): Item
  /** So many hexadecimal digits, a multiple of 8. */
  hex(digits: number): string
}

const TWO_32 = 4294967296

/** Mixes whole numbers into one 32-bit word: different keys give unrelated words. */
export function mix(...keys: readonly number[]): number {
  let h = 0x9e3779b9
  for (const key of keys) {
    h = Math.imul(h ^ (key | 0), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
    // The upper half too: slots counted from 1970 in small units pass 2^32.
    h = Math.imul(h ^ (h >>> 16) ^ Math.floor(key / TWO_32), 0x27d4eb2f)
    h ^= h >>> 15
  }
  return h >>> 0
}

/** A generator of its own for each combination of keys: random access in time, whatever was drawn before. */
export function randomFor(...keys: readonly number[]): Random {
  return sfc32(mix(1, ...keys), mix(2, ...keys), mix(3, ...keys))
}

function sfc32(seedA: number, seedB: number, seedC: number): Random {
  let a = seedA
  let b = seedB
  let c = seedC
  let counter = 1
  const word = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  for (let i = 0; i < 12; i++) word()
  const unit = (): number => word() / TWO_32
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit())
  const below = (end: number): number => Math.floor(unit() * end)
  return {
    word,
    unit,
    below,
    normal,
    exponential: (mean) => -mean * Math.log(1 - unit()),
    poisson: (mean) => poisson(mean, unit, normal),
    pick: (items) => items[below(items.length)]!,
    hex(digits) {
      let text = ''
      while (text.length < digits) text += word().toString(16).padStart(8, '0')
      return text
    },
  }
}

function poisson(mean: number, unit: () => number, normal: () => number): number {
  // Above 60 the normal approximation is within what anybody could tell from counts; below, multiply (Knuth).
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
  const floor = Math.exp(-mean)
  let count = 0
  let product = unit()
  while (product > floor) {
    count++
    product *= unit()
  }
  return count
}

/** Cumulative Zipf weights: rank i (from 0) weighs 1 / (i + 1)^exponent; the last entry is 1. */
export function zipfTable(ranks: number, exponent: number): Float64Array {
  return cumulative(Array.from({ length: ranks }, (_, i) => (i + 1) ** -exponent))
}

/** Running sums scaled so that the last is 1. */
export function cumulative(weights: readonly number[]): Float64Array {
  const table = new Float64Array(weights.length)
  let sum = 0
  for (const [i, weight] of weights.entries()) {
    sum += weight
    table[i] = sum
  }
  for (let i = 0; i < table.length; i++) table[i]! /= sum
  return table
}

/** The index that a number from 0 to 1 falls on in a cumulative table. */
export function indexOf(table: Float64Array, unit: number): number {
  let low = 0
  let high = table.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (table[middle]! > unit) high = middle
    else low = middle + 1
  }
  return low
}
