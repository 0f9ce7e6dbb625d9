import { describe, expect, test } from 'vitest'
import errorBurst from '#detectors/error-burst/detector.ts'
import getSpike from '#detectors/get-spike/detector.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import { endpointRef, isOther, keyOf } from '#src/baseline/entity.ts'
import { emptyTally, type Tally } from '#src/baseline/tally.ts'
import type { Detector } from '#src/detection/detector.ts'
import { planOf } from '#src/detection/plan.ts'
import { closeTick } from '#src/stage/judge/close.ts'
import { type Entity, Shard } from '#src/stage/judge/shard.ts'

const calendar = calendarOf(10_000)
const HOUR = 360
const PLAN = planOf(
  ([errorBurst, getSpike] as readonly unknown[] as readonly Detector[]).map((detector) => ({
    detector,
    params: detector.params.parse({}),
  })),
  1,
  1,
)

function shardOf(most: number): Shard {
  return new Shard(0, PLAN, calendar, { endpoint: most, identity: most }, () => 1)
}

function named(shard: Shard, name: string): Entity {
  return shard.entity('endpoint', keyOf(endpointRef('s', 'GET', name)))
}

function one(): Tally {
  const tally = emptyTally(PLAN.endpoint.layout)
  tally.integers[0] = 1
  return tally
}

/** Closes a tick in which these were called once each; returns who was judged. */
function close(shard: Shard, tick: number, names: readonly string[]): readonly Entity[] {
  const tallies = new Map(names.map((name) => [named(shard, name), one()] as const))
  return closeTick(shard, calendar, tick, tallies, new Set(), () => {})
}

function placed(shard: Shard): string[] {
  return [...shard.entities.endpoint.values()]
    .filter(({ row, ref }) => row >= 0 && !isOther(ref))
    .map(({ ref }) => ref.route)
    .sort()
}

describe('a shard that is full', () => {
  test('admits the same ones, in whatever order they came', () => {
    const names = Array.from({ length: 20 }, (_, i) => `/x${i}`)
    const [forth, back] = [shardOf(6), shardOf(6)]
    close(forth, 1, names)
    close(back, 1, names.toReversed())
    expect(placed(forth)).toHaveLength(6)
    expect(placed(back)).toEqual(placed(forth))
  })

  test('counts the calls of all others as those of one', () => {
    const shard = shardOf(2)
    close(shard, 1, ['/a', '/b'])
    const judged = close(shard, 2, ['/c', '/d', '/e'])
    expect(judged.map(({ ref, row }) => [isOther(ref), row >= 0])).toEqual([[true, true]])
    expect(close(shard, 3, ['/f'])).toEqual(judged)
    const [other] = judged
    const { at } = PLAN.endpoint.slots[0] ?? { at: 0 }
    // What it was judged by is a row of its own: three ticks after its admission it stands at the fourth.
    expect(
      other?.rows.numbers.slice((other?.row ?? 0) * PLAN.endpoint.width, (other?.row ?? 0) * PLAN.endpoint.width + 2),
    ).toEqual(new Float64Array([2, 4]))
    expect(other?.rows.numbers[(other?.row ?? 0) * PLAN.endpoint.width + at]).toBe(2)
  })

  test('gives the places of those that were silent for an hour to others, and forgets what they had learned', () => {
    const shard = shardOf(3)
    close(shard, 1, ['/a', '/b', '/c'])
    expect(placed(shard)).toEqual(['/a', '/b', '/c'])
    close(shard, HOUR, ['/b', '/d'])
    expect(placed(shard), 'not quite an hour').toEqual(['/a', '/b', '/c'])
    close(shard, 3 * HOUR, ['/b', '/d'])
    expect(placed(shard)).not.toContain('/a')
    expect(shard.gone.map(({ ref }) => ref.route)).toEqual(['/a'])
  })

  test('takes no place from who is seen in that very tick', () => {
    const shard = shardOf(2)
    close(shard, 1, ['/a', '/b'])
    close(shard, 5 * HOUR, ['/a', '/b', '/new'])
    expect(placed(shard)).toEqual(['/a', '/b'])
    expect(shard.gone).toEqual([])
  })

  test('makes room once a block for endpoints, and apart from that for identities', () => {
    const shard = shardOf(2)
    close(shard, 1, ['/a', '/b'])
    const present = new Map<Entity, Tally>()
    expect(shard.hasRoom('endpoint', 5 * HOUR, present)).toBe(true)
    close(shard, 5 * HOUR, ['/c'])
    expect(shard.hasRoom('endpoint', 5 * HOUR, present)).toBe(false)
    expect(shard.roomMade).toEqual({ endpoint: Math.floor((5 * HOUR) / 60), identity: -1, service: -1 })
  })

  test('keeps a name whose later tallies are open already, so that it comes back as itself', () => {
    const shard = shardOf(2)
    close(shard, 1, ['/a', '/b'])
    const a = named(shard, '/a')
    close(shard, 5 * HOUR, ['/b', '/c'])
    expect([a.row, named(shard, '/a') === a]).toEqual([-1, true])
    shard.forgetHomeless((entity) => entity === a)
    expect(named(shard, '/a') === a).toBe(true)
    shard.forgetHomeless(() => false)
    expect(shard.entities.endpoint.has(a.key)).toBe(false)
  })

  test('forgets the names for which it had no room', () => {
    const shard = shardOf(2)
    for (let tick = 1; tick < 50; tick += 1) {
      close(
        shard,
        tick,
        Array.from({ length: 100 }, (_, i) => `/${tick}-${i}`),
      )
      shard.forgetHomeless(() => false)
      expect(shard.entities.endpoint.size).toBeLessThanOrEqual(3)
    }
    expect(shard.homeless.size).toBe(0)
  })
})
