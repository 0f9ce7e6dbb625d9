import type { Consumer, ConsumerGroupJoinEvent, EachBatchPayload, InstrumentationEvent } from 'kafkajs'
import type { Lag, Topic } from '../stream.ts'
import type { Shared } from './claim.ts'
import type { Clients } from './clients.ts'
import { explain, isHopeless, isStrange } from './failures.ts'
import { type Kind, Lane, type Reader } from './lane.ts'
import { evict, leftovers } from './predecessor.ts'

/** So many crashes in a row that nobody calls hopeless are. */
const strangeCrashes = 5

/**
 * The consumer group of one stage: has a lane for each partition that is assigned to this process, and reads for them.
 * The handler only hands over; the library's own loop sends heartbeats.
 */
export class Group implements Reader {
  readonly #stage: string
  readonly #inputs: ReadonlyMap<string, Topic>
  readonly #kind: Kind
  readonly #shared: Shared
  readonly #clients: Clients
  readonly #lanes = new Map<string, Lane>()
  readonly #running = new Set<Promise<void>>()
  readonly #stopping = Promise.withResolvers<void>()
  #stopped: Promise<void> | null = null
  #life: Promise<void> | null = null
  #consumer: Consumer | null = null
  #crash: (error: Error) => void = () => {}
  #confirmedAt = Number.NEGATIVE_INFINITY
  readonly #unconfirmed = new Set<() => void>()

  constructor(stage: string, inputs: readonly Topic[], kind: Kind, shared: Shared, clients: Clients) {
    this.#stage = stage
    this.#inputs = new Map(inputs.map((topic) => [shared.settings.physical(topic), topic]))
    this.#kind = kind
    this.#shared = shared
    this.#clients = clients
  }

  start(): void {
    this.#life = this.#live()
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end()
    return this.#stopped
  }

