import { expect, test } from 'vitest'
import detector from '#detectors/silence/detector.ts'
import type { FlowView } from '#src/detection/detector.ts'
import { judged } from '#test/contract/detector/views.ts'
import { flowOf } from './given.ts'

const params = detector.params.parse({})
const best = (calls: FlowView): number => Math.max(...(judged(detector, { calls }, params)?.logE.subarray(0, 3) ?? [0]))

test('silence speaks for itself, usual calls against it, and nothing is tested where silence may be normal', () => {
  expect(best(flowOf(0))).toBeGreaterThan(2)
  expect(best(flowOf(10))).toBeLessThan(0)
  expect(judged(detector, { calls: flowOf(0, { low: 0 }) }, params)).toBeNull()
})

test('a pause as long as the usual ones is not told, a longer one is', () => {
  const sums = Float64Array.of(70, 10, 100, 0, 0, 0)
  const told = (silent: number): boolean => detector.floor(sums, Float64Array.of(silent, 8, 10, 0, 0), params, false)
  expect([told(16), told(17), told(0)]).toEqual([false, true, true])
})
