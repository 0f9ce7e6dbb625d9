import { randomUUID } from 'node:crypto'
import type { Admin } from 'kafkajs'
import type { Topic } from '../stream.ts'
import type { EndsOfTopics } from './ends.ts'
import type { LaneProducer } from './lane-producer.ts'
import type { Settings } from './options.ts'
import { ownerKey, type StateReader } from './restore.ts'

/** What all lanes of one stream share. */
export interface Shared {
  readonly settings: Settings
  readonly admin: Admin
  readonly ends: EndsOfTopics
  readonly states: StateReader
}

/** One partition of one input of a stage. */
export interface Seat {
  readonly stage: string
  readonly topic: Topic
  readonly partition: number
  readonly source: string
}

/** What a lane starts from once it is the only owner of its seat. */
export interface Claim {
  readonly resume: number | null
  readonly note: string
  /** Where reading starts: the resume position, or the first record that is there. */
  readonly from: number
  readonly state: ReadonlyMap<string, Uint8Array>
  /** How many partitions each topic has that was asked for, by logical name. */
  readonly partitions: ReadonlyMap<Topic, number>
}

/**
 * Makes this process the only owner of a seat, then reads what the last owner committed. The order matters: the committed
 * position and the state may be read only after the owner before is fenced and its transaction ended.
 * @param wants.read how far this process had read before, where it had: a gap is told also where nothing was ever committed
 * @throws what the brokers or the connection say; and where the topic is shorter than the committed position
 */
export async function claim(
  shared: Shared,
  seat: Seat,
  producer: LaneProducer,
  wants: { readonly state: Topic | null; readonly topics: readonly Topic[]; readonly read: number | null },
): Promise<Claim> {
  const { settings } = shared
  const { stage, topic, partition, source } = seat
  const partitions = await countPartitions(shared, [topic, ...wants.topics])
  const stateTopic = wants.state === null ? null : settings.physical(wants.state)
  const marker = randomUUID()
  await producer.fence(
    stateTopic === null ? null : { topic: stateTopic, partition, key: ownerKey, value: Buffer.from(marker) },
  )
  const { resume, note } = await committed(shared, seat)
  const ends = (await shared.ends.ask(settings.physical(topic)))[partition]
  if (ends === undefined) throw new Error(`${source} does not exist any more`)
  if (resume !== null && resume > ends.high) {
    throw new Error(
      `${source} ends at ${ends.high} but stage ${stage} committed ${resume}: the topic was made anew or cut; ` +
        `reset the group ${settings.group(stage)} if that was meant`,
    )
  }
  const from = Math.max(resume ?? 0, ends.low)
  const expected = resume ?? wants.read
  if (expected !== null && from > expected) settings.events.gap?.({ stage, source, from: expected, to: from })
  const state = stateTopic === null ? new Map() : await restore(shared, stateTopic, partition, marker)
  return { resume, note, from, state, partitions }
}

/** @throws where the answer says nothing about the partition: taken for "nothing was committed", all would be read again */
export async function committed(
  { settings, admin }: Pick<Shared, 'settings' | 'admin'>,
  { stage, topic, partition }: Pick<Seat, 'stage' | 'topic' | 'partition'>,
): Promise<{ resume: number | null; note: string }> {
  const physical = settings.physical(topic)
  const answers = await admin.fetchOffsets({ groupId: settings.group(stage), topics: [physical] })
  const answer = answers[0]?.partitions.find((one) => one.partition === partition)
  if (answer === undefined) throw new Error(`the position of ${physical}/${partition} is unknown`)
  const resume = Number(answer.offset)
  if (!Number.isSafeInteger(resume)) throw new Error(`${answer.offset} is no position of ${physical}/${partition}`)
  return resume < 0 ? { resume: null, note: '' } : { resume, note: answer.metadata ?? '' }
}

async function restore({ ends, states }: Shared, topic: string, partition: number, marker: string) {
  const low = (await ends.ask(topic))[partition]?.low
  if (low === undefined)
    throw new Error(`${topic} has no partition ${partition}: it needs as many as the stage's input`)
  return states.read({ topic, partition, low }, marker)
}

/** @throws where a topic is missing */
export async function countPartitions(
  { settings, admin }: Pick<Shared, 'settings' | 'admin'>,
  topics: readonly Topic[],
): Promise<Map<Topic, number>> {
  const unique = [...new Set(topics)]
  const found = await admin.fetchTopicMetadata({ topics: unique.map(settings.physical) })
  const counts = new Map(found.topics.map(({ name, partitions }) => [name, partitions.length]))
  return new Map(unique.map((topic) => [topic, counts.get(settings.physical(topic)) ?? 0]))
}
