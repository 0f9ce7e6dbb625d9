import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SqliteStream, sqliteStream } from '#src/stream/sqlite.ts'
import { counter, drainOf, text } from '#test/contract/stream/stand.ts'

const child = fileURLToPath(new URL('./sqlite-kill-child.ts', import.meta.url))
/** When each life ends: so many records acknowledged, so many milliseconds later. */
const moments = [120, 40, 900, 360, 80, 1_500, 40, 640].map((acks, index) => ({ acks, ms: (index * 7) % 11 }))

let path = ''
let stream: SqliteStream | null = null

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'tidemark-kill-'))
})
afterEach(async () => {
  await stream?.close()
  stream = null
  rmSync(path, { recursive: true, force: true })
})

test('kill -9 at any moment: what was acknowledged is there, and is transformed exactly once', async () => {
  const acknowledged: string[] = []
  let leftUndone = 0
  for (let life = 0; life < moments.length; life += 1) {
    acknowledged.push(...(await liveAndDie(life)))
    leftUndone += undone()
  }
  expect(leftUndone, 'records that a kill left appended and not transformed').toBeGreaterThan(0)

  stream = sqliteStream({ path, retention: { everyMs: 3_600_000 } })
  await stream.prepare()
  const written: string[] = []
  await stream.drain(
    drainOf('tap', ['tallies'], () => async (records) => {
      written.push(...records.map((record) => text(record.value)))
    }),
  )
  await stream.transform(counter())
  const deadline = Date.now() + 20_000
  while (stream.lag().some(({ records }) => records > 0) || written.length < appended()) {
    if (Date.now() > deadline) throw new Error(`still behind: ${JSON.stringify(stream.lag())}`)
    await pause(5)
  }

  const values = written.map((value) => value.slice(0, value.indexOf('#')))
  expect(written.map((value) => Number(value.slice(value.indexOf('#') + 1)))).toEqual(
    values.map((_, index) => index + 1),
  )
  expect(new Set(values).size).toBe(values.length)
  const found = new Set(values)
  expect(acknowledged.filter((value) => !found.has(value))).toEqual([])
  expect(acknowledged.length).toBeGreaterThan(3_000)
})

/** Runs one child until it is killed; answers what it was told to be durable. */
async function liveAndDie(life: number): Promise<string[]> {
  const { acks, ms } = moments[life]!
  const running = spawn(process.execPath, [child, path, String(life)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const errors: Buffer[] = []
  running.stderr.on('data', (data: Buffer) => errors.push(data))
  const told: string[] = []
  const ended = once(running, 'exit')
  for await (const line of createInterface({ input: running.stdout })) {
    told.push(line)
    if (told.length === acks) setTimeout(() => running.kill('SIGKILL'), ms)
  }
  const [, signal] = await ended
  expect(signal, Buffer.concat(errors).toString()).toBe('SIGKILL')
  // The last line may be torn.
  return told.slice(0, -1)
}

/** How many records of the input the dead process had not transformed. */
function undone(): number {
  const sql = `SELECT p.next - coalesce(l.resume, 0) AS n FROM partitions p JOIN lanes l USING (topic, partition)
    WHERE p.topic = 'calls' AND l.stage = 'collect'`
  return answer(sql)
}

/** How many records the input has had. */
function appended(): number {
  return answer(`SELECT next AS n FROM partitions WHERE topic = 'calls'`)
}

function answer(sql: string): number {
  const database = new DatabaseSync(join(path, 'stream.sqlite'))
  try {
    return Number(database.prepare(sql).get()?.n)
  } finally {
    database.close()
  }
}
