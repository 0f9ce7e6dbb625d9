/** Below this many nats the closed form loses digits to cancellation, and the series has all of them. */
const SERIES_NATS = 1
const SERIES_TERMS = 18

/**
 * Turns a p-value into an e-value: the logarithm of (1 - p + p ln p) / (p ln^2 p), the average over all power calibrators, which needs
 * no parameter (Vovk and Wang 2021, E-values: calibration, combination and applications, section 2). With l = -ln p it is
 * (e^l - 1 - l) / l^2 = 1/2! + l/3! + l^2/4! + …: a half at p = 1.
 */
export function logCalibrated(logP: number): number {
  const l = -logP
  if (l > SERIES_NATS) return l + Math.log1p(-(1 + l) * Math.exp(-l)) - 2 * Math.log(l)
  // Horner from the last term on: each step divides by the next number of the factorial.
  let sum = 0
  for (let n = SERIES_TERMS; n >= 0; n -= 1) sum = (1 + l * sum) / (n + 2)
  return Math.log(sum)
}

/**
 * ln of the e-value of a size that beside `learned` others has this probability by the model of its tail. At most half as many as
 * are learned: by no law are sizes beyond all of N others, on average over what was learned, more frequent than 1 / (N + 1), so that
 * what no model foresaw (a rare mode, an export of every second day) contributes no more than the half that ordinary sizes leave.
 */
export function logEvidenceOfSize(logP: number, learned: number): number {
  return Math.min(logCalibrated(logP), Math.log((learned + 1) / 2))
}
