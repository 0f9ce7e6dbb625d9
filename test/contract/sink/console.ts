import { Writable } from 'node:stream'
import { consoleSink } from '#src/sink/console.ts'
import type { SinkHarness } from '#test/contract/sinks.ts'

export function consoleHarness(): SinkHarness {
  const taken: string[] = []
  let read = true
  const out = new Writable({
    highWaterMark: 64,
    write(chunk, _encoding, done) {
      if (!read) return
      taken.push(String(chunk))
      done()
    },
  })
  return {
    open: async (timeoutMs) => consoleSink({ name: 'console', out, timeoutMs, consoleUrl: 'http://127.0.0.1:8080/' }),
    behaviours: {
      'takes it': () => undefined,
      'wants nothing more': () => void out.destroy(new Error('write EPIPE hunter2')),
      hangs: () => {
        read = false
      },
    },
    taken: () => taken,
    secrets: ['hunter2'],
    dispose: async () => void out.destroy(),
  }
}
