import { setTimeout as pause } from 'node:timers/promises'
import { laneProducer as real } from '#src/stream/kafka/lane-producer.ts'

export * from '#src/stream/kafka/lane-producer.ts'

/** Long enough that a process that is killed at any moment has a lane in it. */
const betweenMs = 200

/** A fault made on purpose: the position is committed first, and its output some time later. */
export const laneProducer: typeof real = async (kafka, settings, transactionalId) => {
  const producer = await real(kafka, settings, transactionalId)
  return {
    ...producer,
    async commit(records, position, last) {
      if (records.length === 0) return producer.commit(records, position, last)
      await producer.commit([], position, async () => {})
      await pause(betweenMs)
      await producer.commit(records, position, last)
    },
  }
}
