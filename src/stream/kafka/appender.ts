import kafkajs, { type Kafka, type Producer } from 'kafkajs'
import { explain } from './failures.ts'
import { compressionOf } from './lane-producer.ts'
import type { Settings } from './options.ts'
import { checkAnswer, cut, type Outgoing } from './outgoing.ts'

interface Waiting {
  readonly records: readonly Outgoing[]
  readonly bytes: number
  resolve(): void
  reject(error: Error): void
}

/** Appends from outside the stages: what comes within a few milliseconds is sent together, acknowledged by all replicas. */
export class Appender {
  readonly #client: Kafka
  readonly #settings: Settings
  #producer: Promise<Producer> | null = null
  #waiting: Waiting[] = []
  #bytes = 0
  #sending: Promise<void> | null = null

  constructor(client: Kafka, settings: Settings) {
    this.#client = client
    this.#settings = settings
  }

  /** Resolves once all records are durable. @throws where too much waits already, or brokers do not take them in time */
  append(records: readonly Outgoing[]): Promise<void> {
    const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0) + 100, 0)
    if (this.#bytes + bytes > this.#settings.limits.appendBytes && this.#bytes > 0) {
      return Promise.reject(new Error(`${this.#bytes} bytes wait to be appended already: the brokers are too slow`))
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ records, bytes, resolve, reject })
    this.#bytes += bytes
    this.#sending ??= this.#send()
    return promise
  }

  /** After all that was accepted has been sent or refused. */
  async close(): Promise<void> {
    await this.#sending
    await this.#drop()
  }

  async #send(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#settings.limits.lingerMs))
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        this.#producer ??= this.#connect()
        const producer = await this.#producer
        const compression = compressionOf(this.#settings)
        for (const topicMessages of cut(batch.flatMap(({ records }) => records))) {
          checkAnswer(topicMessages, await producer.sendBatch({ topicMessages, compression, acks: -1 }))
        }
        for (const { resolve } of batch) resolve()
      } catch (error) {
        await this.#drop()
        for (const { reject } of batch) reject(error as Error)
      }
      for (const { bytes } of batch) this.#bytes -= bytes
    }
    this.#sending = null
  }

  async #connect(): Promise<Producer> {
    const producer = this.#client.producer({
      idempotent: true,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
    })
    await producer.connect()
    return producer
  }

  /** A producer that failed once has numbers that brokers may refuse for ever. */
  async #drop(): Promise<void> {
    const producer = this.#producer
    this.#producer = null
    try {
      await (await producer)?.disconnect()
    } catch (error) {
      this.#settings.log('debug', 'a producer did not close', { error: explain(error) })
    }
  }
}
