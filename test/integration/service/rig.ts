import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs, { type Admin, type Kafka, type Producer } from 'kafkajs'
import { stringify } from 'yaml'
import { type Receiver, startReceiver } from '#src/demo/receiver.ts'
import { type OpenStore, openStore } from '#src/store/open.ts'
import { repair } from '#src/stream/kafka/repairs.ts'
import { type EnginePart, startEngine } from '#test/parts/engine.ts'
import { startTidemark, type TidemarkPart } from '#test/parts/tidemark.ts'

export interface RigOptions {
  readonly brokers: readonly string[]
  /** Names topics, groups and the database: of its own for every rig. */
  readonly name: string
  readonly partitions: number
  /** What differs from the shipped settings, besides where things are. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** Tidemark with all that is around it in production: brokers, an engine behind HTTP, a SIEM. */
export interface Rig {
  readonly brokers: readonly string[]
  readonly partitions: number
  /** Physical names. */
  readonly callsTopic: string
  topic(logical: string): string
  group(stage: string): string
  readonly engine: EnginePart
  readonly store: OpenStore
  readonly receiver: Receiver
  readonly kafka: Kafka
  readonly admin: Admin
  /** What is appended with it is there once. */
  readonly producer: Producer
  /** On the same topics, groups, data and tables each time. */
  start(imports?: readonly string[]): Promise<TidemarkPart>
  close(): Promise<void>
}

export async function openRig({ brokers, name, partitions, settings = {} }: RigOptions): Promise<Rig> {
  // As it comes, the library shows readers records of aborted transactions.
  repair()
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-rig-'))
  const database = name.replaceAll('-', '_')
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const receiver = await startReceiver({ secret })
  const engine = await startEngine()
  const store = await openStore({ kind: 'server', url: engine.url, database })
  const kafka = new kafkajs.Kafka({
    clientId: name,
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
    // A broker that is killed comes back; on a busy machine that takes longer than the library waits by itself.
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 60 },
  })
  const admin = kafka.admin()
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  const callsTopic = `${name}-calls`
  const file = join(folder, 'tidemark.yaml')
  const places = {
    data: join(folder, 'data'),
    stream: {
      kind: 'kafka',
      brokers,
      topicPrefix: `${name}.`,
      groupPrefix: name,
      callsPartitions: partitions,
      internalPartitions: partitions,
    },
    store: { kind: 'server', url: engine.url, database },
    http: { port: 0 },
    sinks: [{ kind: 'webhook', name: 'siem', url: receiver.url, secret }],
  }
  await writeFile(file, stringify({ ...places, ...settings, calls: { topic: callsTopic, ...(settings.calls ?? {}) } }))
  const running = new Set<TidemarkPart>()
  await admin.connect()
  await producer.connect()
  return {
    brokers,
    partitions,
    callsTopic,
    topic: (logical) => `${name}.${logical}`,
    group: (stage) => `${name}.${stage}`,
    engine,
    store,
    receiver,
    kafka,
    admin,
    producer,
    async start(imports) {
      const tidemark = await startTidemark(file, imports)
      running.add(tidemark)
      void tidemark.ended.then(() => running.delete(tidemark))
      return tidemark
    },
    async close() {
      await Promise.all([...running].map((tidemark) => tidemark.kill()))
      await producer.disconnect()
      await admin.disconnect()
      await store.close()
      await engine.stop()
      await receiver.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
