import type { Kafka } from 'kafkajs'
import { clusterOf } from '#src/stream/kafka/repairs.ts'
import type { Rig } from './rig.ts'

/** What a process that was just killed had done and not committed. */
export interface Uncommitted {
  /** Records that were written in transactions which are still open. */
  readonly written: number
  /** Calls that were appended and are behind no committed position of collect. */
  readonly calls: number
  /** Blocks in no checkpoint that judge had read, or could have where it never committed: they died with its memory. */
  readonly blocks: number
}

const internal = ['tallies', 'dead-letters', 'alerts', 'baselines', 'baseline-rows'] as const

/** To be asked between the death of a process and the start of the next, which ends what was open. */
export async function uncommittedOf(rig: Rig): Promise<Uncommitted> {
  const topics = internal.map((logical) => rig.topic(logical))
  const [written, calls, blocks] = await Promise.all([openRecords(rig, topics), callsLeft(rig), blocksHeld(rig)])
  return { written, calls, blocks }
}

async function callsLeft({ admin, callsTopic, group }: Rig): Promise<number> {
  const [ends, [committed]] = await Promise.all([
    admin.fetchTopicOffsets(callsTopic),
    admin.fetchOffsets({ groupId: group('collect'), topics: [callsTopic] }),
  ])
  let left = 0
  for (const { partition, offset, metadata } of committed!.partitions) {
    const read = metadata ? (JSON.parse(metadata) as { readonly read: number }).read : Math.max(0, Number(offset))
    left += Number(ends.find((end) => end.partition === partition)?.high ?? 0) - read
  }
  return left
}

/** Judge commits the oldest block that it still needs, and notes how far it has read. */
async function blocksHeld({ admin, topic, group }: Rig): Promise<number> {
  const [ends, [committed]] = await Promise.all([
    admin.fetchTopicOffsets(topic('tallies')),
    admin.fetchOffsets({ groupId: group('judge'), topics: [topic('tallies')] }),
  ])
  let held = 0
  for (const { partition, offset, metadata } of committed!.partitions) {
    const end = Number(ends.find((one) => one.partition === partition)?.high ?? 0)
    held += metadata ? Number(metadata) - Number(offset) : end
  }
  return held
}

/** Between the end of what readers of committed records see and the end of the log. */
async function openRecords({ admin, kafka }: Rig, topics: readonly string[]): Promise<number> {
  const ends = await allEnds(kafka, topics)
  let open = 0
  for (const topic of topics) {
    for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
      open += Math.max(0, (ends.get(`${topic}/${partition}`) ?? 0) - Number(high))
    }
  }
  return open
}

interface Asked {
  readonly topic: string
  readonly partitions: readonly { readonly partition: number }[]
}

/** The library's own clients ask for the ends of committed records only. */
interface Lister {
  listOffsets(request: { replicaId: number; isolationLevel: 0; topics: readonly Asked[] }): Promise<{
    readonly responses: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
    }[]
  }>
}

async function allEnds(kafka: Kafka, topics: readonly string[]): Promise<Map<string, number>> {
  const cluster = clusterOf(kafka)
  await cluster.connect()
  try {
    for (const topic of topics) await cluster.addTargetTopic(topic)
    const asked = new Map<string, Asked[]>()
    for (const topic of topics) {
      const leaders = cluster.findLeaderForPartitions(
        topic,
        Array.from({ length: 64 }, (_, partition) => partition),
      )
      for (const [nodeId, partitions] of Object.entries(leaders)) {
        const one = { topic, partitions: partitions.map((partition) => ({ partition })) }
        asked.set(nodeId, [...(asked.get(nodeId) ?? []), one])
      }
    }
    const ends = new Map<string, number>()
    for (const [nodeId, all] of asked) {
      const broker = (await cluster.findBroker({ nodeId })) as unknown as Lister
      const { responses } = await broker.listOffsets({ replicaId: -1, isolationLevel: 0, topics: all })
      for (const { topic, partitions } of responses)
        for (const { partition, offset } of partitions) ends.set(`${topic}/${partition}`, Number(offset))
    }
    return ends
  } finally {
    await cluster.disconnect()
  }
}
