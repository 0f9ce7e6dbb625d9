import { MemoryStorage, memoryStream } from '#src/stream/memory.ts'
import { type OpenOptions, streamContract } from './stream.ts'

const topics = ['calls', 'tallies', 'alerts', 'baselines'] as const

streamContract('memory', () => {
  let storage = new MemoryStorage()
  const on = (options: OpenOptions) =>
    memoryStream({ ...options, partitions: {}, storage, driver: 'clock', now: Date.now })
  return {
    patienceMs: 5_000,
    async open(options = {}) {
      const partitions = Object.fromEntries(topics.map((topic) => [topic, options.partitions ?? 1]))
      const { retentionBytes } = options
      storage = new MemoryStorage({ partitions, ...(retentionBytes === undefined ? {} : { retentionBytes }) })
      return on(options)
    },
    reopen: async (options = {}) => on(options),
    overflow: (stream, topic, records) => stream.append(topic, records),
    dispose: async () => {},
  }
})
