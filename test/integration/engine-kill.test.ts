import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test, vi } from 'vitest'
import { archive } from '#src/stage/archive/archive.ts'
import { migrate } from '#src/store/migrate.ts'
import { openStore } from '#src/store/open.ts'
import { memoryStream } from '#src/stream/memory.ts'
import { lineFormat } from '#test/fakes/archive-world.ts'

const NOW = 1_795_336_200_000
const KILLS = 3
const CALLS = 6_000
const front = fileURLToPath(new URL('../parts/clickhouse.ts', import.meta.url))
const directory = await mkdtemp(join(tmpdir(), 'tidemark-kill-'))
let engine: ChildProcess | undefined

afterAll(async () => {
  engine?.kill('SIGKILL')
  await rm(directory, { recursive: true, force: true })
})

/** Starts the engine as a process of its own; resolves with its address. */
async function start(port: number): Promise<string> {
  engine = spawn(process.execPath, [front, directory, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const stdout = engine.stdout
  if (stdout === null) throw new Error('no output')
  for await (const line of createInterface({ input: stdout })) return line
  throw new Error('the engine ended at once')
}

async function kill(): Promise<void> {
  const ended = once(engine as ChildProcess, 'exit')
  engine?.kill('SIGKILL')
  await ended
}

test('an engine that is killed in the middle of inserts has each call once', async () => {
  const url = await start(0)
  const store = await openStore({ kind: 'server', url, database: 'kill_one' })
  await migrate(store)
  const stream = memoryStream({ driver: 'clock', now: () => NOW })
  await stream.prepare()
  let inserts = 0
  let unanswered = 0
  const insert: typeof store.insert = async (rows) => {
    inserts++
    return store.insert(rows)
  }
  await stream.drain(
    archive({
      store: { ...store, insert },
      format: lineFormat,
      bounds: { futureMs: 1000, pastMs: 86_400_000 },
      runStart: NOW,
      configuration: '',
      limits: { records: 100, waitMs: 20 },
      retry: { firstMs: 20, longestMs: 200 },
      after(ms, run) {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      },
      now: () => 0,
      onRefused: (row, reason) => {
        throw new Error(`refused ${row.position}: ${reason}`)
      },
      events: { waiting: () => void unanswered++ },
    }),
  )
  const line = new TextEncoder().encode(`${NOW} /x`)
  await stream.append(
    'calls',
    Array.from({ length: CALLS }, () => ({ key: null, partition: 0, value: line })),
  )
  for (let n = 1; n <= KILLS; n++) {
    const due = inserts + 8
    const before = unanswered
    await vi.waitFor(() => expect(inserts).toBeGreaterThanOrEqual(due), { timeout: 30_000, interval: 1 })
    await kill()
    await vi.waitFor(() => expect(unanswered).toBeGreaterThan(before), { timeout: 30_000, interval: 5 })
    expect(await start(Number(new URL(url).port))).toBe(url)
  }
  await vi.waitFor(
    async () => {
      expect(stream.lag().every(({ records }) => records === 0)).toBe(true)
      expect((await store.query<{ n: number }>('SELECT count() AS n FROM api_calls'))[0]?.n).toBeGreaterThanOrEqual(
        CALLS,
      )
    },
    { timeout: 60_000, interval: 50 },
  )
  const sql = 'SELECT count() AS rows, uniqExact(source, position) AS records, max(position) AS last FROM api_calls'
  expect(await store.query(sql)).toEqual([{ rows: CALLS, records: CALLS, last: CALLS - 1 }])
  expect(unanswered).toBeGreaterThanOrEqual(KILLS)
  await stream.close()
  await store.close()
})
