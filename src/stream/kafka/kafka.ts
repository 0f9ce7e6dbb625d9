import { setTimeout as pause } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import type { Drain, Lag, Produced, Running, Stream, Topic, Transform } from '../stream.ts'
import { Appender } from './appender.ts'
import { countPartitions, type Shared } from './claim.ts'
import { type Clients, makeClients } from './clients.ts'
import { drainLanes } from './drain-lanes.ts'
import { EndsOfTopics } from './ends.ts'
import { Group } from './group.ts'
import type { Kind } from './lane.ts'
import { type KafkaOptions, settle, topics } from './options.ts'
import { checkPartitions } from './outgoing.ts'
import { stateReader } from './restore.ts'
import { prepareTopics } from './topics.ts'
import { transformLanes } from './transform-lanes.ts'

export type { KafkaLimits, KafkaOptions } from './options.ts'

/**
 * The stream on Kafka brokers (2.1 or later).
 * @throws where no brokers are given, or kafkajs is not the version that this was written for
 */
export function kafkaStream(options: KafkaOptions): Stream {
  return new KafkaStream(options)
}

/** How long the number of partitions of a topic is believed, milliseconds. */
const countMs = 30_000
const retryMs = 50

class KafkaStream implements Stream {
  readonly #shared: Shared
  readonly #clients: Clients
  readonly #admin: Admin
  readonly #appender: Appender
  readonly #groups = new Map<string, Group>()
  readonly #counts = new Map<Topic, { readonly partitions: number; readonly until: number }>()
  #prepared = false

  constructor(options: KafkaOptions) {
    const settings = settle(options)
    this.#clients = makeClients(settings)
    this.#admin = this.#clients.reading.admin()
    const states = stateReader(this.#clients.reading, settings.limits.restoreMs)
    this.#shared = { settings, admin: this.#admin, ends: new EndsOfTopics(this.#admin), states }
    this.#appender = new Appender(this.#clients.appending, settings)
  }

  async prepare(): Promise<void> {
    await this.#admin.connect()
    await prepareTopics(this.#admin, this.#shared.settings)
    // One after the other, before many ask at once: from now on the client knows all topics whenever it looks at any.
    for (const topic of topics) await this.#know(topic)
    this.#prepared = true
  }

  async transform(transform: Transform): Promise<Running> {
    return this.#run(transform.stage, [transform.input], transformLanes(transform, this.#shared.settings))
  }

  async drain(drain: Drain): Promise<Running> {
    return this.#run(drain.stage, drain.inputs, drainLanes(drain, this.#shared.settings))
  }

  async append(topic: Topic, records: readonly Produced[]): Promise<void> {
    if (records.length === 0) return
    const partitions = await this.#count(topic)
    const physical = this.#shared.settings.physical(topic)
    const outgoing = records.map(({ key, value, partition = null }) => ({ topic: physical, partition, key, value }))
    checkPartitions(outgoing, () => partitions)
    await this.#appender.append(outgoing)
  }

  lag(): readonly Lag[] {
    return [...this.#groups.values()].flatMap((group) => group.lag())
  }

  async close(): Promise<void> {
    await Promise.all([...this.#groups.values()].map((group) => group.stop()))
    await this.#appender.close()
    await this.#shared.states.close()
    await this.#admin.disconnect()
  }

  #run(stage: string, inputs: readonly Topic[], kind: Kind): Running {
    if (!this.#prepared) throw new Error('the stream was not prepared')
    if (this.#groups.has(stage)) throw new Error(`stage ${stage} runs already`)
    const group = new Group(stage, inputs, kind, this.#shared, this.#clients)
    this.#groups.set(stage, group)
    group.start()
    const stop = async () => {
      await group.stop()
      if (this.#groups.get(stage) === group) this.#groups.delete(stage)
    }
    return { stop }
  }

  /** Partitions that were just made may not have a leader yet. */
  async #know(topic: Topic): Promise<void> {
    const { settings, ends } = this.#shared
    for (const deadline = performance.now() + settings.limits.requestMs; ; await pause(retryMs)) {
      try {
        await ends.ask(settings.physical(topic))
        return
      } catch (error) {
        if (!(error as { retriable?: boolean }).retriable || performance.now() > deadline) throw error
      }
    }
  }

  async #count(topic: Topic): Promise<number> {
    const known = this.#counts.get(topic)
    if (known !== undefined && known.until > performance.now()) return known.partitions
    const partitions = (await countPartitions(this.#shared, [topic])).get(topic) ?? 0
    this.#counts.set(topic, { partitions, until: performance.now() + countMs })
    return partitions
  }
}
