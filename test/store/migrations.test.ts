import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { MigrationError, migrate, readMigrations } from '#src/store/migrate.ts'
import type { OpenStore } from '#src/store/open.ts'

const shipped = new URL('../../src/store/migrations/', import.meta.url)

/** A database that notes what it is told, and forgets nothing that was applied. */
function noting(applied: { version: number; name: string; checksum: string }[] = []) {
  const said: string[] = []
  const store: OpenStore = {
    database: 'db',
    async command(sql) {
      said.push(sql)
      const [, version, name, checksum] = /VALUES \((\d+), '(\w+)', '(\w+)'\)/.exec(sql) ?? []
      if (version !== undefined) applied.push({ version: Number(version), name: name ?? '', checksum: checksum ?? '' })
    },
    query: async <Row>() => applied as Row[],
    insert: async () => ({ kind: 'stored' }),
    ping: async () => true,
    close: async () => undefined,
  }
  return { store, said, applied }
}

async function folderOf(files: Readonly<Record<string, string>>): Promise<URL> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-migrations-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return pathToFileURL(`${folder}/`)
}

describe('migrations', () => {
  test('count from 1 without a hole; other files are none', async () => {
    const folder = await folderOf({ '0001_a.sql': 'A;', '0002_b.sql': 'B;', 'retention.sql': '', 'notes.md': '' })
    expect((await readMigrations(folder)).map(({ version, name }) => [version, name])).toEqual([
      [1, '0001_a'],
      [2, '0002_b'],
    ])
    await rm(new URL('0001_a.sql', folder))
    await expect(readMigrations(folder)).rejects.toThrow(MigrationError)
    await rm(folder, { recursive: true })
  })

  test('every table ships with a window for tokens and is synced to disk, and may be made twice', async () => {
    for (const { name, sql } of await readMigrations(shipped)) {
      for (const table of sql.split(/^CREATE /m).slice(1)) {
        expect(table, name).toMatch(/^((TABLE|VIEW) IF NOT EXISTS|OR REPLACE VIEW) \$\{database\}\./)
        if (!table.startsWith('TABLE')) continue
        expect(table, name).toContain('non_replicated_deduplication_window = 10000')
        expect(table, name).toContain('fsync_after_insert = 1')
      }
      for (const column of sql.split(/^ALTER /m).slice(1))
        expect(column, name).toMatch(/^TABLE \$\{database\}\.\w+ ADD COLUMN IF NOT EXISTS /)
    }
  })

  test('every table of rows has its days', async () => {
    const tables = (await readMigrations(shipped)).flatMap(({ sql }) =>
      [...sql.matchAll(/TABLE IF NOT EXISTS \$\{database\}\.(\w+)/g)].map(([, name]) => name),
    )
    const retention = await readFile(new URL('retention.sql', shipped), 'utf8')
    const kept = [...retention.matchAll(/ALTER TABLE \$\{database\}\.(\w+) MODIFY TTL/g)].map(([, name]) => name)
    expect(kept.sort()).toEqual(tables.sort())
  })

  test('run statement by statement, are noted, and run once', async () => {
    const sql = '-- a; comment\nCREATE x\n(\n a;b\n);\nCREATE $' + '{database}.y;\n'
    const own = [{ version: 1, name: '0001_own', sql, checksum: 'c1' }]
    const { store, said } = noting()
    expect(await migrate(store, {}, own)).toEqual(['0001_own', 'retention'])
    expect(said.slice(2, 4)).toEqual(['CREATE x\n(\n a;b\n)', 'CREATE db.y'])
    expect(said.filter((statement) => statement.includes('${'))).toEqual([])
    expect(await migrate(store, {}, own)).toEqual([])
  })

  test('that were changed or are unknown change nothing', async () => {
    const { store, said } = noting([{ version: 1, name: '0001_own', checksum: 'c1' }])
    const changed = [{ version: 1, name: '0001_own', sql: 'DROP x;', checksum: 'c2' }]
    await expect(migrate(store, {}, changed)).rejects.toThrow(/was changed after it had been applied/)
    await expect(migrate(store, {}, [])).rejects.toThrow(/does not know/)
    expect(said.join()).not.toContain('DROP')
  })

  test.each([0, -1, 1.5, 40_000, Number.NaN])('%d days are none', async (calls) => {
    await expect(migrate(noting().store, { calls }, [])).rejects.toThrow(/retention\.calls/)
  })
})
