import { describe, expect, test } from 'vitest'
import newEdge from '#detectors/new-edge/detector.ts'
import { type Announcement, BlockWriter } from '#src/baseline/block.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import type { Detector } from '#src/detection/detector.ts'
import { layoutsOf, planOf } from '#src/detection/plan.ts'
import { Announced } from '#src/stage/judge/announced.ts'
import { JudgeLane } from '#src/stage/judge/lane.ts'
import type { Step, StreamRecord } from '#src/stream/stream.ts'

test('each endpoint is taken once, with its earliest tick, in an order of its own', () => {
  const [forth, back] = [new Announced(10), new Announced(10)]
  const all = [
    { key: 'b', tick: 7 },
    { key: 'a', tick: 7 },
    { key: 'a', tick: 5 },
    { key: 'c', tick: 9 },
  ]
  for (const one of all) forth.add(one)
  for (const one of all.toReversed()) back.add(one)
  const due = [
    { key: 'a', tick: 5 },
    { key: 'b', tick: 7 },
  ]
  expect([forth.take(9), back.take(9)]).toEqual([due, due])
  expect([forth.take(9), forth.take(10), forth.take(11)]).toEqual([[], [{ key: 'c', tick: 9 }], []])
})

test('no more wait than there is room for', () => {
  const announced = new Announced(2)
  for (const key of ['a', 'b', 'c']) announced.add({ key, tick: 1 })
  announced.add({ key: 'b', tick: 0 })
  expect(announced.take(5)).toEqual([
    { key: 'b', tick: 0 },
    { key: 'a', tick: 1 },
  ])
})

describe('a lane that hears of endpoints and has no calls of its own', () => {
  const plan = planOf([{ detector: newEdge as unknown as Detector, params: newEdge.params.parse({}) }], 1, 2)
  const endpoint = keyOf(endpointRef('shop', 'GET', '/cart'))

  function laneOf(resume: number, state: ReadonlyMap<string, Uint8Array>): JudgeLane {
    return new JudgeLane(
      {
        plan,
        calendar: calendarOf(10_000),
        latenessMs: 60_000,
        shards: 2,
        weightOf: () => 1,
        entitiesPerShard: { endpoint: 10, identity: 10 },
        openTallies: 10,
        checkpointMs: 60_000,
      },
      { source: 'tallies/0', partition: 0, partitions: 1, partitionsOf: () => 1, resume, note: '', state },
    )
  }

  function record(
    position: number,
    announced: readonly Announcement[],
    ticks: number,
    heard: readonly number[] = [],
  ): StreamRecord {
    const writer = new BlockWriter(layoutsOf(plan))
    for (const one of announced) writer.announce(one)
    const [value] = writer.finish({ source: 'calls/0', sources: 1, at: ticks * 10_000, idleAt: null }, heard)
    return { source: 'tallies/0', position, appendedAt: null, key: null, value: value as Uint8Array, headers: null }
  }

  const first = record(0, [{ key: endpoint, tick: 5 }], 5)
  const second = record(1, [], 100)
  const namesOf = (step: Step | null) =>
    (step?.state ?? []).map(({ key }) => key).filter((key) => key.includes(endpoint))

  test('keeps it until its tick is over, then in the state of each of its shards, and reads on', () => {
    const lane = laneOf(0, new Map())
    const before = lane.step([first])
    expect([before?.resume, namesOf(before)]).toEqual([0, []])
    const step = lane.step([second])
    expect(namesOf(step)).toHaveLength(2)
    expect(step?.resume).toBe(2)
  })

  test('reads it again where it ends before that', () => {
    const lane = laneOf(0, new Map())
    const blocks = [first, ...Array.from({ length: 1100 }, (_, i) => record(1 + i, [], 5))]
    const step = lane.step(blocks)
    expect(namesOf(step)).toEqual([])
    expect(step?.resume).toBe(0)
    expect(namesOf(laneOf(0, new Map()).step([...blocks, record(1101, [], 100)]))).toHaveLength(2)
  })

  test('reads on where it hears of nothing but that others are heard', () => {
    const lane = laneOf(0, new Map())
    const before = lane.step([record(0, [], 5, [5])])
    expect(before?.resume).toBe(0)
    expect(lane.step([record(1, [], 100)])?.resume).toBe(2)
  })

  test('knows after a restart in which ticks nothing was heard', () => {
    const heardIn = (step: Step | null): unknown => {
      const value = step?.state.find(({ key }) => key === 'lane')?.value
      return value == null ? null : JSON.parse(Buffer.from(value).toString()).heard
    }
    const step = laneOf(0, new Map()).step([record(0, [], 80, [70, 85]), record(1, [], 100, [90])])
    expect(heardIn(step)).toEqual([
      90,
      [
        [71, 85],
        [86, 90],
      ],
    ])
    const state = new Map((step?.state ?? []).flatMap(({ key, value }) => (value === null ? [] : [[key, value]])))
    const again = laneOf(2, state).step([record(2, [], 110, [105])])
    expect(heardIn(again)).toEqual([
      105,
      [
        [71, 85],
        [86, 90],
        [91, 105],
      ],
    ])
  })
})
