import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32c } from '#src/stream/kafka/crc32c.ts'
import { encodeBatch } from '#src/stream/kafka/encoding.ts'
import { type BatchHead, readRecords } from '#src/stream/kafka/record.ts'

const load = createRequire(import.meta.url)

/** The library's own, which nothing has replaced in this process: what we write has to be what it writes. */
const { RecordBatch } = load('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (options: object) => Promise<{ readonly buffer: Buffer }>
}
const toRecord = load('kafkajs/src/protocol/recordBatch/record/v0') as (options: object) => unknown
const libraryCrc = load('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const record = fc.record({
  key: fc.option(fc.oneof(fc.string(), bytes)),
  value: fc.option(bytes),
  headers: fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 3, noNullPrototype: true }),
  timestampDelta: fc.nat(2 ** 31 - 1),
})

test('a batch is what the library would have written, to the byte', async () => {
  const options = fc.record({
    transactional: fc.boolean(),
    producerId: fc.nat(),
    producerEpoch: fc.nat(1000),
    firstSequence: fc.nat(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 20 }), options, async (records, given) => {
      const written = records.map((one, offsetDelta) => ({ ...one, offsetDelta }))
      const head = { ...given, firstTimestamp: 1_795_000_000_000, maxTimestamp: 1_795_000_000_001 }
      const all = { ...head, lastOffsetDelta: records.length - 1 }
      const theirs = await RecordBatch({ ...all, records: written.map(toRecord) })
      const ours = await encodeBatch({ ...all, records: written })
      expect(Buffer.from(ours.buffer).equals(theirs.buffer)).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('the checksum is that of RFC 3720, and the library’s, from any place on', () => {
  expect(crc32c(Buffer.from('123456789'), 0, 9)).toBe(0xe3069283)
  expect(crc32c(Buffer.alloc(32), 0, 32)).toBe(0x8a9136aa)
  fc.assert(
    fc.property(bytes, fc.nat(7), (buffer, from) => {
      const start = Math.min(from, buffer.length)
      expect(crc32c(buffer, start, buffer.length)).toBe(libraryCrc(buffer.subarray(start)))
    }),
  )
})

const head: BatchHead = {
  from: 40,
  firstTimestamp: 1000,
  appendTime: null,
  count: 2,
  isControlRecord: false,
  batchContext: { producerId: '7', inTransaction: true },
}

async function body(records: readonly object[], compression = 0): Promise<Buffer> {
  const written = records.map((one, offsetDelta) => ({ ...one, offsetDelta }))
  return Buffer.from((await encodeBatch({ records: written, compression })).buffer.subarray(61))
}

test('what is written reads as it was: absent is not empty, and times count from the first', async () => {
  const records = [
    { key: null, value: Buffer.alloc(0), timestampDelta: 0 },
    { key: 'k', value: null, timestampDelta: 250, headers: JSON.parse('{"__proto__":"x","b":["1","2"]}') },
  ]
  const [first, second] = readRecords(await body(records), head)
  expect(first).toMatchObject({ offset: 40, timestamp: 1000, key: null, headers: undefined })
  expect(first!.value).toEqual(Buffer.alloc(0))
  expect(second).toMatchObject({ offset: 41, timestamp: 1250, value: null })
  expect(Object.entries(second!.headers!).map(([name, value]) => `${name}=${String(value)}`)).toEqual([
    '__proto__=x',
    'b=1',
  ])
})

test('where the broker stamps records its time is that of all', async () => {
  const records = [{ value: 'a' }, { value: 'b', timestampDelta: 9 }]
  const times = readRecords(await body(records), { ...head, appendTime: 5 }).map(({ timestamp }) => timestamp)
  expect(times).toEqual([5, 5])
})

test('a batch that is cut or lies about its lengths is refused', async () => {
  const whole = await body([{ value: 'abc' }, { value: 'def' }])
  for (let length = 0; length < whole.length; length++) {
    expect(() => readRecords(whole.subarray(0, length), head)).toThrow(/batch/)
  }
  const lying = Buffer.from(whole)
  lying[0] = lying[0]! + 2
  expect(() => readRecords(lying, head)).toThrow(/ends/)
})