  lag(): Lag[] {
    return [...this.#lanes.values()].flatMap((lane) => lane.lag ?? [])
  }

  read(lane: Lane, from: number): void {
    this.#steer(lane, (consumer, topic, partition) => {
      consumer.seek({ topic, partition, offset: String(from) })
      consumer.resume([{ topic, partitions: [partition] }])
    })
  }

  pause(lane: Lane): void {
    this.#steer(lane, (consumer, topic, partition) => consumer.pause([{ topic, partitions: [partition] }]))
  }

  resume(lane: Lane): void {
    this.#steer(lane, (consumer, topic, partition) => consumer.resume([{ topic, partitions: [partition] }]))
  }

  async confirmed(lane: Lane, since: number): Promise<void> {
    while (this.#confirmedAt < since && !lane.over) {
      await new Promise<void>((resolve) => this.#unconfirmed.add(resolve))
    }
  }

  async #end(): Promise<void> {
    for (const lane of this.#lanes.values()) lane.stop()
    this.#wakeAll()
    await Promise.all(this.#running)
    this.#stopping.resolve()
    await this.#life
  }

  /** One consumer after the other: one that crashed or stalls is replaced. Never rejects. */
  async #live(): Promise<void> {
    const { settings } = this.#shared
    for (let crashes = 0; this.#stopped === null; ) {
      const began = this.#confirmedAt
      const error = await this.#consume()
      if (error === null || this.#stopped !== null) return
      crashes = this.#confirmedAt > began ? 1 : crashes + 1
      settings.log('warn', 'a reader crashed', { stage: this.#stage, crashes, error: explain(error) })
      const strange = isStrange(error) && crashes >= strangeCrashes
      if (isHopeless(error) || strange) settings.events.fatal?.(error)
      await this.#pause(Math.min(settings.limits.backoffMs, 100 * 2 ** Math.min(crashes, 16)))
    }
  }

  /** Answers what ended it: an error, or null for a stop. */
  async #consume(): Promise<Error | null> {
    const { promise: crash, resolve } = Promise.withResolvers<Error>()
    const consumer = this.#make(resolve)
    this.#consumer = consumer
    this.#crash = resolve
    const watch = setInterval(() => this.#poll(), this.#shared.settings.limits.pollMs)
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [...this.#inputs.keys()], fromBeginning: true })
      const group = this.#shared.settings.group(this.#stage)
      const left = await leftovers(this.#shared, group)
      const joined = consumer.run({ autoCommit: false, eachBatch: (payload) => this.#hand(payload) })
      const cleared = evict(this.#shared, this.#clients.reading, group, left)
      const stop = this.#stopping.promise.then(() => null)
      const error = await Promise.race([stop, crash, joined.then(() => Promise.race([stop, crash]))])
      await cleared
      return error
    } catch (error) {
      return error as Error
    } finally {
      clearInterval(watch)
      this.#consumer = null
      await this.#close(consumer)
    }
  }

  #make(crash: (error: Error) => void): Consumer {
    const { limits, options, group } = this.#shared.settings
    const consumer = this.#clients.reading.consumer({
      groupId: group(this.#stage),
      sessionTimeout: limits.sessionMs,
      heartbeatInterval: limits.heartbeatMs,
      rebalanceTimeout: limits.rebalanceMs,
      minBytes: 1,
      maxWaitTimeInMs: limits.fetchWaitMs,
      maxBytes: limits.fetchBytes,
      maxBytesPerPartition: limits.fetchBytesPerPartition,
      metadataMaxAge: 60_000,
      allowAutoTopicCreation: false,
      retry: { restartOnFailure: async () => false },
      ...(options.assigner === undefined ? {} : { partitionAssigners: [options.assigner] }),
    })
    const { GROUP_JOIN, HEARTBEAT, CRASH, END_BATCH_PROCESS } = consumer.events
    // These listeners run before the first fetch of an assignment: nothing is read from a position that was not claimed.
    consumer.on(GROUP_JOIN, (event) => this.#assign(consumer, event))
    consumer.on(HEARTBEAT, () => this.#confirm())
    consumer.on(CRASH, ({ payload }) => crash(payload.error))
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      // Control records and those of aborted transactions never reach the handler, but they are read.
      if (payload.batchSize === 0) this.#lane(payload.topic, payload.partition)?.passed(Number(payload.lastOffset))
    })
    return consumer
  }

  #assign(consumer: Consumer, { payload }: InstrumentationEvent<ConsumerGroupJoinEvent['payload']>): void {
    if (consumer !== this.#consumer) return
    const assigned = Object.entries(payload.memberAssignment)
    consumer.pause(assigned.map(([topic, partitions]) => ({ topic, partitions })))
    const mine = new Set<string>()
    for (const [topic, partitions] of assigned) {
      for (const partition of partitions) {
        mine.add(`${topic}/${partition}`)
        this.#keep(topic, partition)
      }
    }
    for (const [key, lane] of this.#lanes) {
      if (mine.has(key)) continue
      this.#lanes.delete(key)
      lane.lose()
    }
    this.#confirm()
  }

  /** A lane that was open stays open: had another member opened it meanwhile, the brokers refuse this one's next commit. */
  #keep(topic: string, partition: number): void {
    const key = `${topic}/${partition}`
    const before = this.#lanes.get(key)
    if (before !== undefined) {
      const reading = before.reading
      if (reading === null) return
      this.read(before, reading.next)
      if (reading.full) this.pause(before)
      return
    }
    const logical = this.#inputs.get(topic)
    if (this.#stopped !== null || logical === undefined) return
    const source = this.#shared.settings.source(logical, partition)
    const seat = { stage: this.#stage, topic: logical, partition, source }
    const lane = new Lane(seat, this.#kind, this.#shared, this.#clients.transactions, this)
    this.#lanes.set(key, lane)
    const run = lane.run().finally(() => this.#running.delete(run))
    this.#running.add(run)
  }

  async #hand({ batch }: EachBatchPayload): Promise<void> {
    this.#lane(batch.topic, batch.partition)?.receive(batch)
  }

  #lane(topic: string, partition: number): Lane | undefined {
    return this.#lanes.get(`${topic}/${partition}`)
  }

  #steer(lane: Lane, act: (consumer: Consumer, topic: string, partition: number) => void): void {
    const topic = this.#shared.settings.physical(lane.seat.topic)
    // A lane that was given away must not touch what its successor in this process reads.
    if (this.#consumer === null || this.#lane(topic, lane.seat.partition) !== lane) return
    try {
      act(this.#consumer, topic, lane.seat.partition)
    } catch (error) {
      // Between a crash and its event the consumer has no group; the next assignment steers all lanes anew.
      this.#shared.settings.log('debug', 'a reader could not be steered', { stage: this.#stage, error: explain(error) })
    }
  }

  #confirm(): void {
    this.#confirmedAt = performance.now()
    this.#wakeAll()
  }

  #wakeAll(): void {
    for (const wake of this.#unconfirmed) wake()
    this.#unconfirmed.clear()
  }

  /** Sees what no fetch tells: gaps, new partitions, and a reader that stands still without an error. */
  #poll(): void {
    for (const physical of this.#inputs.keys()) {
      const lanes = [...this.#lanes].filter(([key]) => key.startsWith(`${physical}/`)).map(([, lane]) => lane)
      const next = lanes.map((lane) => lane.reading?.next ?? -1)
      this.#shared.ends.ask(physical).then(
        (ends) => {
          for (const [index, lane] of lanes.entries()) lane.observe(ends, next[index]!)
        },
        (error: unknown) => {
          this.#shared.settings.log('debug', 'the ends of a topic are unknown', { physical, error: explain(error) })
        },
      )
    }
    const { stallMs } = this.#shared.settings.limits
    const stalled = [...this.#lanes.values()].find((lane) => lane.stalledFor > stallMs)
    if (stalled) this.#crash(new Error(`${stalled.seat.source} was not read for ${stallMs} ms although it has more`))
  }

  /** A reader that stands still may never close: its successor does not wait for it for ever. */
  async #close(consumer: Consumer): Promise<void> {
    const closed = consumer.disconnect().catch((error: unknown) => {
      this.#shared.settings.log('debug', 'a reader did not close', { stage: this.#stage, error: explain(error) })
    })
    await within(this.#shared.settings.limits.requestMs, closed)
  }

  #pause(ms: number): Promise<void> {
    return within(ms, this.#stopping.promise)
  }
}

/** Until the promise is settled, but no longer than so many milliseconds. */
async function within(ms: number, promise: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, ms)
  await Promise.race([late.promise, promise])
  clearTimeout(timer)
}
