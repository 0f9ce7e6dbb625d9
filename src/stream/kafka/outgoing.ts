import type { Message, RecordMetadata, TopicMessages } from 'kafkajs'

/** One record on its way out, with physical names. */
export interface Outgoing {
  readonly topic: string
  /** `null`: by key, else in turn. */
  readonly partition: number | null
  readonly key: string | null
  /** `null` deletes the key of a compacted topic. */
  readonly value: Uint8Array | null
}

/** The library copies all earlier records of a partition for each further one: larger sends would take quadratic time. */
const recordsPerPartition = 2_000
/** Brokers refuse a batch (all that one send has for a partition) above 1 MiB unless told otherwise. */
const bytesPerPartition = 900 * 1024
const bytesPerSend = 8 * 1024 * 1024
const recordOverhead = 80

/** @throws where a record names a partition that does not exist: the library would leave it out without a word */
export function checkPartitions(records: readonly Outgoing[], partitionsOf: (topic: string) => number): void {
  for (const { topic, partition } of records) {
    const partitions = partitionsOf(topic)
    const exists = partition === null || (Number.isInteger(partition) && partition >= 0 && partition < partitions)
    if (!exists) throw new Error(`${topic} has no partition ${partition}: it has ${partitions}`)
  }
}

/** Cuts records into sends that brokers take. The order within a partition stays. */
export function* cut(records: readonly Outgoing[]): Generator<TopicMessages[]> {
  let send = new Map<string, Message[]>()
  let filled = new Map<string, { records: number; bytes: number }>()
  let total = 0
  for (const { topic, partition, key, value } of records) {
    const bytes = (value?.length ?? 0) + (key?.length ?? 0) * 3 + recordOverhead
    // Records without a partition may all meet in one.
    const name = `${topic}/${partition ?? '*'}`
    const before = filled.get(name) ?? { records: 0, bytes: 0 }
    const after = { records: before.records + 1, bytes: before.bytes + bytes }
    const full = after.records > recordsPerPartition || after.bytes > bytesPerPartition || total + bytes > bytesPerSend
    if (full && total > 0) {
      yield [...send].map(([of, messages]) => ({ topic: of, messages }))
      send = new Map()
      filled = new Map()
      total = 0
    }
    filled.set(name, full ? { records: 1, bytes } : after)
    total += bytes
    const messages = send.get(topic) ?? []
    if (messages.length === 0) send.set(topic, messages)
    messages.push({ key, value: value === null ? null : asBuffer(value), ...(partition === null ? {} : { partition }) })
  }
  if (total > 0) yield [...send].map(([topic, messages]) => ({ topic, messages }))
}

/**
 * The library can lose what a moved leader should have got and report success: a send counts when each partition that was
 * named has answered.
 */
export function checkAnswer(sent: readonly TopicMessages[], answer: readonly RecordMetadata[]): void {
  const answered = new Set(answer.map(({ topicName, partition }) => `${topicName}/${partition}`))
  const topics = new Set(answer.map(({ topicName }) => topicName))
  const failed = answer.find(({ errorCode }) => errorCode !== 0)
  if (failed) throw new Error(`${failed.topicName}/${failed.partition} answered with error code ${failed.errorCode}`)
  for (const { topic, messages } of sent) {
    const missing = messages.find(({ partition }) =>
      partition === undefined ? !topics.has(topic) : !answered.has(`${topic}/${partition}`),
    )
    if (missing) throw new Error(`no broker answered for ${topic}/${missing.partition ?? 'any'}: the leader has moved`)
  }
}

function asBuffer(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
