import { describe, expect, test } from 'vitest'
import newEdge from '#detectors/new-edge/detector.ts'
import newOrigin from '#detectors/new-origin/detector.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import { addCall, emptyTally, type Tally } from '#src/baseline/tally.ts'
import type { Detector } from '#src/detection/detector.ts'
import { planOf } from '#src/detection/plan.ts'
import { checkpoint, restore } from '#src/stage/judge/checkpoint.ts'
import { closeTick } from '#src/stage/judge/close.ts'
import { type Entity, Shard } from '#src/stage/judge/shard.ts'
import { callOf } from '#test/fakes/call.ts'

const calendar = calendarOf(10_000)
const DAY = 8640
const PLAN = planOf(
  ([newEdge, newOrigin] as readonly unknown[] as readonly Detector[]).map((detector) => ({
    detector,
    params: detector.params.parse({}),
  })),
  1,
  1,
)

function shardOf(): Shard {
  return new Shard(0, PLAN, calendar, { endpoint: 100, identity: 1000 }, () => 1)
}

function endpoint(name: string): string {
  return keyOf(endpointRef('s', 'GET', `/${name}`))
}

function tallyOf(names: readonly string[]): Tally {
  const tally = emptyTally(PLAN.identity.layout)
  for (const name of names)
    addCall(PLAN.identity.layout, tally, callOf({ clientIp: '192.0.2.1' }), `id-${name}`, 1, endpoint(name))
  return tally
}

/** Closes a tick in which these identities called these endpoints. */
function close(shard: Shard, tick: number, who: readonly (readonly [string, readonly string[]])[]): readonly Entity[] {
  const tallies = new Map(who.map(([name, names]) => [shard.entity('identity', name), tallyOf(names)] as const))
  return closeTick(shard, calendar, tick, tallies, new Set(), () => {})
}

function announce(shard: Shard, ...announced: readonly (readonly [key: string, tick: number])[]): void {
  shard.peers.identity.announce(announced.map(([key, tick]) => ({ key, tick })))
}

