/**
 * How many different things, by a HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) of 128 registers, of which only those that
 * hold something are listed: register, rank, register, rank, … Merging takes the larger rank of each register, so it is
 * associative, commutative and idempotent. The standard error is 9% for many, and less for up to about a hundred.
 */
export const REGISTERS = 128

const INDEX_BITS = 7
/** Of 57 bits that are left of a hash, 32 are looked at. */
export const RANK_MOST = 33
/** 1 / (2 ln 2), the limit of the bias for many registers. */
const BIAS = 0.7213475204444817

/** Adds one thing by the two halves of its 64-bit hash. */
export function addDistinct(pairs: number[], high: number, low: number): void {
  const rest = (high << INDEX_BITS) | (low >>> (32 - INDEX_BITS))
  raise(pairs, high >>> (32 - INDEX_BITS), Math.clz32(rest) + 1)
}

/** Adds everything that another list has seen. */
export function mergeDistinct(into: number[], from: readonly number[]): void {
  for (let i = 0; i < from.length; i += 2) raise(into, from[i] as number, from[i + 1] as number)
}

/**
 * About how many different things were added, by the improved raw estimator (Ertl 2017, New cardinality estimation algorithms for
 * HyperLogLog sketches, algorithm 6): one formula from one thing to millions, so that one more thing never lowers it, as it may where
 * two estimators meet. Sums, products and powers of two only: the same to the last bit on every machine and in any order.
 */
export function estimateDistinct(pairs: readonly number[]): number {
  if (pairs.length === 0) return 0
  let sum = REGISTERS * emptiness(1 - pairs.length / 2 / REGISTERS)
  for (let i = 1; i < pairs.length; i += 2) sum += 2 ** -(pairs[i] as number)
  return (BIAS * REGISTERS * REGISTERS) / sum
}

/** Ertl's sigma: what the empty registers, of which there is this share below 1, stand for. */
function emptiness(share: number): number {
  let power = share
  let weight = 1
  let sum = share
  for (let before = -1; sum !== before; ) {
    power *= power
    before = sum
    sum += power * weight
    weight += weight
  }
  return sum
}

function raise(pairs: number[], register: number, rank: number): void {
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i] !== register) continue
    if ((pairs[i + 1] as number) < rank) pairs[i + 1] = rank
    return
  }
  pairs.push(register, rank)
}
