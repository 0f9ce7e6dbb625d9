import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import native from '#schemas/native/format.ts'
import { type Block, readBlock } from '#src/baseline/block.ts'
import { count, layoutOf, ratio } from '#src/baseline/measure.ts'
import { TIME_BOUNDS } from '#src/call/time.ts'
import { isPastExpiry } from '#src/call/token.ts'
import { collect } from '#src/stage/collect/collect.ts'
import type { CollectOptions, StepCounts } from '#src/stage/collect/options.ts'
import type { Lane, Step, StreamRecord } from '#src/stream/stream.ts'

const START = Date.UTC(2026, 10, 1, 9)
const measures = [count('gets', (call) => call.method === 'GET')]
const layouts = { endpoint: layoutOf('endpoint', measures, []), identity: layoutOf('identity', measures, []) }

function optionsOf(more: Partial<CollectOptions> = {}): CollectOptions {
  return {
    format: native,
    layouts,
    tickMs: 10_000,
    latenessMs: 60_000,
    bounds: TIME_BOUNDS,
    runStart: START + 1e10,
    shards: 4,
    requestIdsPerTick: 1000,
    recordBytes: 1000,
    ...more,
  }
}

function laneOf(options = optionsOf(), resume: number | null = null, note = ''): Lane {
  return collect(options, { records: 100, waitMs: 0 }, 10_000).open({
    source: 'calls/0',
    partition: 0,
    partitions: 3,
    partitionsOf: () => 2,
    resume,
    note,
    state: new Map(),
  })
}

function stepOf(lane: Lane, records: readonly StreamRecord[]): Step {
  const step = lane.step(records)
  if (step === null) throw new Error('collect commits every step')
  return step
}

function record(position: number, value: string, appendedAt: number | null = null): StreamRecord {
  return { source: 'calls/0', position, appendedAt, key: null, value: Buffer.from(value), headers: null }
}

function call(
  position: number,
  second: number,
  id: string | null = null,
  appendedAt: number | null = null,
): StreamRecord {
  const line = { ts: START + second * 1000, method: 'GET', path: '/a', status: 200, service: 's', identity: 'i' }
  return record(position, JSON.stringify(id === null ? line : { ...line, request_id: id }), appendedAt)
}

/** What a lane says that falls quiet 99 seconds after the start. */
function idleOf(lane: Lane): number | null | undefined {
  return blocksOf(lane.idle(START + 99_000) as Step)[0]?.watermark?.idleAt
}

function blocksOf(step: Step): Block[] {
  return step.appends.filter(({ topic }) => topic === 'tallies').map(({ value }) => readBlock(value, layouts))
}

/** Calls that endpoints were counted for, by tick since the start. */
function countsOf(steps: readonly Step[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { entries } of steps.flatMap(blocksOf)) {
    for (const { scope, tick, tally } of entries) {
      const at = tick - START / 10_000
      if (scope === 'endpoint') counts[at] = (counts[at] ?? 0) + (tally.integers[0] as number)
    }
  }
  return counts
}

