import type { Kafka } from 'kafkajs'
import { type Cluster, clusterOf, type FetchedPartition } from './repairs.ts'

/** No stage may use this key in its state: the owner of a lane marks the end of the state with it. */
export const ownerKey = 'tidemark:owner'

const readCommitted = 1
const fetchBytes = 8 * 1024 * 1024

export interface StateReader {
  /**
   * The last value of each key of a partition, from its start to the record whose key is `ownerKey` and whose value is
   * `marker`.
   * @throws where the marker does not come within `timeoutMs`, and what the brokers or the connection say
   */
  read(place: { topic: string; partition: number; low: number }, marker: string): Promise<Map<string, Uint8Array>>
  close(): Promise<void>
}

/**
 * Reads state partitions without a group: a group would wait for its other members, and commits positions that nobody
 * wants. One connection a broker, shared by all lanes that open at the same time.
 */
export function stateReader(kafka: Kafka, timeoutMs: number): StateReader {
  let shared: Promise<Cluster> | null = null
  const connect = async (): Promise<Cluster> => {
    const cluster = clusterOf(kafka)
    await cluster.connect()
    return cluster
  }
  const end = async (): Promise<void> => {
    const old = shared
    shared = null
    await old?.then(
      (cluster) => cluster.disconnect(),
      () => {},
    )
  }
  return {
    async read(place, marker) {
      shared ??= connect()
      const mine = shared
      try {
        return await readState(await mine, place, marker, Date.now() + timeoutMs)
      } catch (error) {
        // The connection may be what failed: the next lane gets a new one.
        if (shared === mine) await end()
        throw error
      }
    },
    close: end,
  }
}

async function readState(
  cluster: Cluster,
  { topic, partition, low }: { topic: string; partition: number; low: number },
  marker: string,
  deadline: number,
): Promise<Map<string, Uint8Array>> {
  await cluster.addTargetTopic(topic)
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
  if (nodeId === undefined) throw new Error(`${topic}/${partition} has no leader`)
  const broker = await cluster.findBroker({ nodeId })
  const state = new Map<string, Uint8Array>()
  let position = low
  while (Date.now() < deadline) {
    const partitions = [{ partition, fetchOffset: String(position), maxBytes: fetchBytes }]
    const request = { maxWaitTime: 20, minBytes: 1, maxBytes: fetchBytes, isolationLevel: readCommitted } as const
    const { responses } = await broker.fetch({ ...request, topics: [{ topic, partitions }] })
    for (const fetched of responses.flatMap((response) => response.partitions)) {
      if (gather(fetched, position, marker, state)) return state
      position = Math.max(position, (fetched.messages.at(-1)?.offset ?? -1) + 1)
    }
  }
  throw new Error(`the state in ${topic}/${partition} could not be read in time (at ${position})`)
}

function gather(fetched: FetchedPartition, from: number, marker: string, state: Map<string, Uint8Array>): boolean {
  for (const message of fetched.messages) {
    if (message.isControlRecord || message.offset < from) continue
    if (message.undecodable) throw new Error(`the state at ${message.undecodable.from}: ${message.undecodable.reason}`)
    const key = message.key?.toString() ?? ''
    if (key === ownerKey) {
      if (message.value?.toString() === marker) return true
    } else if (message.value === null) state.delete(key)
    else state.set(key, new Uint8Array(message.value))
  }
  return false
}
