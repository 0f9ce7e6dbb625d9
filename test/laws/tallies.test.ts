import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Announcement,
  BlockWriter,
  PIECE_BYTES,
  readBlock,
  type TallyEntry,
  type Watermark,
} from '#src/baseline/block.ts'
import { Malformed } from '#src/baseline/bytes.ts'
import {
  breadth,
  type Counted,
  count,
  distinct,
  durations,
  layoutOf,
  novel,
  ratio,
  sizes,
  tokens,
} from '#src/baseline/measure.ts'
import { addCall, COUNT_MAX, emptyTally, mergeTally, type Tally } from '#src/baseline/tally.ts'
import { Together } from '#src/baseline/together.ts'
import { addSampled, mergeSample, type Sampled } from '#src/sketch/sample.ts'
import { callOf } from '#test/fakes/call.ts'

const measures = [
  count('gets', (call) => call.method === 'GET'),
  ratio(
    'errors',
    (call) => call.status >= 500,
    (call) => call.method === 'GET',
  ),
  sizes('responses', (call) => call.responseBytes),
  novel('edges', (call, key) => (call.status === 503 ? null : key), 'young'),
  distinct('sizes', (call) => (call.responseBytes === null ? null : String(call.responseBytes % 50))),
  breadth(
    'failing',
    (call, key) => (call.status >= 500 ? key : null),
    () => true,
  ),
  durations('durations', (call) => call.responseBytes),
  tokens('tokens', (call) => call.status !== 503),
]
const samples = [{ name: 'all', rank: (_: unknown, hash: number) => hash }]
const layouts = { endpoint: layoutOf('endpoint', measures, samples), identity: layoutOf('identity', measures, samples) }
const layout = layouts.endpoint

/** Few ids, ranks and names, so that they meet. A rank belongs to its id, as a hash does. */
const calls = fc.array(
  fc.record({
    id: fc.nat(15).map(String),
    who: fc.constantFrom('a', 'b', 'c', 'w'),
    method: fc.constantFrom('GET', 'POST'),
    status: fc.constantFrom(200, 503),
    responseBytes: fc.option(fc.nat(1_000_000), { nil: null }),
    tokenId: fc.constantFrom(null, 't-1', 't-2'),
    tokenExpiresAt: fc.constantFrom(null, 1000, 9e9),
    clientIp: fc.constantFrom(null, '192.0.2.1', '198.51.100.1'),
  }),
  { maxLength: 40 },
)
type Drawn = typeof calls extends fc.Arbitrary<infer T> ? T : never
const NO_TOKEN = { tokenId: null, tokenExpiresAt: null, clientIp: null }
const ONE: Drawn[number] = { id: '1', who: 'a', method: 'GET', status: 200, responseBytes: 5, ...NO_TOKEN }

function tallyOf(drawn: Drawn, of = layout): Tally {
  const tally = emptyTally(of)
  for (const { id, who, ...fields } of drawn) addCall(of, tally, callOf(fields), id, Number(id) % 4, who)
  return tally
}

/** Bins lie in the order of their first use, which says nothing. */
function canonical(tally: Tally): unknown {
  const sorted = tally.pairs.map((bins) => {
    const pairs: (readonly [number, number])[] = []
    for (let i = 0; i < bins.length; i += 2) pairs.push([bins[i] as number, bins[i + 1] as number])
    return pairs.sort(([a], [b]) => a - b)
  })
  return { integers: tally.integers, pairs: sorted, names: tally.names, samples: tally.samples }
}

