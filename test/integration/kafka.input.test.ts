import { randomUUID } from 'node:crypto'
import kafkajs, { type Kafka, type Message } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { type KafkaLimits, kafkaStream } from '#src/stream/kafka/kafka.ts'
import type { Stream } from '#src/stream/stream.ts'
import { numbered, Stand, type Tap, Told } from '#test/contract/stream/stand.ts'
import { hurried } from './kafka.harness.ts'

const part = inject('kafka')
const brokers = 'brokers' in part ? [...part.brokers] : []
const { GZIP, ZSTD } = kafkajs.CompressionTypes
/** The library's own patience makes a test wait. */
const retry = { initialRetryTime: 20, retries: 20 }
const ends: (() => Promise<void>)[] = []
let calls: string
let told: Told
let foreign: Kafka

beforeEach(() => {
  calls = `${randomUUID().slice(0, 8)}-calls`
  told = new Told()
  foreign = new kafkajs.Kafka({ brokers, clientId: 'foreign', logLevel: kafkajs.logLevel.NOTHING, retry })
})

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

describe.skipIf('skipped' in part)('what foreign producers write', () => {
  for (const [name, compression] of Object.entries({ GZIP, ZSTD })) {
    test(`compressed (${name}), with any key and header`, async () => {
      const stream = await open({})
      const keys = [null, Buffer.alloc(0), Buffer.alloc(4), Buffer.from([255, 254, 0]), Buffer.from('text')]
      const messages = keys.map((key, index) => ({
        key,
        value: Buffer.from(`v${index}`),
        partition: 0,
        headers: index === 4 ? { trace: 'a', many: ['b', 'c'], __proto__x: 'd' } : {},
      }))
      await send(messages, { compression })
      const { records } = await read(stream, 5)
      expect(records.map(({ value }) => Buffer.from(value).toString())).toEqual(['v0', 'v1', 'v2', 'v3', 'v4'])
      expect(records.map(({ key }) => key)).toEqual([null, '', '\0\0\0\0', '\ufffd\ufffd\0', 'text'])
      expect(records.map(({ headers }) => headers && { ...headers })).toEqual([
        ...Array(4).fill(null),
        { trace: 'a', many: 'b', __proto__x: 'd' },
      ])
    })
  }

  test('transactions side by side: nothing that was aborted, all that was committed', async () => {
    const stream = await open({})
    const [one, two, three] = await Promise.all(['one', 'two', 'three'].map(transactions))
    for (let round = 1; round <= 2; round++) {
      const begun = await Promise.all([one!, two!, three!].map((producer) => producer.transaction()))
      for (let index = 1; index <= 4; index++) {
        for (const [which, transaction] of begun.entries()) {
          const key = Buffer.alloc(4)
          await transaction.send({
            topic: calls,
            messages: [{ key, value: `${which === 2 ? 'good' : 'bad'}${round}.${index}`, partition: 0 }],
          })
        }
      }
      await begun[1]!.abort()
      await begun[0]!.abort()
      await begun[2]!.commit()
    }
    await send([{ key: null, value: 'end', partition: 0 }])
    const tap = await read(stream, 9)
    expect(tap.texts()).toEqual([...[1, 2].flatMap((round) => numbered(4, `good${round}.`)), 'end'])
    // Also for a reader that starts in the middle of what was aborted.
    for (const from of tap.records.slice(1, 4)) {
      const late = await readFrom(stream, from.position - 1, `late.${from.position}`)
      await until(() => late.texts().at(-1) === 'end')
      expect(late.texts().filter((text) => text.startsWith('bad'))).toEqual([])
    }
  })

  test('retention that passes a reader in the middle of its work is told as a gap', async () => {
    const stream = await open({ queueBytes: 1, fetchBytesPerPartition: 1 })
    const gate = Promise.withResolvers<void>()
    ends.push(async () => gate.resolve())
    const seen: number[] = []
    await send([{ key: null, value: 'first', partition: 0 }])
    await stream.drain({
      stage: 'slow',
      inputs: ['calls'],
      batch: { records: 1, waitMs: 0 },
      open: async () => ({
        take: async (records) => {
          seen.push(...records.map(({ position }) => position))
          await gate.promise
        },
        close: async () => {},
      }),
    })
    await until(() => seen.length === 1)
    for (let index = 0; index < 20; index++) await send([{ key: null, value: 'more', partition: 0 }])
    const admin = foreign.admin()
    await admin.connect()
    await admin.fetchTopicOffsets(calls)
    await admin.deleteTopicRecords({ topic: calls, partitions: [{ partition: 0, offset: '15' }] })
    await admin.disconnect()
    gate.resolve()
    await until(() => seen.at(-1) === 20)
    const [gap] = told.gaps
    expect(gap).toMatchObject({ stage: 'slow', to: 15 })
    // What was read before the records were deleted is not missing.
    const before = Array.from({ length: gap!.from }, (_, index) => index)
    expect(seen).toEqual([...before, 15, 16, 17, 18, 19, 20])
    expect(told.gaps).toHaveLength(1)
  })

  test('a batch that would become too large is told as a gap, and the rest is read', async () => {
    const stream = await open({ decompressedBytes: 1024 * 1024 })
    await send([{ key: null, value: 'before', partition: 0 }])
    const bomb = Buffer.alloc(2 * 1024 * 1024)
    await send(
      [1, 2, 3].map(() => ({ key: null, value: bomb, partition: 0 })),
      { compression: GZIP },
    )
    await send([{ key: null, value: 'after', partition: 0 }])
    const tap = await read(stream, 2)
    expect(tap.texts()).toEqual(['before', 'after'])
    expect(told.gaps).toEqual([{ stage: 'tap.calls', source: `${calls}/0`, from: 1, to: 4 }])
  })
})

