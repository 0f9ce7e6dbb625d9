import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate } from '#src/store/migrate.ts'
import { type OpenStore, openStore } from '#src/store/open.ts'
import { QueryFailed } from '#src/store/outcome.ts'
import { FakeStore } from '#test/fakes/store.ts'
import { type ClickHouse, startClickHouse } from '#test/parts/clickhouse.ts'
import { letters, type StoreUnderTest, storeContract } from './store.ts'

// The engine takes one directory a process: both kinds share it here, each with a database of its own.
const directory = await mkdtemp(join(tmpdir(), 'tidemark-stores-'))
let front: ClickHouse

beforeAll(async () => {
  front = await startClickHouse({ directory, user: 'writer', password: "p'w" })
})

afterAll(async () => {
  await front.stop()
  await rm(directory, { recursive: true, force: true })
})

const kinds = {
  embedded: () => openStore({ kind: 'embedded', directory, database: 'embedded_one' }),
  server: () =>
    openStore({
      kind: 'server',
      url: front.url,
      user: 'writer',
      password: "p'w",
      database: 'server_one',
      requestTimeoutMs: 30_000,
    }),
}

async function lettersOf(store: OpenStore): Promise<readonly number[]> {
  const [row] = await store.query<{ all: number[] }>(
    'SELECT arraySort(groupArray(letter_position)) AS all FROM dead_letters',
  )
  return row?.all ?? []
}

for (const [kind, open] of Object.entries(kinds)) {
  storeContract(kind, async (): Promise<StoreUnderTest> => {
    const store = await open()
    await migrate(store)
    return { store, letters: () => lettersOf(store), close: () => store.close() }
  })
}

storeContract('fake', async () => {
  const store = new FakeStore()
  const positions = () => store.rows('dead_letters').map((row) => row.letter_position as number)
  return { store, letters: async () => positions().sort((a, b) => a - b), close: () => store.close() }
})

describe.each(Object.entries(kinds))('engine: %s', (_kind, open) => {
  let store: OpenStore
  beforeAll(async () => {
    store = await open()
    await migrate(store)
  })
  afterAll(() => store.close())

  test('refuses rows at fault for good, and stores none of what came with them', async () => {
    const before = await lettersOf(store)
    const good = letters([900, 901], 't:900')
    const outcome = await store.insert({ ...good, rows: good.rows.replace('901,"not-json"', '-901,"not-json"') })
    expect(outcome.kind).toBe('permanent')
    expect(await lettersOf(store)).toEqual(before)
    expect(await store.insert(letters([902], 't:902'))).toEqual({ kind: 'stored' })
    expect(await lettersOf(store)).toEqual([...before, 902].sort((a, b) => a - b))
  })

  test('answers a query with its own rows, whatever failed before it or beside it', async () => {
    for (let i = 0; i < 30; i++) {
      // alone first, so that the next query would get the session that failed
      const kind = await store.query('SELECT * FROM numbers(1000000)').catch((error: QueryFailed) => error.kind)
      expect(kind).toBe('costly')
      expect(await store.query('SELECT {i:UInt32} AS after', { i })).toEqual([{ after: i }])
      const failing = store.query('SELECT * FROM numbers(1000000)').catch((error: QueryFailed) => error.kind)
      expect(await store.query('SELECT {i:UInt32} AS beside', { i })).toEqual([{ beside: i }])
      expect(await failing).toBe('costly')
    }
  })

  test('runs more queries at once than it has sessions', async () => {
    const all = Array.from({ length: 20 }, (_, i) => store.query('SELECT {i:UInt32} AS i', { i }))
    expect((await Promise.all(all)).flat()).toEqual(Array.from({ length: 20 }, (_, i) => ({ i })))
  })

  test('wants to be asked again where a table is missing', async () => {
    const outcome = await store.insert({ ...letters([1], 't:x'), table: 'nowhere' as 'gaps' })
    expect(outcome.kind).toBe('retry')
  })

  test('binds parameters, whatever is in them', async () => {
    const odd = `o'k\t\\n\n{x:String} é`
    const params = { text: odd, list: ["a'", 'b\\'], count: 2 ** 52, none: null }
    const [row] = await store.query(
      'SELECT {text:String} AS text, {list:Array(String)} AS list, {count:UInt64} AS count, {none:Nullable(String)} AS none',
      params,
    )
    expect(row).toEqual(params)
  })

  test('gives whole numbers as numbers where a number can say them, else as text', async () => {
    const [row] = await store.query('SELECT toUInt64(9007199254740991) AS most, toUInt64(18446744073709551615) AS more')
    expect(row).toEqual({ most: 9007199254740991, more: '18446744073709551615' })
  })

  test.each([
    ['DROP TABLE dead_letters', 'refused'],
    ['INSERT INTO gaps SELECT * FROM gaps', 'refused'],
    ['SELECT 1; SELECT 2', 'refused'],
    ["SELECT 1 INTO OUTFILE 'x'", 'refused'],
    ["SELECT * FROM file('/etc/passwd')", 'refused'],
    ["SELECT `file`('/etc/passwd')", 'refused'],
    ["SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString', 's String')", 'refused'],
    ['SELECT 1 SETTINGS readonly = 0', 'refused'],
    ['SELECT 1 SETTINGS max_execution_time = 0', 'refused'],
    ['SELECT * FROM numbers(1000000)', 'costly'],
    ['SELECT nothing_of_that_name', 'failed'],
  ])('does not run %s', async (sql, kind) => {
    const failure = await store.query(sql).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(QueryFailed)
    expect((failure as QueryFailed).kind).toBe(kind)
  })

  test('migrates once, and says what does not fit', async () => {
    expect(await migrate(store)).toEqual([])
    expect(await migrate(store, { calls: 7 })).toEqual(['retention'])
    const [table] = await store.query<{ sql: string }>(
      "SELECT create_table_query AS sql FROM system.tables WHERE database = currentDatabase() AND name = 'api_calls'",
    )
    expect(table?.sql).toContain('toIntervalDay(7)')
    await expect(migrate(store, {}, [])).rejects.toThrow(/0001_calls, which this version does not know/)
    const changed = { version: 1, name: '0001_calls', sql: 'SELECT 1', checksum: 'other' }
    await expect(migrate(store, {}, [changed])).rejects.toThrow(/0001_calls was changed after it had been applied/)
  })
})

describe('engine: server', () => {
  test('a server that is away, refuses or loses an answer is asked again, and the rows are there once', async () => {
    const store = await kinds.server()
    await migrate(store)
    const before = (await lettersOf(store)).length
    const insert = letters([700, 701], 't:700')
    for (const mode of ['refuse', 'away', 'lose'] as const) {
      front.mode = mode
      expect((await store.insert(insert)).kind).toBe('retry')
      if (mode === 'away') expect(await store.ping()).toBe(false)
    }
    front.mode = 'serve'
    expect(await store.insert(insert)).toEqual({ kind: 'stored' })
    expect((await lettersOf(store)).length).toBe(before + 2)
    await store.close()
  })

  test('a wrong password keeps everything waiting', async () => {
    const store = await openStore({ kind: 'server', url: front.url, user: 'writer', password: 'wrong' })
    expect((await store.insert(letters([1], 't'))).kind).toBe('retry')
    expect(await store.ping()).toBe(false)
    await store.close()
  })
})
