import { expect } from 'vitest'
import type { Alert } from '#src/alert/alert.ts'
import type { Detector } from '#src/detection/detector.ts'

/** Fails unless the alert says of each measure that has alternatives what it carried, and all of it comes to the alert's bits. */
export function expectEvidence({ evidence = {}, surprise_bits }: Alert, { measures, measureOf }: Detector): void {
  const weighed = [...new Set(measureOf)].map((key) => measures[key]?.name ?? `no measure ${key}`)
  expect(Object.keys(evidence)).toEqual(weighed)
  for (const bits of Object.values(evidence)) expect(bits).toBeGreaterThanOrEqual(0)
  const sum = Object.values(evidence).reduce((all, bits) => all + bits, 0)
  expect(sum).toBeCloseTo(surprise_bits, 6)
}