describe('tallies', () => {
  test('merge to the same, however the calls are split and in whatever order', () => {
    fc.assert(
      fc.property(calls, fc.array(fc.nat(3), { minLength: 40, maxLength: 40 }), fc.nat(), (drawn, parts, turn) => {
        const whole = tallyOf(drawn)
        const split = [0, 1, 2, 3].map((part) => tallyOf(drawn.filter((_, i) => parts[i] === part)))
        const rotated = [...split.slice(turn % 4), ...split.slice(0, turn % 4)]
        const flat = emptyTally(layout)
        for (const part of rotated) mergeTally(layout, flat, part)
        expect(canonical(flat)).toEqual(canonical(whole))
        const [a, b, c, d] = split as [Tally, Tally, Tally, Tally]
        mergeTally(layout, a, b)
        mergeTally(layout, c, d)
        mergeTally(layout, c, a)
        expect(canonical(c)).toEqual(canonical(whole))
      }),
    )
  })

  test('of a service are as if its calls had been counted for it, of what it is judged by', () => {
    const some = fc.subarray(measures, { minLength: 1 })
    fc.assert(
      fc.property(
        calls,
        some,
        fc.boolean(),
        fc.array(fc.nat(3), { minLength: 40, maxLength: 40 }),
        (drawn, own, sampled, parts) => {
          const service = layoutOf('service', own, sampled ? samples : [])
          const together = new Together(service, layout)
          const sum = emptyTally(service)
          for (const part of [2, 0, 3, 1]) together.add(sum, tallyOf(drawn.filter((_, i) => parts[i] === part)))
          expect(canonical(sum)).toEqual(canonical(tallyOf(drawn, service)))
        },
      ),
    )
    const unknown = layoutOf('service', [count('posts', (call) => call.method === 'POST')], [])
    expect(() => new Together(unknown, layout)).toThrow(/posts/)
  })

  test('stay exact where counts saturate', () => {
    const one = emptyTally(layout)
    one.integers[0] = COUNT_MAX
    const two = tallyOf([ONE])
    mergeTally(layout, one, two)
    mergeTally(layout, two, one)
    expect([one.integers[0], two.integers[0]]).toEqual([COUNT_MAX, COUNT_MAX])
  })

  test('are not written to by being merged from', () => {
    fc.assert(
      fc.property(calls, calls, calls, (first, second, third) => {
        const from = tallyOf(second)
        const before = structuredClone(from)
        const into = tallyOf(first)
        mergeTally(layout, into, from)
        mergeTally(layout, into, tallyOf(third))
        expect(from).toEqual(before)
      }),
    )
  })

  test('hold samples that are idempotent', () => {
    const drawnSample = fc.array(
      fc.record({
        rank: fc.integer({ min: -3, max: 3 }),
        id: fc.constantFrom('x', 'y', 'z', 'u', 'v'),
        who: fc.string({ maxLength: 2 }),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(drawnSample, fc.nat(), (drawn, turn) => {
        const sample: Sampled[] = []
        for (const { rank, id, who } of drawn) addSampled(sample, rank, id, who)
        const again = structuredClone(sample)
        mergeSample(again, sample)
        for (const { rank, id, who } of [...drawn.slice(turn % 60), ...drawn].reverse())
          addSampled(again, rank, id, who)
        expect(again).toEqual(sample)
      }),
    )
  })
})

describe('blocks', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '\u0000', 'é'.repeat(70_000), '😀'.repeat(9)),
  )
  const entries = fc.array(
    fc.record({
      shard: fc.nat(1023),
      scope: fc.constantFrom<Counted>('endpoint', 'identity'),
      key: text,
      tick: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
      tally: calls.map(tallyOf),
    }),
    { maxLength: 12 },
  )
  const time = fc.oneof(fc.constantFrom(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY), fc.integer())
  const watermarks: fc.Arbitrary<Watermark> = fc.record({
    source: fc.string({ unit: 'binary' }),
    sources: fc.nat(10_000),
    at: time,
    idleAt: fc.option(time, { nil: null }),
  })

  const announcements = fc.array(
    fc.record({ key: fc.string({ unit: 'binary' }), tick: fc.integer({ min: -1e9, max: 1e9 }) }),
    { maxLength: 5 },
  )

  const ticks = fc.uniqueArray(fc.integer(), { maxLength: 5 }).map((drawn) => drawn.sort((a, b) => a - b))

  type Said = readonly [announced?: readonly Announcement[], heard?: readonly number[]]
  function write(drawn: readonly TallyEntry[], watermark: Watermark, ...[announced = [], heard = []]: Said) {
    const writer = new BlockWriter(layouts)
    for (const { shard, scope, key, tick, tally } of drawn) writer.add(shard, scope, key, tick, tally)
    for (const one of announced) writer.announce(one)
    return writer.finish(watermark, heard)
  }

  test('read as they were written, whatever the texts and however many pieces', () => {
    fc.assert(
      fc.property(entries, watermarks, announcements, ticks, (drawn, watermark, announced, heard) => {
        const pieces = write(drawn, watermark, announced, heard)
        const read = pieces.map((piece) => readBlock(piece, layouts))
        expect(read.flatMap((block) => block.entries)).toEqual(drawn)
        expect(read.flatMap((block) => block.announced)).toEqual(announced)
        expect(read.at(-1)?.watermark).toEqual(watermark)
        expect(read.at(-1)?.heard).toEqual(heard)
        expect(read.slice(0, -1).every((block) => block.watermark === null)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test('are cut into pieces of the size that records may have, each readable alone', () => {
    const tally = tallyOf([{ ...ONE, who: 'w' }])
    const drawn = Array.from(
      { length: 60_000 },
      (_, i): TallyEntry => ({ shard: i % 8, scope: 'endpoint', key: `s\nGET\n/${i}`, tick: i, tally }),
    )
    const pieces = write(drawn, { source: 's', sources: 1, at: 5, idleAt: null })
    expect(pieces.length).toBeGreaterThan(2)
    for (const piece of pieces) expect(piece.length).toBeLessThan(PIECE_BYTES + 64 * 1024)
    expect(pieces.toReversed().flatMap((piece) => readBlock(piece, layouts).entries)).toHaveLength(drawn.length)
  })

  test('of other bytes are malformed, and nothing worse', () => {
    const good = fc
      .tuple(entries, watermarks, announcements)
      .map(([drawn, watermark, announced]) => Buffer.from(write(drawn, watermark, announced)[0] as Uint8Array))
    const mangled = fc.tuple(good, fc.nat(), fc.nat(255), fc.nat()).map(([bytes, at, value, end]) => {
      const copy = Buffer.from(bytes)
      copy[at % copy.length] = value
      return copy.subarray(0, end % 3 === 0 ? end % copy.length : copy.length)
    })
    let refused = 0
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mangled), (bytes) => {
        try {
          const { watermark, entries: read } = readBlock(bytes, layouts)
          expect(Number.isNaN(watermark?.at)).toBe(false)
          for (const { tally } of read) {
            for (let i = 0; i < (tally.pairs[0]?.length ?? 0); i += 2) expect(tally.pairs[0]?.[i]).toBeLessThan(128)
          }
        } catch (error) {
          if (!(error instanceof Malformed)) throw error
          refused += 1
        }
      }),
      { numRuns: 1000 },
    )
    expect(refused).toBeGreaterThan(100)
  })

  test('of a process with other detectors keep what both of them count', () => {
    const writer = layoutOf(
      'endpoint',
      [
        count('a', () => true),
        count('gone', () => true),
        ratio(
          'r',
          () => true,
          () => true,
        ),
      ],
      [],
    )
    const reader = layoutOf(
      'endpoint',
      [
        ratio(
          'r',
          () => true,
          () => true,
        ),
        count('fresh', () => true),
        count('a', () => true),
      ],
      [],
    )
    const identity = layoutOf('identity', [], [])
    const blocks = new BlockWriter({ endpoint: writer, identity })
    // Calls, then a and gone, then part and whole of r.
    blocks.add(3, 'endpoint', 'svc\nGET\n/', 7, { integers: [9, 4, 5, 2, 8], pairs: [], names: [], samples: [] })
    const [piece] = blocks.finish({ source: 's', sources: 1, at: 5, idleAt: null }, [])
    const { entries } = readBlock(piece as Uint8Array, { endpoint: reader, identity })
    // Calls, then a and fresh, then part and whole of r.
    expect(entries.map(({ tally }) => tally.integers)).toEqual([[9, 4, 0, 2, 8]])
  })
})
