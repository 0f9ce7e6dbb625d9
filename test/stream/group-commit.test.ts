import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GroupCommit } from '#src/stream/sqlite/group-commit.ts'
import { Fenced } from '#src/stream/stream.ts'

let database = new DatabaseSync(':memory:')
let turns: string[] = []

beforeEach(() => {
  database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE t (n INTEGER PRIMARY KEY)')
  turns = []
})
afterEach(() => database.close())

const grouped = (records = 1_000) =>
  new GroupCommit(database, {
    everyMs: 5,
    records,
    bytes: 1_000,
    committed: () => turns.push('committed'),
    undone: (error) => turns.push(`undone: ${error}`),
  })

const write = (n: number) => () => {
  database.prepare('INSERT INTO t VALUES (?)').run(n)
}
const kept = () =>
  database
    .prepare('SELECT n FROM t ORDER BY n')
    .all()
    .map((row) => row.n)

test('writes of a few milliseconds share a transaction', async () => {
  const group = grouped()
  await Promise.all([1, 2, 3].map((n) => group.add(write(n), 1, 1, n === 2)))
  expect(kept()).toEqual([1, 2, 3])
  expect(turns).toEqual(['committed'])
})

test('a fenced write is refused alone', async () => {
  const group = grouped()
  const fenced = () => {
    throw new Fenced('a newer owner')
  }
  const answers = await Promise.allSettled([
    group.add(write(1), 1, 1, false),
    group.add(fenced, 1, 1, false),
    group.add(write(2), 1, 1, false),
  ])
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(kept()).toEqual([1, 2])
})

test('any other failure undoes the group, and the next one goes on', async () => {
  const group = grouped()
  const answers = await Promise.allSettled([group.add(write(1), 1, 1, false), group.add(write(1), 1, 1, false)])
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(kept()).toEqual([])
  expect(turns).toEqual([expect.stringContaining('undone: Error: UNIQUE')])
  await group.add(write(1), 1, 1, false)
  expect(kept()).toEqual([1])
})

test.each([
  ['records', 10, 1],
  ['bytes', 1, 1_000],
])('a group with many %s does not wait', (_name, records, bytes) => {
  const group = grouped(10)
  const done = group.add(write(1), records, bytes, false)
  expect(kept()).toEqual([1])
  return done
})

test('close writes what waits, and takes no more', async () => {
  const group = grouped()
  const waiting = group.add(write(1), 1, 1, false)
  group.close()
  expect(kept()).toEqual([1])
  await waiting
  await expect(group.add(write(2), 1, 1, false)).rejects.toThrow('closed')
})
