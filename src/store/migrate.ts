import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { OpenStore } from './open.ts'

/** Days that rows are kept. */
export interface Retention {
  /** Calls and dead letters; 30 unless given. */
  readonly calls?: number
  /** Alerts, their events, deliveries and gaps; 730 unless given. */
  readonly alerts?: number
  /** Baselines; 90 unless given. */
  readonly baselines?: number
}

/** What the code brings and what the database has had do not fit. Nothing was changed. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

/** A numbered file of this folder. */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

interface Applied {
  readonly version: number
  readonly name: string
  readonly checksum: string
}

const FOLDER = new URL('./migrations/', import.meta.url)
/** The version under which the days last applied are noted. */
const RETENTION = 0

/**
 * Brings the database up to date; returns the names of what was applied. Every statement may be run twice (there is no
 * transaction around DDL), so a run that died, or two at once, end the same. Throws `MigrationError` where an applied
 * migration was changed or is unknown here, `QueryFailed` where the engine is away or refuses.
 */
export async function migrate(
  store: OpenStore,
  retention: Retention = {},
  migrations?: readonly Migration[],
): Promise<readonly string[]> {
  const known = migrations ?? (await readMigrations(FOLDER))
  await prepare(store)
  const applied = await readApplied(store)
  assertFits(known, applied)
  const done: string[] = []
  for (const migration of known.filter(({ version }) => !applied.has(version))) {
    await run(store, migration, { database: store.database })
    done.push(migration.name)
  }
  if (await applyRetention(store, retention, applied.get(RETENTION))) done.push('retention')
  return done
}

async function prepare(store: OpenStore): Promise<void> {
  await store.command(`CREATE DATABASE IF NOT EXISTS ${store.database}`)
  await store.command(`CREATE TABLE IF NOT EXISTS ${store.database}.schema_migrations
    (version UInt32, name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
    ENGINE = ReplacingMergeTree(applied_at) ORDER BY version SETTINGS fsync_after_insert = 1`)
}

async function readApplied(store: OpenStore): Promise<Map<number, Applied>> {
  const rows = await store.query<Applied>(
    `SELECT version, name, checksum FROM ${store.database}.schema_migrations FINAL ORDER BY version`,
  )
  return new Map(rows.map((row) => [row.version, row]))
}

function assertFits(known: readonly Migration[], applied: ReadonlyMap<number, Applied>): void {
  const byVersion = new Map(known.map((migration) => [migration.version, migration]))
  for (const { version, name, checksum } of applied.values()) {
    if (version === RETENTION) continue
    const migration = byVersion.get(version)
    if (migration === undefined) {
      throw new MigrationError(
        `the database has had migration ${name}, which this version does not know: was it written by a newer one?`,
      )
    }
    if (migration.checksum !== checksum) {
      throw new MigrationError(
        `migration ${migration.name} was changed after it had been applied (as ${name}); write a new one instead`,
      )
    }
  }
}

async function run(store: OpenStore, migration: Migration, values: Readonly<Record<string, string>>): Promise<void> {
  for (const statement of statementsOf(fillIn(migration.sql, values))) await store.command(statement)
  const { version, name, checksum } = migration
  await store.command(
    `INSERT INTO ${store.database}.schema_migrations (version, name, checksum) SETTINGS async_insert = 0 VALUES (${version}, '${name}', '${checksum}')`,
  )
}

async function applyRetention(store: OpenStore, retention: Retention, applied: Applied | undefined): Promise<boolean> {
  const days = {
    calls: dayCount('calls', retention.calls ?? 30),
    alerts: dayCount('alerts', retention.alerts ?? 730),
    baselines: dayCount('baselines', retention.baselines ?? 90),
  }
  const sql = fillIn(await readFile(new URL('retention.sql', FOLDER), 'utf8'), { ...days, database: store.database })
  const checksum = checksumOf(sql)
  if (applied?.checksum === checksum) return false
  await run(store, { version: RETENTION, name: 'retention', sql, checksum }, {})
  return true
}

function dayCount(name: string, days: number): string {
  if (!Number.isInteger(days) || days < 1 || days > 36_500) {
    throw new MigrationError(`retention.${name}: ${days} days; expected a whole number from 1 to 36500`)
  }
  return String(days)
}

/** Reads the numbered files of a folder; they must count from 1 without a hole. */
export async function readMigrations(folder: URL): Promise<readonly Migration[]> {
  const files = (await readdir(folder)).filter((file) => /^\d{4}_[a-z0-9_]+\.sql$/.test(file)).sort()
  const migrations: Migration[] = []
  for (const file of files) {
    const version = Number(file.slice(0, 4))
    if (version !== migrations.length + 1) {
      throw new MigrationError(`migration ${file} does not follow number ${migrations.length}`)
    }
    const sql = await readFile(new URL(file, folder), 'utf8')
    migrations.push({ version, name: file.slice(0, -4), sql, checksum: checksumOf(sql) })
  }
  return migrations
}

function checksumOf(sql: string): string {
  // an editor's line ends and trailing blanks change nothing
  return createHash('sha256').update(sql.replaceAll(/\s+/g, ' ').trim()).digest('hex')
}

function fillIn(sql: string, values: Readonly<Record<string, string>>): string {
  return sql.replaceAll(/\$\{(\w+)\}/g, (hole, name: string) => {
    const value = values[name]
    if (value === undefined) throw new MigrationError(`a migration has ${hole}, which has no value`)
    return value
  })
}

/** A statement ends with a semicolon at the end of a line. */
function statementsOf(sql: string): readonly string[] {
  return sql
    .replaceAll(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
