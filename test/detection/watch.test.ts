import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import payloadError from '#detectors/payload-error/detector.ts'
import payloadOutlier from '#detectors/payload-outlier/detector.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import { emptyTally, type Tally } from '#src/baseline/tally.ts'
import { randomFor } from '#src/demo/random.ts'
import type { Detector } from '#src/detection/detector.ts'
import { planOf } from '#src/detection/plan.ts'
import { admit, advance } from '#src/detection/watch.ts'
import { Shard } from '#src/stage/judge/shard.ts'

const calendar = calendarOf(10_000)
const detectors = [payloadOutlier, payloadError] as readonly unknown[] as readonly Detector[]
const PLAN = planOf(
  detectors.map((detector) => ({ detector, params: detector.params.parse({}) })),
  1,
  1,
)

/** The row of an entity after these ticks. */
function rowAfter(ticks: readonly Tally[]): Float64Array {
  const shard = new Shard(0, PLAN, calendar, { endpoint: 2, identity: 2 }, () => 1)
  const entity = shard.entity('endpoint', keyOf(endpointRef('s', 'GET', '/')))
  const setting = shard.setting('endpoint', false, () => {})
  entity.row = entity.rows.take()
  admit(setting, entity, 0)
  ticks.forEach((tally, i) => {
    advance(setting, entity, i * 20, tally)
  })
  return entity.rows.numbers.slice(entity.row * PLAN.endpoint.width, (entity.row + 1) * PLAN.endpoint.width)
}

function tallyOf(pairs: readonly (readonly [number, number])[]): Tally {
  const tally = emptyTally(PLAN.endpoint.layout)
  tally.integers[0] = pairs.reduce((sum, [, count]) => sum + count, 0)
  for (const i of tally.pairs.keys()) tally.pairs[i] = pairs.flat()
  return tally
}

describe('judging', () => {
  test('gives the same numbers to the last bit, in whatever order sizes were counted', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = randomFor(seed)
        const ticks = Array.from({ length: 40 }, () =>
          [20, 23, 25, 26, 28, 30, 58, 60, 62, 65, 70]
            .filter((bin) => random.unit() < (bin < 50 ? 0.8 : 0.2))
            .map((bin): readonly [number, number] => [bin, 1 + random.below(bin < 50 ? 60 : 1)]),
        )
        const forth = rowAfter(ticks.map(tallyOf))
        const back = rowAfter(ticks.map((pairs) => tallyOf(pairs.toReversed())))
        expect([...new Uint8Array(back.buffer)]).toEqual([...new Uint8Array(forth.buffer)])
      }),
      { numRuns: 10 },
    )
  })
})