describe('collect', () => {
  test('tells every partition once of each endpoint, with the tick of its first call', () => {
    const lane = laneOf()
    const first = stepOf(lane, [call(0, 15), call(1, 25)])
    const tick = START / 10_000 + 1
    const announced = [{ key: expect.stringContaining('/a'), tick }]
    expect(blocksOf(first).map((block) => block.announced)).toEqual([announced, announced])
    expect(blocksOf(stepOf(lane, [call(2, 35)])).flatMap((block) => block.announced)).toEqual([])
    const madeUp = { ts: START + 36_000, method: 'GET', path: '/made-up', status: 404, service: 's', identity: 'i' }
    expect(blocksOf(stepOf(lane, [record(3, JSON.stringify(madeUp))])).flatMap((block) => block.announced)).toEqual([])
    // Whoever takes over says it again: no shard takes it for new.
    expect(blocksOf(stepOf(laneOf(), [call(2, 35)])).flatMap((block) => block.announced)).toHaveLength(2)
  })

  test('writes to every partition, also where it has nothing for it, and says how far its source is', () => {
    const step = stepOf(laneOf(), [call(0, 5), call(1, 65)])
    const blocks = blocksOf(step)
    expect(step.appends.map(({ topic, partition }) => [topic, partition])).toEqual([
      ['tallies', 0],
      ['tallies', 1],
    ])
    for (const { watermark } of blocks)
      expect(watermark).toEqual({ source: 'calls/0', sources: 3, at: START + 5000, idleAt: null })
    expect(blocks.flatMap(({ entries }) => entries.map(({ scope, key }) => `${scope} ${key}`)).sort()).toEqual([
      'endpoint s\nGET\n/a',
      'endpoint s\nGET\n/a',
      'identity i',
      'identity i',
    ])
  })

  test('counts late calls and duplicates, and judges neither', () => {
    const seen: StepCounts[] = []
    const lane = laneOf(optionsOf({ counted: (counts) => void seen.push(counts) }))
    // The tick of second 5 ends at 10: it is late from a watermark of 10 on, that is after a call at 70.
    const step = stepOf(lane, [
      call(0, 5, 'x'),
      call(1, 6, 'x'),
      call(2, 69),
      call(3, 7, 'y'),
      call(4, 70),
      call(5, 8, 'z'),
      call(6, 12, 'x'),
    ])
    expect(countsOf([step])).toEqual({ 0: 2, 1: 1, 6: 1, 7: 1 })
    expect(Object.fromEntries(seen[0]?.fates ?? [])).toEqual({
      call: 5,
      skipped: 0,
      late: 1,
      duplicate: 1,
      rejected: 0,
    })
    expect([seen[0]?.first, seen[0]?.last]).toEqual([START + 5000, START + 70_000])
  })

  test.for([
    ['not-json', '{"ts":'],
    ['not-an-object', '[]'],
    ['wrong-shape', '{}'],
    ['time-out-of-range', '{"ts":"1970-01-02T00:00:00Z","method":"GET","path":"/a","status":200}'],
    ['time-out-of-range', '{"ts":"2099-01-01T00:00:00Z","method":"GET","path":"/a","status":200}'],
    ['status-out-of-range', `{"ts":${START},"method":"GET","path":"/a","status":0}`],
    ['too-large', 'x'.repeat(1001)],
  ] as const)('makes a dead letter of what is %s', ([reason, text]) => {
    const step = stepOf(laneOf(), [record(7, text), call(8, 1)])
    const letters = step.appends
      .filter(({ topic }) => topic === 'dead-letters')
      .map(({ value }) => JSON.parse(Buffer.from(value).toString()))
    expect(letters).toHaveLength(1)
    expect(letters[0]).toMatchObject({ source: 'calls/0', position: 7, appended_at: null, format: 'native' })
    expect(letters[0].reason).toBe(reason)
    expect(countsOf([step]), 'and loses nothing around it').toEqual({ 0: 1 })
  })

  test('measures ask for the time that is believed: a token has not run out because a clock is years ahead', () => {
    const late = [ratio('late', isPastExpiry, ({ tokenExpiresAt }) => tokenExpiresAt !== null)]
    const own = { endpoint: layoutOf('endpoint', late, []), identity: layoutOf('identity', late, []) }
    const token = { token_id: 't', token_expires_at: START / 1000 + 60 }
    const line = { ts: START + 1e12, method: 'GET', path: '/a', status: 200, ...token }
    const step = stepOf(laneOf(optionsOf({ layouts: own })), [record(0, JSON.stringify(line), START)])
    const entries = step.appends
      .filter(({ topic }) => topic === 'tallies')
      .flatMap(({ value }) => readBlock(value, own).entries)
    expect(entries.map(({ tally }) => tally.integers)).toEqual([
      [1, 0, 1],
      [1, 0, 1],
    ])
  })

  test('takes the append time where the logged one is out of range', () => {
    const line = '{"ts":4070908800000,"method":"GET","path":"/a","status":200}'
    const step = stepOf(laneOf(), [record(0, line, START + 25_000)])
    expect(countsOf([step])).toEqual({ 2: 1 })
    expect(blocksOf(step)[0]?.watermark?.at).toBe(START + 25_000 - 60_000)
  })

  test('of nothing but rubbish holds back nobody, and does so again once it has a call', () => {
    const lane = laneOf()
    const idleAt = (step: Step) => blocksOf(step)[0]?.watermark?.idleAt
    expect(idleAt(stepOf(lane, [record(0, '{', START + 7)]))).toBe(Infinity)
    expect(idleAt(stepOf(lane, [record(1, '{', null)]))).toBeNull()
    expect(idleAt(stepOf(lane, [call(2, 5)]))).toBeNull()
    expect(idleAt(stepOf(lane, [record(3, '{', START + 9)]))).toBeNull()
  })

  test('says that it is idle, but not while it reads again what it has read', () => {
    const lane = laneOf()
    const [first, second] = [call(0, 5, null, START + 6000), call(1, 8, null, START + 9000)]
    const step = stepOf(lane, [first, second])
    expect(idleOf(lane)).toBe(START + 99_000)
    const again = laneOf(optionsOf(), step.resume, step.note)
    expect(again.idle(START + 99_000)).toBeNull()
    stepOf(again, [first])
    expect(again.idle(START + 99_000)).toBeNull()
    stepOf(again, [second])
    expect(idleOf(again)).toBe(START + 99_000)
  })

  test.for<[string, StreamRecord[], number]>([
    ['nothing at all', [], Infinity],
    ['calls that nobody stamped', [call(0, 5)], Infinity],
    ['calls that were a minute old when they were appended', [call(0, 5, null, START + 65_000)], START + 99_000],
    ['calls that were older', [call(0, 5, null, START + 65_001)], Infinity],
    [
      'calls of which the latest was fresh',
      [call(0, 9, null, START + 9000), call(1, 5, null, START + 80_000)],
      START + 99_000,
    ],
    ['calls of which the latest was old', [call(0, 5, null, START + 6000), call(1, 9, null, START + 80_000)], Infinity],
  ])('of %s says when it falls quiet how time goes on', ([, records, expected]) => {
    const lane = laneOf()
    if (records.length > 0) stepOf(lane, records)
    expect(idleOf(lane)).toBe(expected)
  })

  test('refuses the note of a later version', () => {
    expect(() => laneOf(optionsOf(), 3, '{"v":2}')).toThrow('later Tidemark')
  })
})

