import { createRequire } from 'node:module'
import type { Kafka } from 'kafkajs'
import { decodeSafely, type FetchedMessage } from './decoding.ts'
import { encodeFast } from './encoding.ts'

/**
 * kafkajs 2.2.4 is the last of its line and has faults that would lose or double records. They are mended here by
 * replacing what is wrong in the version that was read, and of no other: another version makes this file throw.
 */
const version = '2.2.4'
const load = createRequire(import.meta.url)

interface RequestQueue {
  readonly pending: readonly unknown[]
  readonly throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}

export interface FetchedPartition {
  readonly partition: number
  readonly highWatermark: string
  readonly messages: readonly FetchedMessage[]
  abortedTransactions: readonly AbortedTransaction[] | null
}

export interface AbortedTransaction {
  readonly producerId: string
  readonly firstOffset: string
}

interface FetchRequest {
  readonly maxWaitTime: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly isolationLevel: 0 | 1
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly fetchOffset: string
      readonly maxBytes: number
    }[]
  }[]
}

interface FetchResponse {
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[]
}

export interface Broker {
  isConnected(): boolean
  fetch(request: FetchRequest): Promise<FetchResponse>
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>
}

/** What a `Kafka` makes for its own clients; the only way to read one partition without a group, or to end a member. */
export interface Cluster {
  retry?: unknown
  connect(): Promise<void>
  disconnect(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  refreshMetadata(): Promise<void>
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, readonly number[]>
  findBroker(which: { readonly nodeId: string }): Promise<Broker>
  findGroupCoordinator(which: { readonly groupId: string; readonly coordinatorType?: number }): Promise<Broker>
}

interface ConsumerGroup {
  pause(which: readonly { topic: string; partitions: number[] }[]): void
  recoverFromOffsetOutOfRange(error: { topic: string; partition: number }): Promise<void>
}

/** A setTimeout with a negative delay, re-armed each millisecond on every connection: only what waits needs a timer. */
export function scheduleCheckPendingRequests(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return
  const delay = Math.max(this.throttledUntil - Date.now(), 10)
  this.throttleCheckTimeoutId = setTimeout(() => {
    this.throttleCheckTimeoutId = null
    this.checkPendingRequests()
  }, delay)
}

const abortMarker = Buffer.from([0, 0, 0, 0])

/**
 * Marks records of aborted transactions as control records, which every reader drops but counts for its position. The
 * library's own filter lets a record through where two transactions were aborted side by side, and takes a record whose
 * key is four zero bytes for the end of a transaction.
 */
export function hideAborted(partition: FetchedPartition): void {
  const waiting = [...(partition.abortedTransactions ?? [])].sort(
    (a, b) => Number(a.firstOffset) - Number(b.firstOffset),
  )
  partition.abortedTransactions = []
  if (waiting.length === 0) return
  const open = new Set<string>()
  for (const message of partition.messages) {
    while (waiting.length > 0 && Number(waiting[0]!.firstOffset) <= message.offset) {
      open.add(waiting.shift()!.producerId)
    }
    const { producerId, inTransaction } = message.batchContext ?? { producerId: '', inTransaction: false }
    if (!open.has(producerId) || !inTransaction) continue
    if (message.isControlRecord && message.key?.equals(abortMarker)) open.delete(producerId)
    else message.isControlRecord = true
  }
}

/** The library would commit "the beginning" over the group's position: wait instead, until the poll sees the gap and tells it. */
async function pauseOutOfRange(
  this: ConsumerGroup,
  { topic, partition }: { topic: string; partition: number },
): Promise<void> {
  this.pause([{ topic, partitions: [partition] }])
}

interface Metadata {
  readonly retrier: (attempt: (bail: (error: Error) => void) => Promise<unknown>) => Promise<unknown>
  readonly brokerPool: {
    withBroker(ask: (which: { broker: { metadata(topics: readonly string[]): unknown } }) => unknown): Promise<unknown>
  }
  refreshMetadataIfNecessary(): Promise<void>
}

/**
 * The library replaces what it knows of all topics by what it is asked about some: whoever asks for positions at that moment
 * is answered that there are no partitions.
 */
export function metadataOf(this: Metadata, { topics = [] }: { topics?: readonly string[] } = {}): Promise<unknown> {
  return this.retrier(async (bail) => {
    try {
      await this.refreshMetadataIfNecessary()
      return await this.brokerPool.withBroker(({ broker }) => broker.metadata(topics))
    } catch (error) {
      if ((error as { type?: string }).type === 'LEADER_NOT_AVAILABLE') throw error
      bail(error as Error)
      return undefined
    }
  })
}

interface Connection {
  isConnected(): boolean
  connect(): Promise<unknown>
}

const connecting = new WeakMap<Connection, Promise<unknown>>()

/**
 * Two requests that find a connection closed would each open a socket, and the first is forgotten: it is never closed, and
 * keeps the process from ending.
 */
export async function connectOnce(this: { readonly pool: readonly Connection[] }, index = 0): Promise<Connection> {
  const connection = this.pool[index]!
  if (connection.isConnected()) return connection
  let attempt = connecting.get(connection)
  if (attempt === undefined) {
    attempt = connection.connect().finally(() => connecting.delete(connection))
    connecting.set(connection, attempt)
  }
  await attempt
  return connection
}

let repaired = false

/** Idempotent. Throws where kafkajs is not the version that these repairs were written for. */
export function repair(): void {
  if (repaired) return
  const found = (load('kafkajs/package.json') as { version: string }).version
  if (found !== version) throw new Error(`kafkajs is ${found}, and its repairs were written for ${version}`)
  const queue = load('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  queue.prototype.scheduleCheckPendingRequests = scheduleCheckPendingRequests
  const group = load('kafkajs/src/consumer/consumerGroup') as { prototype: ConsumerGroup }
  group.prototype.recoverFromOffsetOutOfRange = pauseOutOfRange
  const pool = load('kafkajs/src/network/connectionPool') as { prototype: { getConnection: typeof connectOnce } }
  pool.prototype.getConnection = connectOnce
  const cluster = load('kafkajs/src/cluster') as { prototype: { metadata: typeof metadataOf } }
  cluster.prototype.metadata = metadataOf
  const broker = load('kafkajs/src/broker') as { prototype: Broker }
  const fetch = broker.prototype.fetch
  broker.prototype.fetch = async function (this: Broker, request) {
    const answer = await fetch.call(this, request)
    for (const { partitions } of answer.responses) for (const partition of partitions) hideAborted(partition)
    return answer
  }
  decodeSafely()
  encodeFast()
  repaired = true
}

/** A cluster of this client's own, with its addresses and credentials. */
export function clusterOf(kafka: Kafka): Cluster {
  const make = creator(kafka)
  return make.cluster({ allowAutoTopicCreation: false, metadataMaxAge: 60_000 })
}

/** How long a coordinator is believed, milliseconds. */
const coordinatorMs = 5_000

/**
 * For clients that make transactions. Initialising a transactional id ignores the client's retry settings (its first retry
 * comes after 300 ms): hand them over. And the library asks for the coordinator before each request: half of the round
 * trips of a commit.
 */
export function hurry(kafka: Kafka, retry: unknown): Kafka {
  const { target, symbol, cluster } = creator(kafka)
  target[symbol] = (options) => {
    const made = Object.assign(cluster(options), { retry })
    made.findGroupCoordinator = remember(made.findGroupCoordinator.bind(made))
    return made
  }
  return kafka
}

/** @internal for its test */
export function remember(find: Cluster['findGroupCoordinator']): Cluster['findGroupCoordinator'] {
  const known = new Map<string, { readonly broker: Broker; readonly until: number }>()
  return async (which) => {
    const name = `${which.coordinatorType ?? 0} ${which.groupId}`
    const before = known.get(name)
    if (before !== undefined && before.until > performance.now() && before.broker.isConnected()) return before.broker
    const broker = await find(which)
    // One group and one transactional id a client: no more than two names ever.
    known.set(name, { broker, until: performance.now() + coordinatorMs })
    return broker
  }
}

function creator(kafka: Kafka): {
  target: Record<symbol, (options: object) => Cluster>
  symbol: symbol
  cluster: (options: object) => Cluster
} {
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )
  if (symbol === undefined) throw new Error(`kafkajs ${version} has no createCluster`)
  const target = kafka as unknown as Record<symbol, (options: object) => Cluster>
  return { target, symbol, cluster: target[symbol]!.bind(kafka) }
}
