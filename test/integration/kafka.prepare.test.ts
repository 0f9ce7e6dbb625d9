import { randomUUID } from 'node:crypto'
import kafkajs, { type ITopicConfig } from 'kafkajs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { type KafkaOptions, kafkaStream } from '#src/stream/kafka/kafka.ts'
import { counted, counter, lines, numbered, Stand } from '#test/contract/stream/stand.ts'
import { hurried } from './kafka.harness.ts'

const part = inject('kafka')
const brokers = 'brokers' in part ? part.brokers : []
const sasl = 'brokers' in part ? part.sasl : undefined
const admin = new kafkajs.Kafka({ brokers, clientId: 'harness' }).admin()
const ends: (() => Promise<void>)[] = []
let run: string
let options: KafkaOptions

beforeEach(() => {
  run = randomUUID().slice(0, 8)
  options = {
    brokers,
    topics: { calls: `${run}-calls`, prefix: `${run}.` },
    groupPrefix: run,
    create: { callsPartitions: 2, internalPartitions: 1, replicationFactor: 1 },
    limits: hurried,
  }
})

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

function open(changes: Partial<KafkaOptions> = {}) {
  const stream = kafkaStream({ ...options, ...changes })
  ends.push(() => stream.close())
  return stream
}

const make = (...topics: ITopicConfig[]) => admin.createTopics({ topics })

describe.skipIf('skipped' in part)('prepare', () => {
  beforeAll(() => admin.connect())
  afterAll(() => admin.disconnect())

  test('creates what is missing, and then finds it', async () => {
    await open().prepare()
    await open({ createTopics: false }).prepare()
    const { topics } = await admin.fetchTopicMetadata({ topics: [`${run}-calls`, `${run}.tallies`] })
    const counts = Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions.length]))
    expect(counts).toEqual({ [`${run}-calls`]: 2, [`${run}.tallies`]: 1 })
    const { TOPIC } = kafkajs.ConfigResourceTypes
    const { resources } = await admin.describeConfigs({
      resources: [{ type: TOPIC, name: `${run}.baselines`, configNames: ['cleanup.policy', 'message.timestamp.type'] }],
      includeSynonyms: false,
    })
    expect(resources[0]!.configEntries.map(({ configValue }) => configValue).sort()).toEqual([
      'LogAppendTime',
      'compact',
    ])
  })

  test('names what is missing where it may not create', async () => {
    await make({ topic: `${run}-calls` })
    const error = await open({ createTopics: false })
      .prepare()
      .catch((thrown: Error) => thrown.message)
    expect(error).toContain(`${run}.tallies, ${run}.dead-letters`)
    expect(error).not.toContain(`${run}-calls`)
  })

  test('explains everything that is wrong at once', async () => {
    await make(
      { topic: `${run}-calls`, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] },
      { topic: `${run}.baselines`, numPartitions: 3 },
    )
    const said: string[] = []
    const prepared = open({ log: (level, message) => level === 'warn' && said.push(message) }).prepare()
    await expect(prepared).rejects.toThrow(
      new RegExp(
        `${run}.baselines has 3 partitions and ${run}.tallies 1.*` +
          `${run}-calls: cleanup.policy is compact and must be delete.*` +
          `${run}.baselines: cleanup.policy is delete and must be compact`,
      ),
    )
    expect(said.filter((message) => message.includes('CreateTime'))).toHaveLength(2)
  })

  test.skipIf(sasl === undefined)(
    'says name and password on every connection, and fails where they are wrong',
    async () => {
      const { username, password } = sasl!
      const mechanism = 'plain'
      const wrong = open({ brokers: sasl!.brokers, sasl: { mechanism, username, password: 'guessed' } })
      await expect(wrong.prepare()).rejects.toThrow(/SASL/i)
      const stream = open({ brokers: sasl!.brokers, sasl: { mechanism, username, password } })
      await stream.prepare()
      await stream.append('calls', lines(numbered(3)))
      const harness = { patienceMs: 20_000, open: wanted, reopen: wanted, overflow: wanted, dispose: wanted }
      const stand = new Stand(harness)
      const tap = await stand.tap(stream, 'tallies')
      await stream.transform(counter())
      expect(await stand.read(tap, 3)).toEqual(counted(numbered(3)))
    },
  )
})

const wanted = (): Promise<never> => Promise.reject(new Error('unused'))
