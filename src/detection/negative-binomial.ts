/**
 * The negative binomial with mean `mu` and shape `r` (variance mu + mu^2 / r): counts that are burstier than Poisson.
 */

/**
 * ln of the likelihood ratio of "the mean is g times mu" to "the mean is mu", for k counted. Binomial coefficients cancel.
 * For g > 1 its exponential is an e-value under every negative binomial law whose mean is at most `mu` and whose variance over mean is
 * at most this law's; it is linear in k.
 */
export function logRatio(k: number, mu: number, r: number, g: number): number {
  const share = Math.log((mu + r) / (g * mu + r))
  return k * (Math.log(g) + share) + r * share
}

/** The smallest k with P(K > k) <= tail. Exact by summation up to 10,000, beyond it by the normal approximation. */
export function upperQuantile(mu: number, r: number, tail: number): number {
  if (!(mu > 0)) return 0
  if (mu > 10_000) return Math.ceil(mu + 3.1 * Math.sqrt(mu + (mu * mu) / r))
  const q = mu / (mu + r)
  let logMass = r * Math.log(r / (mu + r))
  let below = 0
  for (let k = 0; k < 100_000; k += 1) {
    below += Math.exp(logMass)
    if (1 - below <= tail) return k
    logMass += Math.log(((k + r) / (k + 1)) * q)
  }
  return 100_000
}

/** The smallest k at which the best of the alternatives carries `nats` of evidence; `Infinity` where none ever does. */
export function leastToAlarm(mu: number, r: number, alternatives: readonly number[], nats: number): number {
  let least = Number.POSITIVE_INFINITY
  for (const g of alternatives) {
    const share = Math.log((mu + r) / (g * mu + r))
    const perCall = Math.log(g) + share
    if (perCall > 0) least = Math.min(least, Math.ceil((nats - r * share) / perCall))
  }
  return least
}
