import kafkajs, { type PartitionAssigner } from 'kafkajs'
import { type KafkaOptions, kafkaStream } from '#src/stream/kafka/kafka.ts'
import type { Topic } from '#src/stream/stream.ts'
import type { OpenOptions, StreamHarness } from '#test/contract/stream.ts'

/** Short times: what takes seconds with a real group takes a moment here. */
export const hurried: NonNullable<KafkaOptions['limits']> = {
  sessionMs: 6_000,
  heartbeatMs: 100,
  fetchWaitMs: 20,
  pollMs: 200,
  backoffMs: 500,
}

/** Each test has topics and groups of its own on the one broker. */
export function kafkaHarness(brokers: readonly string[], run: string): StreamHarness {
  let storage = 0
  let member = 0
  const admin = new kafkajs.Kafka({ brokers: [...brokers], clientId: 'harness' }).admin()
  const connected = admin.connect()
  const names = () => ({ calls: `${run}-${storage}-calls`, prefix: `${run}-${storage}.` })
  const make = async ({ partitions = 1, probe, events }: OpenOptions = {}) => {
    member++
    return kafkaStream({
      brokers,
      topics: names(),
      groupPrefix: `${run}-${storage}`,
      create: { callsPartitions: partitions, internalPartitions: partitions, replicationFactor: 1 },
      limits: hurried,
      assigner: newestFirst(member),
      ...(probe === undefined ? {} : { probe }),
      ...(events === undefined ? {} : { events }),
    })
  }
  return {
    patienceMs: 20_000,
    open(options) {
      storage++
      return make(options)
    },
    reopen: make,
    async overflow(stream, topic, records) {
      await stream.append(topic, records)
      await connected
      const physical = physicalOf(names(), topic)
      const [end] = await admin.fetchTopicOffsets(physical)
      const offset = String(Number(end!.high) - 20)
      await admin.deleteTopicRecords({ topic: physical, partitions: [{ partition: 0, offset }] })
    },
    async dispose() {
      await connected
      await admin.disconnect()
    },
  }
}

export function physicalOf(names: { calls: string; prefix: string }, topic: Topic): string {
  return topic === 'calls' ? names.calls : `${names.prefix}${topic}`
}

/** Gives everything to the member that joined last: an older one that is still there is like one that was paused. */
function newestFirst(number: number): PartitionAssigner {
  const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol
  return ({ cluster }) => ({
    name: 'newest-first',
    version: 0,
    async assign({ members, topics }) {
      const age = ({ memberMetadata }: { memberMetadata: Buffer }) =>
        MemberMetadata.decode(memberMetadata)!.userData.readInt32BE(0)
      const [newest] = [...members].sort((one, other) => age(other) - age(one))
      const assignment: Record<string, number[]> = {}
      for (const topic of topics) {
        assignment[topic] = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
      }
      return members.map(({ memberId }) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: 0,
          assignment: memberId === newest!.memberId ? assignment : {},
          userData: Buffer.alloc(0),
        }),
      }))
    },
    protocol({ topics }) {
      const userData = Buffer.alloc(4)
      userData.writeInt32BE(number)
      return { name: 'newest-first', metadata: MemberMetadata.encode({ version: 0, topics, userData }) }
    },
  })
}
