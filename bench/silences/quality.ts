import { randomFor } from '#src/demo/random.ts'
import { MINUTE_MS, openArrivals } from '../quality/arrivals.ts'
import { usualCall } from '../quality/calls.ts'
import { worldSizes } from '../quality/endpoints.ts'
import { createWorld } from '../quality/world.ts'
import type { Counts } from './lab.ts'

const TICK_MS = 10_000

/** The calls of each endpoint of a world of `npm run quality` without attacks and trouble: made for something else, and by another law. */
export function qualityCounts(seed: number, hours: number): Counts[] {
  const world = createWorld(seed, { ...worldSizes.small, hours, attacks: 0 })
  const arrive = openArrivals(world)
  const random = randomFor(seed, 50)
  const byEndpoint = world.endpoints.map(() => new Map<number, number>())
  const ticks = (hours * 3_600_000) / TICK_MS
  for (let start = world.from; start < world.to; start += MINUTE_MS) {
    arrive(start, (ts, identity) => {
      const { endpoint } = usualCall(world, ts, identity, random)
      const counts = byEndpoint[endpoint.index]!
      const tick = Math.floor((ts - world.from) / TICK_MS)
      if (tick < ticks) counts.set(tick, (counts.get(tick) ?? 0) + 1)
    })
  }
  return byEndpoint.map((counts) => {
    const called = [...counts].sort(([a], [b]) => a - b)
    return { ticks: Int32Array.from(called, ([tick]) => tick), calls: Int32Array.from(called, ([, k]) => k) }
  })
}
