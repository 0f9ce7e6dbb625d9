import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import errorBurst from '#detectors/error-burst/detector.ts'
import getSpike from '#detectors/get-spike/detector.ts'
import latencyShift from '#detectors/latency-shift/detector.ts'
import payloadOutlier from '#detectors/payload-outlier/detector.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import { ByteWriter, Malformed } from '#src/baseline/bytes.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import { ratio } from '#src/baseline/measure.ts'
import { addCall, emptyTally } from '#src/baseline/tally.ts'
import { randomFor } from '#src/demo/random.ts'
import type { Detector } from '#src/detection/detector.ts'
import { ADMITTED, NEXT, type Plan, planOf } from '#src/detection/plan.ts'
import { ACCUMULATOR_WIDTH } from '#src/detection/surprise.ts'
import { admit, advance } from '#src/detection/watch.ts'
import { type Entity, Shard } from '#src/stage/judge/shard.ts'
import { readEntity, readPeers, writeEntity, writePeers } from '#src/stage/judge/snapshot.ts'
import { callOf } from '#test/fakes/call.ts'

const calendar = calendarOf(10_000)
const REF = endpointRef('payments', 'GET', '/v1/accounts/{id}')

function planFor(detectors: readonly unknown[]): Plan {
  const enabled = (detectors as readonly Detector[]).map((detector) => ({
    detector,
    params: detector.params.parse({}),
  }))
  return planOf(enabled, 1, 1)
}

function shardOf(plan: Plan): Shard {
  return new Shard(0, plan, calendar, { endpoint: 10, identity: 10 }, () => 1)
}

function place(plan: Plan): { entity: Entity; shard: Shard } {
  const shard = shardOf(plan)
  const entity = shard.entity('endpoint', keyOf(REF))
  entity.row = entity.rows.take()
  return { entity, shard }
}

/** An entity with three hours of random calls behind it. */
function experienced(plan: Plan, seed: number): Entity {
  const random = randomFor(seed)
  const { entity, shard } = place(plan)
  const setting = shard.setting('endpoint', false, () => {})
  admit(setting, entity, 5000)
  for (let tick = 5000; tick < 6080; tick += 1 + random.below(3)) {
    const tally = emptyTally(plan.endpoint.layout)
    for (let calls = 1 + random.below(4); calls > 0; calls -= 1) {
      const call = callOf({
        status: random.unit() < 0.02 ? 500 : 200,
        responseBytes: random.below(90_000),
        durationMs: 20,
      })
      addCall(plan.endpoint.layout, tally, call, `id-${random.word()}`, random.word(), 'who')
    }
    advance(setting, entity, tick, tally)
  }
  return entity
}

function restored(plan: Plan, bytes: Uint8Array): Entity {
  const { entity, shard } = place(plan)
  readEntity(
    bytes,
    shard.setting('endpoint', false, () => {}),
    entity,
  )
  return entity
}

/** All that an entity knows of one measure or of one detector. */
function partOf(plan: Plan, entity: Entity, name: string): unknown {
  const base = entity.row * plan.endpoint.width
  const { numbers, bins, binsWidth } = entity.rows
  const ends = [
    ...plan.endpoint.slots.map(({ at }) => at),
    ...plan.endpoint.watches.map(({ at }) => at),
    plan.endpoint.width,
  ].sort((a, b) => a - b)
  const slice = (at: number): number[] => [...numbers.slice(base + at, base + (ends.find((end) => end > at) ?? 0))]
  const slot = plan.endpoint.slots.find((one) => one.name === name)
  const watch = plan.endpoint.watches.find((one) => one.detector.name === name)
  return {
    slot: slot === undefined ? null : slice(slot.at),
    bins:
      slot === undefined ? null : [...bins.slice(entity.row * binsWidth + slot.binsAt).slice(0, slot.kind.binsWidth)],
    watch: watch === undefined ? null : slice(watch.at),
    examples: watch === undefined ? null : entity.examples[watch.index],
  }
}

const ALL = planFor([errorBurst, getSpike, payloadOutlier])
const WITH_CONTEXT = planFor([errorBurst, getSpike, payloadOutlier, latencyShift])
const NAMES = ['errors', 'gets', 'request sizes', 'response sizes', 'error-burst', 'get-spike', 'payload-outlier']

