import { describe, expect, test } from 'vitest'
import { logCalibrated, logEvidenceOfSize } from '#src/detection/calibrator.ts'

/**
 * ln((e^l - 1 - l) / l^2) at l = -ln p, with sixty digits: `from mpmath import *; mp.dps = 60; log((exp(l) - 1 - l) / l**2)`, and the
 * first three terms of the series below 1e-12, where sixty digits do not suffice either.
 */
const EXACT: readonly (readonly [l: number, logE: number])[] = [
  [0, -Math.LN2],
  [1e-300, -Math.LN2],
  [1e-16, -Math.LN2],
  [1e-8, -0.6931471772266119],
  [1e-3, -0.6928138194475997],
  [0.1, -0.6595348427440199],
  [0.5, -0.5193870302404807],
  [0.999999, -0.3308936604152148],
  [1, -0.3308932682040545],
  [1.000001, -0.3308928759928325],
  [2, 0.092819831215765],
  [5, 1.739856579268393],
  [20, 14.00853540960779],
  [50, 42.17595398914371],
  [300, 288.5924350506876],
  [700, 686.8978393299132],
]

describe('the calibrator', () => {
  test.each(EXACT)('at -ln p = %d is exact', (l, logE) => {
    expect(Math.abs(logCalibrated(-l) - logE)).toBeLessThanOrEqual(4e-15 * Math.max(1, Math.abs(logE)))
  })

  test('integrates to one over all p: its e-values are e-values, and waste nothing', () => {
    // Over l = -ln p from 0 on: the integrand falls as 1 / l^2, of which 1 / 2000 is left.
    let sum = 0
    const step = 0.005
    for (let l = step / 2; l < 2000; l += step) sum += step * Math.exp(logCalibrated(-l) - l)
    expect(sum).toBeGreaterThan(1 - 1 / 1990)
    expect(sum).toBeLessThan(1)
  })

  test('grows as p falls', () => {
    for (let l = 0; l < 60; l += 0.01) expect(logCalibrated(-l - 0.01)).toBeGreaterThan(logCalibrated(-l))
  })

  test('a size is worth half as many as were learned, at most', () => {
    expect(logEvidenceOfSize(-1000, 999)).toBeCloseTo(Math.log(500), 12)
    expect(logEvidenceOfSize(0, 999)).toBe(logCalibrated(0))
  })
})
