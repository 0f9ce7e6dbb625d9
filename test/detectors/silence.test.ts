import { expect, test } from 'vitest'
import detector from '#detectors/silence/detector.ts'
import { endpointRef } from '#src/baseline/entity.ts'
import type { Episode, FlowView } from '#src/detection/detector.ts'
import { SUMS } from '#src/detection/surprise.ts'
import { judged } from '#test/contract/detector/views.ts'
import { flowOf } from './given.ts'

const params = detector.params.parse({})
const logE = (calls: FlowView): number[] => [...(judged(detector, { calls }, params)?.logE.subarray(0, 4) ?? [])]
const best = (calls: FlowView): number => Math.max(...logE(calls))

test('silence speaks for itself, usual calls against it, and nothing is tested where it may be normal', () => {
  expect(best(flowOf(0))).toBeGreaterThan(2)
  expect(best(flowOf(10))).toBeLessThan(0)
  expect(judged(detector, { calls: flowOf(0, { resting: true }) }, params)).toBeNull()
})

test('few calls say no more than that pauses are seldom', () => {
  expect(best(flowOf(0, { rate: 0.01 }))).toBeLessThan(0.01)
  expect(best(flowOf(1, { rate: 0.01 }))).toBeLessThan(0.01)
})

test('who is seldom called is judged by its pauses alone, once they are known', () => {
  const seldom = flowOf(0, { mean: 0.02, low: 0, rate: 0.015 })
  expect(best(seldom)).toBeCloseTo(0.999 * 0.015, 10)
  expect(
    logE(seldom)
      .slice(0, 3)
      .every((nats) => nats < -10),
  ).toBe(true)
  expect(best({ ...seldom, knowsPauses: false })).toBeLessThan(-10)
})

/** An episode of so many ticks without calls, in which its service was silent for so long. */
function episodeOf(ticks: number, calls: FlowView, serviceSilent: (tick: number) => number): Episode {
  const sums = new Float64Array(SUMS)
  for (let tick = 0; tick < ticks; tick += 1) {
    const shown = { ...calls, silent: tick + 1, serviceSilent: serviceSilent(tick) }
    judged(detector, { calls: shown }, params)?.sums.forEach((sum, i) => {
      sums[i] = (sums[i] as number) + sum
    })
  }
  const ref = endpointRef('orders', 'GET', '/v1/orders')
  const shown = { windowSeconds: 10 * ticks, needed: 20, single: false, names: [], top: null, alone: 0 }
  return { ref, sums, peaks: new Float64Array(5), weight: 1, ...shown }
}

test('no telemetry is told apart from no traffic where its service has others, and is more severe', () => {
  const [service, endpoint, alone] = [
    episodeOf(10, flowOf(0), (tick) => tick + 1),
    episodeOf(10, flowOf(0), (tick) => (tick < 2 ? tick + 1 : 0)),
    episodeOf(10, flowOf(0), () => -1),
  ].map((episode) => detector.explain(episode, params))
  expect([service?.severity, endpoint?.severity, alone?.severity]).toEqual(['high', 'medium', 'high'])
  expect(service?.reason).toContain('nothing is heard of any endpoint of orders: no telemetry, rather than no traffic')
  expect(endpoint?.reason).toContain('while other endpoints of orders are heard: no traffic, rather than no telemetry')
  expect(alone?.reason).toContain('no other endpoint of orders is called often enough to tell')
})

test('what would have kept it silent follows from the pauses of who is seldom called', () => {
  const seldom = flowOf(0, { mean: 0.02, low: 0, rate: 0.015 })
  const [long, short] = [3000, 1500].map((ticks) => {
    const { silentIf } = detector.explain(
      episodeOf(ticks, seldom, () => 0),
      params,
    )
    return Number(/about (\d+) calls/.exec(silentIf)?.[1])
  }) as [number, number]
  // Each call is worth 6.9 nats against it, and 45 nats less 20 (22 less 20) were there.
  expect(long).toBeGreaterThanOrEqual(3)
  expect(long).toBeLessThanOrEqual(4)
  expect(short).toBeLessThanOrEqual(1)
})

test('few missing calls are not told, nor is a third of what is expected', () => {
  const told = (expected: number, calls: number): boolean =>
    detector.floor(Float64Array.of(expected, 10, expected, calls, 0, 0, 0, 0), new Float64Array(5), params, false)
  expect([told(9, 0), told(10, 0), told(100, 30), told(100, 31)]).toEqual([false, true, true, false])
})
