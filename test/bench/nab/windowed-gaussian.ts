/**
 * The benchmark's "Windowed Gaussian" once more, from its description: the normal distribution of the last 6,400 values, moved on by 100 at
 * a time, and how far a value lies out in it. It is here to hold the scoring to a published score.
 */
const WINDOW = 6400
const STEP = 100

export function windowedGaussian(values: Float64Array): Float64Array {
  let window: number[] = []
  let waiting: number[] = []
  let [mean, spread] = [0, 1]
  let squares = 0
  return values.map((value) => {
    const score = window.length === 0 ? 0 : 1 - 0.5 * erfc(Math.abs(value - mean) / spread / Math.SQRT2)
    if (window.length < WINDOW) {
      window.push(value)
      const before = mean
      mean = window.length === 1 ? value : mean + (value - mean) / window.length
      squares += window.length === 1 ? 0 : (value - before) * (value - mean)
      spread = Math.sqrt(squares / window.length) || 1e-6
      return score
    }
    waiting.push(value)
    if (waiting.length === STEP) {
      window = [...window.slice(STEP), ...waiting]
      waiting = []
      mean = window.reduce((sum, one) => sum + one, 0) / WINDOW
      spread = Math.sqrt(window.reduce((sum, one) => sum + (one - mean) ** 2, 0) / WINDOW) || 1e-6
    }
    return score
  })
}

/** Complementary error function of x >= 0: the series near 0, the continued fraction (Lentz) farther out. */
export function erfc(x: number): number {
  if (x < 2) {
    let [term, sum] = [x, x]
    for (let n = 1; n < 60; n += 1) {
      term *= (-x * x) / n
      sum += term / (2 * n + 1)
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum
  }
  let fraction = x
  for (let n = 60; n >= 1; n -= 1) fraction = x + n / 2 / fraction
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction
}