async function open(limits: Partial<KafkaLimits>): Promise<Stream> {
  const stream = kafkaStream({
    brokers,
    topics: { calls, prefix: `${calls}.` },
    groupPrefix: calls,
    create: { callsPartitions: 1, internalPartitions: 1, replicationFactor: 1 },
    limits: { ...hurried, ...limits },
    events: told,
  })
  ends.push(() => stream.close())
  await stream.prepare()
  return stream
}

async function send(messages: Message[], options: { compression?: number } = {}): Promise<void> {
  const producer = foreign.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  await producer.send({ topic: calls, messages, ...options })
  await producer.disconnect()
}

async function transactions(name: string) {
  const producer = foreign.producer({
    transactionalId: `${calls}-${name}`,
    maxInFlightRequests: 1,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  ends.push(() => producer.disconnect())
  return producer
}

async function read(stream: Stream, count: number): Promise<Tap> {
  const tap = await new Stand(unused).tap(stream, 'calls')
  await until(() => tap.records.length >= count)
  return tap
}

/** A reader whose committed position is this one. */
async function readFrom(stream: Stream, position: number, stage: string): Promise<Tap> {
  const committed = Promise.withResolvers<void>()
  const before = await stream.drain({
    stage,
    inputs: ['calls'],
    batch: { records: 1, waitMs: 0 },
    open: async (opening) => ({
      take: () => opening.commit(position, '').then(committed.resolve, committed.reject),
      close: async () => {},
    }),
  })
  await committed.promise
  await before.stop()
  return new Stand(unused).tap(stream, 'calls', stage)
}

const unused = {
  patienceMs: 30_000,
  open: () => Promise.reject(new Error('unused')),
  reopen: () => Promise.reject(new Error('unused')),
  overflow: async () => {},
  dispose: async () => {},
}

async function until(check: () => boolean): Promise<void> {
  const deadline = Date.now() + unused.patienceMs
  while (!check()) {
    if (Date.now() > deadline) throw new Error(`waited ${unused.patienceMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