describe('the state of an entity', () => {
  test('is what it was after it was written and read', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { width } = WITH_CONTEXT.endpoint
        const entity = experienced(WITH_CONTEXT, seed)
        const again = restored(WITH_CONTEXT, writeEntity(new ByteWriter(), WITH_CONTEXT.endpoint, entity))
        expect(again.rows.numbers.slice(again.row * width, (again.row + 1) * width)).toEqual(
          entity.rows.numbers.slice(entity.row * width, (entity.row + 1) * width),
        )
        for (const name of [...NAMES, 'durations'])
          expect(partOf(WITH_CONTEXT, again, name), name).toEqual(partOf(WITH_CONTEXT, entity, name))
      }),
      { numRuns: 10 },
    )
  })

  const upgrades = [
    [
      'adds one',
      [errorBurst, getSpike],
      [errorBurst, getSpike, payloadOutlier],
      ['errors', 'gets', 'error-burst', 'get-spike'],
    ],
    [
      'drops one',
      [errorBurst, getSpike, payloadOutlier],
      [errorBurst, payloadOutlier],
      ['errors', 'response sizes', 'error-burst', 'payload-outlier'],
    ],
    ['changes one for another', [errorBurst, getSpike], [getSpike, payloadOutlier], ['gets', 'get-spike']],
    ['adds one that only adds to alerts', [errorBurst], [errorBurst, latencyShift], ['errors']],
    ['drops one that only adds to alerts', [errorBurst, latencyShift], [errorBurst], ['errors']],
  ] as const

  test.for(upgrades)('keeps what the others have learned when an upgrade %s', ([, before, after, kept]) => {
    const [from, to] = [planFor(before), planFor(after)]
    const entity = experienced(from, 7)
    const again = restored(to, writeEntity(new ByteWriter(), from.endpoint, entity))
    for (const name of kept) expect(partOf(to, again, name), name).toEqual(partOf(from, entity, name))
    const base = again.row * to.endpoint.width
    expect([again.rows.numbers[base + ADMITTED], again.rows.numbers[base + NEXT]]).toEqual([
      5000,
      entity.rows.numbers[entity.row * from.endpoint.width + NEXT],
    ])
    for (const number of again.rows.numbers) expect(number).not.toBeNaN()
  })

  test('of the version before twins keeps what was learned, and begins the evidence anew', () => {
    const entity = experienced(ALL, 11)
    const bytes = writeEntity(new ByteWriter(), ALL.endpoint, entity).slice()
    expect(bytes[0]).toBe(3)
    bytes[0] = 1
    const again = restored(ALL, bytes)
    for (const name of NAMES.slice(0, 4)) expect(partOf(ALL, again, name), name).toEqual(partOf(ALL, entity, name))
    const { entity: fresh, shard } = place(ALL)
    admit(
      shard.setting('endpoint', false, () => {}),
      fresh,
      entity.rows.numbers[entity.row * ALL.endpoint.width + NEXT] as number,
    )
    for (const name of NAMES.slice(4)) expect(partOf(ALL, again, name), name).toEqual(partOf(ALL, fresh, name))
  })

  test.for([
    [2, ACCUMULATOR_WIDTH + 3, 'begins anew'],
    [3, ACCUMULATOR_WIDTH + 8, 'is kept, without what contexts of then had added up'],
    [3, ACCUMULATOR_WIDTH, 'is kept'],
  ] as const)('of version %i with evidence of %i numbers %s, and what follows is read', ([version, width, then]) => {
    const written = new ByteWriter()
    written.varint(version)
    written.double(5000)
    written.double(6000)
    written.varint(0)
    written.varint(2)
    for (const name of ['error-burst', 'get-spike']) {
      written.text(name)
      written.varint(width)
      written.raw(new Uint8Array(Float64Array.from({ length: width }, () => 7).buffer))
      written.varint(1)
      written.signed(3)
      written.text(`call of ${name}`)
      written.text('who')
    }
    const again = restored(ALL, written.take())
    const { entity: fresh, shard } = place(ALL)
    admit(
      shard.setting('endpoint', false, () => {}),
      fresh,
      6000,
    )
    for (const name of ['error-burst', 'get-spike']) {
      if (then === 'begins anew') expect(partOf(ALL, again, name)).toEqual(partOf(ALL, fresh, name))
      else
        expect(partOf(ALL, again, name)).toMatchObject({
          watch: Array(ACCUMULATOR_WIDTH).fill(7),
          examples: [{ id: `call of ${name}` }],
        })
    }
    expect(partOf(ALL, again, 'payload-outlier')).toEqual(partOf(ALL, fresh, 'payload-outlier'))
  })

  test('of other bytes is malformed, and nothing worse', () => {
    const good = Buffer.from(writeEntity(new ByteWriter(), ALL.endpoint, experienced(ALL, 3)))
    fc.assert(
      fc.property(fc.nat(good.length - 1), (length) => {
        expect(() => restored(ALL, good.subarray(0, length))).toThrow(Malformed)
      }),
    )
  })
})

describe('the shares of a service', () => {
  /** Sorts before `errors`, so that the row of the others is shifted. */
  const denied = {
    ...errorBurst,
    name: 'a-new-one',
    measureOf: errorBurst.measureOf.map(() => 'denied'),
    measures: {
      denied: ratio(
        'denied',
        (call) => call.status === 403,
        () => true,
      ),
    },
  }

  test('survive an upgrade that adds a ratio, also when they lie somewhere in a larger buffer', () => {
    const [before, after] = [planFor([errorBurst]), planFor([errorBurst, denied])]
    const old = shardOf(before)
    old.peers.endpoint.open('payments', 5000)
    const learned = old.peers.endpoint.groups.get('payments') as Float64Array
    old.peers.endpoint.slots[0]!.common.observe(learned, 0, [3, 100], 0)
    const bytes = writePeers(new ByteWriter(), before.endpoint, learned)
    const page = Buffer.alloc(1003, 7)
    page.set(bytes, 501)
    const row = shardOf(after).peers.endpoint.open('payments', 0)
    const fresh = shardOf(after).peers.endpoint.open('payments', 0)
    readPeers(page.subarray(501, 501 + bytes.length), after.endpoint, row)
    const width = row.length / 2
    expect(row.slice(0, width)).toEqual(fresh.slice(0, width))
    expect(row.slice(width)).toEqual(learned)
    expect(row.slice(width)).not.toEqual(fresh.slice(width))
  })
})
