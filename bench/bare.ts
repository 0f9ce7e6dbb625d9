/**
 * The bare loop that Tidemark is compared with: kafkajs eachBatch, JSON.parse of every value, nothing else.
 * `node bench/bare.ts BROKERS TOPIC CALLS` prints one JSON object when it has read so many calls.
 */
import { benchClient } from './kafka.ts'

const [brokers = '', topic = '', wanted = ''] = process.argv.slice(2)
const calls = Number(wanted)
const consumer = benchClient(brokers.split(',')).consumer({
  groupId: `bare-${process.pid}-${Date.now()}`,
  maxBytesPerPartition: 8 * 1024 * 1024,
})
let seen = 0
let failing = 0
let startedAt = 0
const finished = Promise.withResolvers<void>()
await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: true })
await consumer.run({
  eachBatch: async ({ batch }) => {
    if (startedAt === 0) startedAt = performance.now()
    for (const message of batch.messages) {
      const call = JSON.parse(message.value === null ? 'null' : message.value.toString()) as { status?: number }
      // Used, so that no compiler may leave the parsing out.
      if ((call.status ?? 0) >= 500) failing++
    }
    seen += batch.messages.length
    if (seen >= calls) finished.resolve()
  },
})
await finished.promise
const seconds = (performance.now() - startedAt) / 1000
const sinceStart = performance.now() / 1000
process.stdout.write(
  `${JSON.stringify({ calls: seen, failing, seconds, sinceStart, rss: process.resourceUsage().maxRSS * 1024 })}\n`,
)
await consumer.disconnect()
