/**
 * The exact interval of a Poisson mean, of which `count` were seen (Garwood 1936): both tails of the given size, 2.5% unless given.
 * Found by halving, because a bench has the time.
 */
export function poissonInterval(count: number, tail = 0.025): { readonly low: number; readonly high: number } {
  const high = meanWhere((mean) => atMost(count, mean) > tail)
  const low = count === 0 ? 0 : meanWhere((mean) => 1 - atMost(count - 1, mean) < tail)
  return { low, high }
}

/** The largest mean for which the condition holds; it holds for small ones and fails for large ones. */
function meanWhere(holds: (mean: number) => boolean): number {
  let [low, high] = [0, 1]
  while (holds(high)) high *= 2
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (holds(middle)) low = middle
    else high = middle
  }
  return low
}

/** Chance of at most so many of a Poisson variable. In logarithms: the terms of large means are tiny. */
function atMost(count: number, mean: number): number {
  let term = -mean
  let sum = Math.exp(term)
  for (let k = 1; k <= count; k++) {
    term += Math.log(mean / k)
    sum += Math.exp(term)
  }
  return Math.min(1, sum)
}
