import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Held, type SqliteOptions, type SqliteStream, sqliteStream } from '#src/stream/sqlite.ts'
import { bytes, counted, counter, drainOf, lines, numbered, Told, text } from '#test/contract/stream/stand.ts'

let path = ''
const streams: SqliteStream[] = []

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'tidemark-sqlite-'))
})
afterEach(async () => {
  await Promise.all(streams.splice(0).map((stream) => stream.close()))
  rmSync(path, { recursive: true, force: true })
})

async function open(options: Partial<SqliteOptions> = {}): Promise<SqliteStream> {
  const stream = sqliteStream({ path, groupCommitMs: 2, ...options })
  await stream.prepare()
  streams.push(stream)
  return stream
}

async function until(what: string, check: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!check()) {
    if (Date.now() > deadline) throw new Error(`waited for: ${what}`)
    await pause(3)
  }
}

async function readAll(
  stream: SqliteStream,
  topic: 'calls' | 'tallies' | 'operations',
  count: number,
): Promise<string[]> {
  const seen: string[] = []
  const running = await stream.drain(
    drainOf('look', [topic], () => async (records) => void seen.push(...records.map((record) => text(record.value)))),
  )
  await until(`${count} records of ${topic}`, () => seen.length >= count)
  await running.stop()
  return seen
}

test('a directory of a living process is refused, by its pid', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const ended = once(other, 'exit')
  await once(other, 'spawn')
  try {
    writeFileSync(join(path, 'stream.lock'), JSON.stringify({ pid: other.pid, started: null, token: 'theirs' }))
    const refused = open()
    await expect(refused).rejects.toThrow(Held)
    await expect(refused).rejects.toThrow(`in use by process ${other.pid}`)
    expect(existsSync(join(path, 'stream.sqlite'))).toBe(false)
  } finally {
    other.kill('SIGKILL')
  }
  await ended
  await open()
})

test('a pid that was given to another program does not hold the directory', async () => {
  const lock = { pid: process.ppid, started: 'long ago', token: 'theirs' }
  writeFileSync(join(path, 'stream.lock'), JSON.stringify(lock))
  // Where start times cannot be read, a living pid has to be believed.
  if (existsSync('/proc/self/stat')) await open()
  else await expect(open()).rejects.toThrow(Held)
})

test.each(['', '{"pid"', '[]', '{"pid":-1,"token":"x"}', '{"pid":"1","token":"x"}'])(
  'a broken lock %j is stale',
  async (content) => {
    writeFileSync(join(path, 'stream.lock'), content)
    await open()
    expect(JSON.parse(readFileSync(join(path, 'stream.lock'), 'utf8'))).toMatchObject({ pid: process.pid })
  },
)

test('close gives the directory up and leaves no lock; a lock that was taken over is left alone', async () => {
  const first = await open()
  const second = await open()
  await first.close()
  expect(existsSync(join(path, 'stream.lock'))).toBe(true)
  await second.close()
  await second.close()
  expect(readdirSync(path).filter((name) => name.includes('lock'))).toEqual([])
})

test('another number of partitions than at first start is refused', async () => {
  const first = await open({ partitions: { calls: 2 } })
  await first.close()
  await expect(open({ partitions: { calls: 3 } })).rejects.toThrow('calls has 2 partitions')
  const again = await open()
  await again.append('calls', [{ key: null, value: bytes('x'), partition: 1 }])
})

test('a file of another format is refused', async () => {
  const first = await open()
  await first.close()
  const database = new DatabaseSync(join(path, 'stream.sqlite'))
  database.exec('PRAGMA user_version = 99')
  database.close()
  await expect(open()).rejects.toThrow('format 99')
})

test('a damaged file is refused at the start', async () => {
  writeFileSync(join(path, 'stream.sqlite'), 'this is no database, and long enough to be seen as none'.repeat(20))
  await expect(open()).rejects.toThrow('not a database')
  expect(existsSync(join(path, 'stream.lock'))).toBe(false)
})

test('a full disk: appends reject, the lane is dropped with the reason, and all goes on when there is room', async () => {
  const small = await open({ maxFileBytes: 400_000 })
  const durable: string[] = []
  const refused: string[] = []
  for (const value of numbered(60)) {
    const large = value.padEnd(20_000, '.')
    await small.append('calls', lines([large])).then(
      () => durable.push(large),
      (error: Error) => refused.push(error.message),
    )
  }
  expect(durable.length).toBeGreaterThan(5)
  expect(refused.length).toBeGreaterThan(5)
  expect(refused[0]).toContain('full')
  await small.close()

  const told = new Told()
  const full = await open({ maxFileBytes: 400_000, events: told })
  await full.transform(counter())
  await until('a drop', () => told.drops.length > 1)
  expect(told.drops[0]!.reason).toContain('full')
  await full.close()

  const roomy = await open()
  await roomy.transform(counter())
  expect(await readAll(roomy, 'tallies', durable.length)).toEqual(counted(durable))
})

test('what every reader has passed is deleted, the rest is kept over a restart', async () => {
  const options = { retention: { everyMs: 5, slackRecords: 10 } }
  const stream = await open(options)
  await stream.append('calls', lines(numbered(5_000, 'record')))
  const kept = stream.bytes()
  expect(kept).toBe(numbered(5_000, 'record').join('').length)
  const running = await stream.transform(counter(undefined, { batch: { records: 1_000, waitMs: 5 } }))
  await readAll(stream, 'tallies', 5_000)
  await running.stop()
  const size = () => answer(`SELECT next - first AS n FROM partitions WHERE topic = 'calls'`)
  await until('deletion', () => size() < 100)
  expect(size()).toBeGreaterThanOrEqual(10)
  await stream.close()
  const again = await open(options)
  await again.append('calls', lines(['after']))
  expect(await readAll(again, 'calls', size())).toHaveLength(size())
})

test('of operations the last of each key is kept, whoever has read it', async () => {
  const first = await open({ retention: { everyMs: 5, slackRecords: 1, bytes: 1 } })
  const operations = numbered(40).map((value, index) => ({ key: `k${index % 4}`, value: bytes(value) }))
  await first.append('operations', operations)
  await first.drain(
    drainOf('deliver', ['operations'], (opening) => (records) => opening.commit(records.at(-1)!.position + 1, '')),
  )
  await until('all read', () => first.lag().every(({ records }) => records === 0))
  await first.close()
  const second = await open()
  expect(await readAll(second, 'operations', 4)).toEqual(['r37', 'r38', 'r39', 'r40'])
  await second.append('operations', operations.slice(0, 1))
  expect((await readAll(second, 'operations', 5)).at(-1)).toBe('r1')
})

test('nothing works before prepare, or after close', async () => {
  await expect(sqliteStream({ path }).append('calls', lines(['a']))).rejects.toThrow('prepare')
  const stream = await open()
  await stream.close()
  await expect(stream.append('calls', lines(['a']))).rejects.toThrow('closed')
})

function answer(sql: string): number {
  const database = new DatabaseSync(join(path, 'stream.sqlite'))
  try {
    return Number(database.prepare(sql).get()?.n)
  } finally {
    database.close()
  }
}
