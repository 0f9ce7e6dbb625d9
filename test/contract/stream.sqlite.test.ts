import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type SqliteStream, sqliteStream } from '#src/stream/sqlite.ts'
import { type OpenOptions, streamContract } from './stream.ts'

const topics = ['calls', 'tallies', 'alerts', 'baselines'] as const

streamContract('sqlite', () => {
  const root = mkdtempSync(join(tmpdir(), 'tidemark-stream-'))
  let opened = 0
  let last: { stream: SqliteStream; limit: number } | null = null
  const on = ({ partitions = 1, retentionBytes, ...options }: OpenOptions) => {
    const limit = retentionBytes ?? 2 ** 30
    const stream = sqliteStream({
      ...options,
      path: join(root, String(opened)),
      partitions: Object.fromEntries(topics.map((topic) => [topic, partitions])),
      groupCommitMs: 2,
      retention: { bytes: limit, everyMs: 10 },
    })
    last = { stream, limit }
    return stream
  }
  return {
    patienceMs: 5_000,
    async open(options = {}) {
      opened += 1
      return on(options)
    },
    reopen: async (options = {}) => on(options),
    async overflow(stream, topic, records) {
      await stream.append(topic, records)
      const { limit, stream: same } = last!
      while (same.bytes() > limit) await pause(3)
    },
    async dispose() {
      rmSync(root, { recursive: true, force: true })
    },
  }
})
