import { setTimeout as pause } from 'node:timers/promises'
import kafkajs, { type Kafka, type Transaction } from 'kafkajs'
import { explain, isPassing } from './failures.ts'
import type { Settings } from './options.ts'
import { checkAnswer, cut, type Outgoing } from './outgoing.ts'

/** A position of a group, written in a transaction. */
export interface Commit {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly resume: number
  readonly note: string
}

export interface LaneProducer {
  /**
   * Makes the brokers refuse every earlier producer of this transactional id, and ends its transaction.
   * @param marker is written in the first transaction, where there is one
   */
  fence(marker: Outgoing | null): Promise<void>
  /**
   * Records and position become visible together or not at all. After a rejection the fate is unknown and this producer
   * must not be used again.
   * @param last called when everything is sent and only the commit is missing
   */
  commit(records: readonly Outgoing[], position: Commit, last: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

/** Brokers end the transaction before within some milliseconds; beyond this something is wrong. */
const passingMs = 20_000

export async function laneProducer(kafka: Kafka, settings: Settings, transactionalId: string): Promise<LaneProducer> {
  const producer = kafka.producer({
    transactionalId,
    transactionTimeout: settings.limits.transactionMs,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    maxInFlightRequests: 1,
  })
  const compression = compressionOf(settings)
  const send = async (transaction: Transaction, records: readonly Outgoing[]): Promise<void> => {
    for (const topicMessages of cut(records)) {
      checkAnswer(topicMessages, await transaction.sendBatch({ topicMessages, compression, acks: -1 }))
    }
  }
  await producer.connect()
  return {
    async fence(marker) {
      const transaction = await producer.transaction()
      if (marker !== null) await send(transaction, [marker])
      await transaction.commit()
    },
    async commit(records, position, last) {
      const transaction = await producer.transaction()
      await send(transaction, records)
      await sendPosition(transaction, position)
      await last()
      await transaction.commit()
    },
    async close() {
      // A producer that is thrown away may be beyond a good-bye; nothing depends on it.
      await producer
        .disconnect()
        .catch((error) => settings.log('debug', 'a producer did not close', { error: explain(error) }))
    },
  }
}

export function compressionOf({ options }: Settings): number {
  return kafkajs.CompressionTypes[options.compression === 'gzip' ? 'GZIP' : 'None']
}

async function sendPosition(transaction: Transaction, position: Commit): Promise<void> {
  const partitions = [{ partition: position.partition, offset: String(position.resume), metadata: position.note }]
  const deadline = Date.now() + passingMs
  for (let wait = 5; ; wait = Math.min(wait * 2, 100)) {
    try {
      await transaction.sendOffsets({
        consumerGroupId: position.group,
        topics: [{ topic: position.topic, partitions }],
      })
      return
    } catch (error) {
      if (!isPassing(error) || Date.now() > deadline) throw error
      await pause(wait)
    }
  }
}