function known(shard: Shard): unknown {
  return [...(shard.peers.identity.names.get('edges') ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
}

describe('what the identities of a shard have met', () => {
  test('is known to all of them, once for each, in whatever order they come', () => {
    const who = [
      ['a', ['x', 'y', 'x']],
      ['b', ['x']],
      ['c', ['x', 'z']],
    ] as const
    const [forth, back] = [shardOf(), shardOf()]
    for (const tick of [1, 2]) close(forth, tick, who)
    for (const tick of [1, 2]) close(back, tick, who.toReversed())
    expect(known(forth)).toEqual(known(back))
    expect(known(forth)).toEqual([
      [endpoint('x'), { oldFrom: 0, met: 3 }],
      [endpoint('y'), { oldFrom: 0, met: 1 }],
      [endpoint('z'), { oldFrom: 0, met: 1 }],
    ])
  })

  test('is young for a day, unless it was met in their first twelve hours', () => {
    const shard = shardOf()
    close(shard, 100, [['a', ['x']]])
    close(shard, 100 + DAY / 2 - 1, [['a', ['y']]])
    close(shard, 100 + DAY / 2, [['a', ['z']]])
    close(shard, 100 + DAY, [['b', ['z']]])
    expect(known(shard)).toEqual([
      [endpoint('x'), { oldFrom: 0, met: 1 }],
      [endpoint('y'), { oldFrom: 0, met: 1 }],
      [endpoint('z'), { oldFrom: 100 + DAY / 2 + DAY, met: 2 }],
    ])
  })

  test('is what was announced to all, too: as old as it is anywhere, though none of them has met it', () => {
    const shard = shardOf()
    announce(shard, [endpoint('before'), 90])
    close(shard, 100, [['a', ['x']]])
    announce(shard, [endpoint('early'), 100 + DAY / 2 - 1])
    announce(shard, [endpoint('late'), 100 + DAY / 2])
    announce(shard, [endpoint('x'), 100 + DAY])
    close(shard, 100 + DAY, [['a', ['late']]])
    announce(shard, [endpoint('late'), 100 + 2 * DAY])
    expect(known(shard)).toEqual([
      [endpoint('before'), { oldFrom: 0, met: 0 }],
      [endpoint('early'), { oldFrom: 0, met: 0 }],
      [endpoint('late'), { oldFrom: 100 + DAY / 2 + DAY, met: 1 }],
      [endpoint('x'), { oldFrom: 0, met: 1 }],
    ])
    // Networks are nobody's endpoints.
    expect([...(shard.peers.identity.names.get('origins') ?? [])].map(([name]) => name)).not.toContain(endpoint('late'))
  })

  test('stays within its bound, whatever is announced', () => {
    const shard = shardOf()
    close(shard, 1, [['a', ['met']]])
    const many = Array.from({ length: 12_000 }, (_, i) => [endpoint(`f${i}`), 2] as const)
    for (let i = 0; i < many.length; i += 1000) announce(shard, ...many.slice(i, i + 1000))
    const names = shard.peers.identity.names.get('edges')
    expect(names?.size).toBeLessThanOrEqual(10_000)
    expect(names?.has(endpoint('f11999'))).toBe(true)
  })

  test('stays within its bound: what only one has met gives its place away, what is shared stays', () => {
    const shard = shardOf()
    close(shard, 1, [
      ['a', ['shared']],
      ['b', ['shared']],
    ])
    // A tally holds 32 names, and an identity that has met 96 things takes no more.
    for (let i = 0; i < 12_000; i += 30) {
      const names = Array.from({ length: 30 }, (_, j) => `f${i + j}`)
      close(shard, 2 + i / 30, [[`who-${Math.floor(i / 90)}`, names]])
    }
    const names = shard.peers.identity.names.get('edges')
    expect(names?.size).toBeLessThanOrEqual(10_000)
    expect(names?.size).toBeGreaterThan(8500)
    expect(names?.get(endpoint('shared'))).toEqual({ oldFrom: 0, met: 2 })
    expect(names?.has(endpoint('f11999'))).toBe(true)
  })

  test('is told once by each of them, also by one that has met more than it can remember', () => {
    const shard = shardOf()
    const many = (from: number): string[] => Array.from({ length: 32 }, (_, i) => `m${from + i}`)
    for (const tick of [1, 2, 3]) close(shard, tick, [['a', many(32 * tick)]])
    for (const tick of [4, 5, 6, 7]) close(shard, tick, [['a', ['late']]])
    const names = shard.peers.identity.names.get('edges')
    expect(names?.get(endpoint('m32'))).toEqual({ oldFrom: 0, met: 1 })
    expect(names?.has(endpoint('late'))).toBe(false)
  })

  test('survives a checkpoint, and so does what each of them has met', () => {
    const shard = shardOf()
    const state = new Map<string, Uint8Array>()
    const save = (judged: readonly Entity[]): void => {
      for (const { key, value } of checkpoint(PLAN, new Map([[0, shard]]), judged, 0, null)) {
        if (value === null) state.delete(key)
        else state.set(key, value)
      }
    }
    for (let tick = 0; tick < 600; tick += 1) {
      const judged = close(shard, tick, [
        ['a/b', ['x', `t${tick % 70}`]],
        ['c', ['x/y', 'x']],
      ])
      if (tick % 7 === 0 || tick === 599) save(judged)
    }
    const again = shardOf()
    restore(PLAN, new Map([[0, again]]), 1, new Map(), state)
    expect(known(again)).toEqual(known(shard))
    expect(again.peers.identity.groups).toEqual(shard.peers.identity.groups)
    for (const name of ['a/b', 'c']) {
      const [before, after] = [shard, again].map((one) => one.entity('identity', name)) as [Entity, Entity]
      const rowOf = ({ rows, row }: Entity) => [
        rows.numbers.slice(row * rows.width, (row + 1) * rows.width),
        rows.bins.slice(row * rows.binsWidth, (row + 1) * rows.binsWidth),
      ]
      expect(rowOf(after)).toEqual(rowOf(before))
    }
  })
})
