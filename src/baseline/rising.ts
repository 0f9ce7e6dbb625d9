/** ln of r (r + 1) … (r + k - 1) for a whole k: the ratio of two gamma functions. */
export function logRising(r: number, k: number): number {
  if (k >= 12) return logGammaRatio(r, k)
  let product = 1
  for (let i = 0; i < k; i += 1) product *= r + i
  return Math.log(product)
}

/**
 * ln of Γ(x + step) / Γ(x), x > 0, step >= 0. Stirling's series from 8 on, where its next term is below 1e-9, in a form in which nothing large cancels:
 * as good at a billion as at ten.
 */
export function logGammaRatio(x: number, step: number): number {
  let from = x
  let product = 1
  while (from < 8) {
    product *= from / (from + step)
    from += 1
  }
  const to = from + step
  return (from - 0.5) * Math.log1p(step / from) + step * (Math.log(to) - 1) + rest(to) - rest(from) + Math.log(product)
}

/** What Stirling's series adds to (x - 1/2) ln x - x + ln(2 pi) / 2. */
function rest(x: number): number {
  const inverse = 1 / x
  const square = inverse * inverse
  return inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
}
