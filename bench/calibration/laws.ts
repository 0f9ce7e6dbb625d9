import type { Random } from '#src/demo/random.ts'

/** Gamma with mean 1 and that relative variance (Marsaglia and Tsang 2000). */
export function gammaMood(random: Random, phi: number): number {
  if (phi <= 0) return 1
  const shape = 1 / phi
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = random.normal()
    const v = (1 + c * x) ** 3
    if (v <= 0 || Math.log(1 - random.unit()) >= 0.5 * x * x + d - d * v + d * Math.log(v)) continue
    const boost = shape < 1 ? (1 - random.unit()) ** phi : 1
    return (d * v * boost) / shape
  }
}

/** Negative binomial: a Poisson number whose mean has a gamma mood. */
export function negativeBinomial(random: Random, mean: number, phi: number): number {
  return random.poisson(mean * gammaMood(random, phi))
}

/** Pareto with that exponent from `least` on, at most `most`. */
export function pareto(random: Random, exponent: number, least: number, most: number): number {
  return Math.min(most, least * (1 - random.unit()) ** (-1 / exponent))
}

/** Log-uniform between two bounds. */
export function anyOrder(random: Random, least: number, most: number): number {
  return least * (most / least) ** random.unit()
}

/** Sizes of clusters of calls such that a Poisson number of them is negative binomial with variance `fano` times its mean (Kemp 1981). */
export function clusterSize(random: Random, fano: number): number {
  if (fano <= 1) return 1
  const q = 1 - (1 / fano) ** random.unit()
  return Math.max(1, Math.floor(1 + Math.log(1 - random.unit()) / Math.log(q)))
}

/** Mean of `clusterSize`. */
export function clusterMean(fano: number): number {
  return fano <= 1 ? 1 : (fano - 1) / Math.log(fano)
}
