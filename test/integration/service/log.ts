import { setTimeout as pause } from 'node:timers/promises'
import type { AlertRecord } from '#src/alert/alert.ts'
import type { RehearsedCall } from '#src/demo/rehearsal.ts'
import type { Rig } from './rig.ts'

const everyMs = 10
const mostLines = 2_000

/**
 * Appends the calls in their order, so many a second; what fell behind is caught up. `most`: how many may have been sent by
 * now, where the sender must not run away from its readers; its clock stands still meanwhile.
 */
export async function sendPaced(
  rig: Rig,
  calls: readonly RehearsedCall[],
  perSecond: number,
  most: () => number = () => calls.length,
): Promise<void> {
  let began = performance.now()
  for (let next = 0; next < calls.length; ) {
    const due = Math.floor(((performance.now() - began) * perSecond) / 1000)
    const allowed = Math.min(calls.length, most())
    const end = Math.min(allowed, due, next + mostLines)
    if (due > allowed) began = performance.now() - (allowed * 1000) / perSecond
    if (end <= next) {
      await pause(everyMs)
      continue
    }
    const messages = calls.slice(next, end).map(({ partition, line }) => ({ partition, value: line }))
    await rig.producer.send({ topic: rig.callsTopic, messages, acks: -1 })
    next = end
  }
}

/** Every committed record of the alerts topic, partition by partition. Only while nothing writes to it any more. */
export async function readAlerts(rig: Rig): Promise<AlertRecord[]> {
  const topic = rig.topic('alerts')
  // A reader of committed records cannot see the end of a topic by its positions: a last record in each partition shows it.
  const end = 'end'
  const partitions = Array.from({ length: rig.partitions }, (_, partition) => partition)
  await rig.producer.send({ topic, messages: partitions.map((partition) => ({ partition, value: end })), acks: -1 })
  const consumer = rig.kafka.consumer({ groupId: rig.group('reading'), maxWaitTimeInMs: 100 })
  const records: AlertRecord[] = []
  const open = new Set(partitions)
  const { promise: done, resolve } = Promise.withResolvers<void>()
  try {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      async eachMessage({ partition, message }) {
        const text = String(message.value)
        if (text !== end) records.push(JSON.parse(text) as AlertRecord)
        else if (open.delete(partition) && open.size === 0) resolve()
      },
    })
    await done
    return records
  } finally {
    await consumer.disconnect()
  }
}
