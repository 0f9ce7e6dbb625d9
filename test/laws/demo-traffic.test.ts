import fc from 'fast-check'
import { expect, it } from 'vitest'
import { attackScript, benignTrouble } from '#src/demo/script.ts'
import { callsBetween, openTraffic } from '#src/demo/traffic.ts'
import { createWorld } from '#src/demo/world.ts'

const from = Date.UTC(2026, 2, 3, 12)
const spanMs = 90_000

it('the demo traffic is one log, however it is cut', () => {
  const seeds = fc.integer({ min: 0, max: 2 ** 31 })
  const cuts = fc.array(fc.integer({ min: 0, max: spanMs }), { maxLength: 12 })
  fc.assert(
    fc.property(seeds, cuts, (seed, unsorted) => {
      const world = createWorld(seed)
      const disturbances = [...benignTrouble(from), ...attackScript(world, from + 20_000)]
      const ends = [...unsorted.sort((a, b) => a - b), spanMs]
      const whole = Array.from(callsBetween(world, from, from + spanMs, disturbances), (one) => one.line)
      const next = openTraffic(world, from, disturbances)
      const stepped = ends.flatMap((end) => Array.from(next(from + end), (one) => one.line))
      const apart = ends.flatMap((end, i) =>
        Array.from(callsBetween(world, from + (ends[i - 1] ?? 0), from + end, disturbances), (one) => one.line),
      )
      expect(stepped).toEqual(whole)
      expect(apart).toEqual(whole)
    }),
    { numRuns: 15 },
  )
})
