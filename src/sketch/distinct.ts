/**
 * How many different things, by a HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) of 128 registers, of which only those that
 * hold something are listed: register, rank, register, rank, … Merging takes the larger rank of each register, so it is
 * associative, commutative and idempotent. The standard error is 9% for many; up to about a hundred different things, where linear
 * counting (Whang, Vander-Zanden, Taylor 1990) applies, less than that.
 */
export const REGISTERS = 128

const INDEX_BITS = 7
/** Of 57 bits that are left of a hash, 32 are looked at. */
export const RANK_MOST = 33
const BIAS = 0.7213 / (1 + 1.079 / REGISTERS)
/** Below this multiple of the registers the number of empty ones says more than the ranks do. */
const FEW = 2.5

/** Adds one thing by the two halves of its 64-bit hash. */
export function addDistinct(pairs: number[], high: number, low: number): void {
  const rest = (high << INDEX_BITS) | (low >>> (32 - INDEX_BITS))
  raise(pairs, high >>> (32 - INDEX_BITS), Math.clz32(rest) + 1)
}

/** Adds everything that another list has seen. */
export function mergeDistinct(into: number[], from: readonly number[]): void {
  for (let i = 0; i < from.length; i += 2) raise(into, from[i] as number, from[i + 1] as number)
}

/** About how many different things were added. The sum is one of powers of two and exact: the order does not matter. */
export function estimateDistinct(pairs: readonly number[]): number {
  const filled = pairs.length / 2
  let sum = REGISTERS - filled
  for (let i = 1; i < pairs.length; i += 2) sum += 2 ** -(pairs[i] as number)
  const raw = (BIAS * REGISTERS * REGISTERS) / sum
  const empty = REGISTERS - filled
  return raw <= FEW * REGISTERS && empty > 0 ? REGISTERS * Math.log(REGISTERS / empty) : raw
}

function raise(pairs: number[], register: number, rank: number): void {
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i] !== register) continue
    if ((pairs[i + 1] as number) < rank) pairs[i + 1] = rank
    return
  }
  pairs.push(register, rank)
}