describe('a lane that is opened again', () => {
  const logs = fc.array(
    fc.record({
      second: fc.integer({ min: 0, max: 400 }),
      id: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: null }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  const cuts = fc.array(
    fc.record({ size: fc.integer({ min: 1, max: 9 }), fate: fc.constantFrom('well', 'lost', 'reopen') }),
    { minLength: 1 },
  )

  test('counts every call exactly as one that never was, wherever it is cut', () => {
    fc.assert(
      fc.property(logs, cuts, (drawn, script) => {
        const log = drawn.map(({ second, id }, position) => call(position, second + position, id))
        const plain = stepOf(laneOf(), log)
        const steps: Step[] = []
        let lane = laneOf()
        let committed: Step | null = null
        let next = 0
        for (let i = 0; next < log.length; i += 1) {
          const { size, fate } = script[i % script.length] as { size: number; fate: string }
          const step = stepOf(lane, log.slice(next, next + size))
          next += size
          // A script of failures alone would never end.
          const isLost = fate === 'lost' && i < 100
          if (!isLost) {
            committed = step
            steps.push(step)
          }
          if (fate === 'well' || (!isLost && i >= 100)) continue
          lane = laneOf(optionsOf(), committed?.resume ?? null, committed?.note ?? '')
          next = committed?.resume ?? 0
        }
        expect(countsOf(steps)).toEqual(countsOf([plain]))
        const last = (all: Step): number | undefined => blocksOf(all).at(-1)?.watermark?.at
        expect(last(steps.at(-1) as Step)).toBe(last(plain))
      }),
    )
  })
})
