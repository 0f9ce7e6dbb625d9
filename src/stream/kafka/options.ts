import { hostname } from 'node:os'
import type { ConnectionOptions } from 'node:tls'
import type { PartitionAssigner, SASLOptions } from 'kafkajs'
import type { CommitProbe } from '../probe.ts'
import type { StreamEvents, Topic } from '../stream.ts'

/** How to reach the brokers, and how things are called there. Every number has a default. */
export interface KafkaOptions {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[]
  /** `tidemark` unless given. Brokers show it in logs, quotas and group descriptions. */
  readonly clientId?: string
  /**
   * Names this process among those of the same `clientId`; the host's name unless given. A process that starts makes the
   * broker forget the group members that a dead process of the same name left behind.
   */
  readonly instance?: string
  readonly ssl?: boolean | ConnectionOptions
  /** Passed through: plain, scram-sha-256, scram-sha-512, oauthbearer with its provider, aws. */
  readonly sasl?: SASLOptions
  readonly topics?: TopicNames
  /** Of consumer groups (`<prefix>.<stage>`) and transactional ids (`<prefix>-<stage>-<partition>`); `tidemark` unless given. */
  readonly groupPrefix?: string
  /** Whether `prepare` may create what is missing; true unless given. */
  readonly createTopics?: boolean
  readonly create?: TopicCreation
  /** Of what this process writes; `none` unless given. */
  readonly compression?: 'none' | 'gzip'
  readonly limits?: Partial<KafkaLimits>
  /** Spreads the partitions over the members of a group; round robin unless given. All members must use the same. */
  readonly assigner?: PartitionAssigner
  readonly events?: StreamEvents
  readonly probe?: CommitProbe
  /** What the client library has to say, and what `prepare` finds odd but can work with. */
  log?(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

export interface TopicNames {
  /** The physical name of `calls`; `api-calls` unless given. */
  readonly calls?: string
  /** All other topics are called `<prefix><logical name>`; `tidemark.` unless given. */
  readonly prefix?: string
}

/** What `prepare` creates. Existing topics keep what they have. */
export interface TopicCreation {
  /** Partitions of `calls`; 8 unless given. */
  readonly callsPartitions?: number
  /** Partitions of each internal topic; 8 unless given. */
  readonly internalPartitions?: number
  /** -1, the broker's default, unless given. */
  readonly replicationFactor?: number
}

/** Times in milliseconds, sizes in bytes. */
export interface KafkaLimits {
  /** A member that was silent for so long loses its partitions. */
  readonly sessionMs: number
  readonly heartbeatMs: number
  readonly rebalanceMs: number
  /** How long a broker may hold an empty fetch back. */
  readonly fetchWaitMs: number
  readonly fetchBytes: number
  readonly fetchBytesPerPartition: number
  /** A lane's step is due, and its partition paused, while so much waits. */
  readonly queueBytes: number
  /** A broker ends a transaction that was left open for so long; readers wait for that. */
  readonly transactionMs: number
  readonly connectMs: number
  readonly requestMs: number
  /** Restoring a lane's state may take so long. */
  readonly restoreMs: number
  /** How often ends of partitions are asked for: lag, gaps and stalls are seen so soon. */
  readonly pollMs: number
  /** A reader that made no progress for so long although there is something to read is built anew. */
  readonly stallMs: number
  /** Longest pause before a dropped lane, or a crashed reader, is tried again. */
  readonly backoffMs: number
  /** `append` gathers records for so long before it sends them. */
  readonly lingerMs: number
  /** Of what `append` may hold unsent; beyond it `append` rejects. */
  readonly appendBytes: number
  /** Of one compressed batch of records once it is decompressed. */
  readonly decompressedBytes: number
}

export const defaultLimits: KafkaLimits = {
  sessionMs: 10_000,
  heartbeatMs: 2_000,
  rebalanceMs: 30_000,
  fetchWaitMs: 100,
  fetchBytes: 10 * 1024 * 1024,
  fetchBytesPerPartition: 1024 * 1024,
  // What waits is kept by the garbage collector: more than two fetches cost more than they smooth.
  queueBytes: 2 * 1024 * 1024,
  transactionMs: 30_000,
  connectMs: 5_000,
  requestMs: 30_000,
  restoreMs: 120_000,
  pollMs: 1_000,
  stallMs: 30_000,
  backoffMs: 5_000,
  lingerMs: 3,
  appendBytes: 64 * 1024 * 1024,
  decompressedBytes: 64 * 1024 * 1024,
}

export const topics: readonly Topic[] = [
  'calls',
  'tallies',
  'dead-letters',
  'alerts',
  'baselines',
  'baseline-rows',
  'deliveries',
  'operations',
]

/** Options with every default filled in, and the names that follow from them. */
export interface Settings {
  readonly options: KafkaOptions
  readonly limits: KafkaLimits
  readonly clientId: string
  readonly events: StreamEvents
  physical(topic: Topic): string
  group(stage: string): string
  /** `topic` is null for a transform, which has one input. */
  transactionalId(stage: string, topic: Topic | null, partition: number): string
  source(topic: Topic, partition: number): string
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void
}

export function settle(options: KafkaOptions): Settings {
  if (options.brokers.length === 0) throw new Error('kafka: no brokers are given')
  const { calls = 'api-calls', prefix = 'tidemark.' } = options.topics ?? {}
  const groupPrefix = options.groupPrefix ?? 'tidemark'
  const physical = (topic: Topic) => (topic === 'calls' ? calls : `${prefix}${topic}`)
  return {
    options,
    limits: { ...defaultLimits, ...options.limits },
    clientId: `${options.clientId ?? 'tidemark'}.${options.instance ?? hostname()}`,
    events: options.events ?? {},
    physical,
    group: (stage) => `${groupPrefix}.${stage}`,
    transactionalId: (stage, topic, partition) =>
      [groupPrefix, stage, ...(topic === null ? [] : [topic]), partition].join('-'),
    source: (topic, partition) => `${physical(topic)}/${partition}`,
    log: (level, message, fields = {}) => options.log?.(level, message, fields),
  }
}
