import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { decodeMessages } from '#src/stream/kafka/decoding.ts'

const load = createRequire(import.meta.url)

interface Encoder {
  readonly buffer: Buffer
}

/** The library's own encoders, so that what is decoded is what is written. */
const Decoder = load('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => Parameters<typeof decodeMessages>[0]
const { RecordBatch } = load('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (options: object) => Promise<Encoder>
}
const toRecord = load('kafkajs/src/protocol/recordBatch/record/v0') as (options: object) => Encoder

async function batch(firstOffset: number, values: readonly string[], compression = 0): Promise<Buffer> {
  const records = values.map((value, offsetDelta) => toRecord({ offsetDelta, timestampDelta: 0, key: null, value }))
  const options = { compression, firstOffset, lastOffsetDelta: Math.max(values.length, 1) - 1, producerId: 7 }
  return Buffer.from((await RecordBatch({ ...options, firstTimestamp: 1, maxTimestamp: 1, records })).buffer)
}

const decode = (...batches: Buffer[]) => {
  const all = Buffer.concat(batches)
  const size = Buffer.alloc(4)
  size.writeInt32BE(all.length)
  return decodeMessages(new Decoder(Buffer.concat([size, all])))
}

const seen = async (...batches: Buffer[]) =>
  (await decode(...batches)).map((message) => message.value?.toString() ?? message.undecodable ?? 'control')

test('records of several batches, in order', async () => {
  expect(await seen(await batch(0, ['a', 'b']), await batch(2, ['c'], 1))).toEqual(['a', 'b', 'c'])
})

test('a batch that was cut off is left for the next fetch', async () => {
  const last = await batch(2, ['c'])
  expect(await seen(await batch(0, ['a', 'b']), last.subarray(0, last.length - 1))).toEqual(['a', 'b'])
  expect(await seen(last.subarray(0, 30))).toEqual([])
})

test('a batch of 150,000 records', async () => {
  const records = await decode(await batch(0, Array(150_000).fill('')))
  expect(records).toHaveLength(150_000)
  expect(records.at(-1)!.offset).toBe(149_999)
})

test('a batch that compaction has emptied moves the position on', async () => {
  const empty = await batch(5, [])
  const [message] = await decode(empty)
  expect(message).toMatchObject({ offset: 5, isControlRecord: true })
})

test('a batch that cannot be decompressed stands alone', async () => {
  const broken = await batch(1, ['x', 'y', 'z'], 1)
  broken.fill(0, 70)
  const [one, two, three] = await seen(await batch(0, ['a']), broken, await batch(4, ['b']))
  expect([one, three]).toEqual(['a', 'b'])
  expect(two).toMatchObject({ from: 1, to: 4, reason: expect.stringMatching(/stored block|header|incorrect/) })
})

test('a codec that is missing is not taken for a broken batch', async () => {
  const snappy = await batch(0, ['a'], 1)
  snappy.writeInt16BE(2, 21)
  await expect(decode(snappy)).rejects.toThrow(/snappy/i)
})
