import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { COMPACTED } from '../ledger.ts'
import type { Position, Topic } from '../stream.ts'

/** Of the tables below. A file of another format is refused, never guessed at. */
const FORMAT = 1

const PAGE_BYTES = 8_192

const TABLES = `
  CREATE TABLE IF NOT EXISTS partitions (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL,
    first INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, partition)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS lanes (
    stage TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 0, resume INTEGER, note TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (stage, topic, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS state (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (topic, partition, key)
  ) STRICT, WITHOUT ROWID;
`

const TOPICS: Readonly<Record<Topic, true>> = {
  calls: true,
  tallies: true,
  'dead-letters': true,
  alerts: true,
  baselines: true,
  'baseline-rows': true,
  deliveries: true,
  operations: true,
}

/** One partition's log: a table of its own, so that appends and deletions stay at its two ends. */
export interface Log {
  readonly id: number
  readonly topic: Topic
  readonly partition: number
  readonly source: string
  /** As committed. */
  first: Position
  next: Position
  bytes: number
  readonly insert: StatementSync
  /** (from, limit) → rows as arrays: position, appended_at, key, value. */
  readonly read: StatementSync
  /** (to) → bytes of what is below. */
  readonly weigh: StatementSync
  readonly remove: StatementSync
}

export interface Database {
  readonly connection: DatabaseSync
  readonly logs: ReadonlyMap<Topic, readonly Log[]>
}

/**
 * Opens or creates the file of a stream.
 * @throws when it has another format, or other numbers of partitions than asked for
 */
export function openDatabase(
  file: string,
  partitions: Partial<Record<Topic, number>>,
  maxBytes: number | null,
): Database {
  const connection = new DatabaseSync(file, { timeout: 5_000 })
  try {
    connection.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`)
    if (maxBytes !== null) connection.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / PAGE_BYTES)}`)
    // Checkpoints move this much at once; a writer that was ahead of them gives the space back.
    connection.exec(
      'PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384',
    )
    connection.exec('BEGIN IMMEDIATE')
    checkFormat(connection, file)
    connection.exec(TABLES)
    const logs = new Map<Topic, readonly Log[]>()
    for (const topic of Object.keys(TOPICS) as Topic[]) {
      logs.set(topic, openLogs(connection, file, topic, partitions[topic]))
    }
    connection.exec('COMMIT')
    return { connection, logs }
  } catch (error) {
    connection.close()
    throw error
  }
}

function checkFormat(connection: DatabaseSync, file: string): void {
  const format = Number(connection.prepare('PRAGMA user_version').get()?.user_version ?? 0)
  if (format !== 0 && format !== FORMAT) {
    throw new Error(`${file} has format ${format}; this version of Tidemark reads format ${FORMAT}`)
  }
  connection.exec(`PRAGMA user_version = ${FORMAT}`)
}

function openLogs(connection: DatabaseSync, file: string, topic: Topic, asked: number | undefined): Log[] {
  const kept = Number(connection.prepare('SELECT count(*) AS n FROM partitions WHERE topic = ?').get(topic)?.n ?? 0)
  if (kept > 0 && asked !== undefined && asked !== kept) {
    throw new Error(
      `${topic} has ${kept} partitions in ${file}, ${asked} are configured; the number is fixed at first start`,
    )
  }
  const count = kept > 0 ? kept : (asked ?? 1)
  return Array.from({ length: count }, (_, partition) => openLog(connection, topic, partition))
}

function openLog(connection: DatabaseSync, topic: Topic, partition: number): Log {
  connection.prepare('INSERT OR IGNORE INTO partitions (topic, partition) VALUES (?, ?)').run(topic, partition)
  const row = connection
    .prepare('SELECT id, first, next, bytes FROM partitions WHERE topic = ? AND partition = ?')
    .get(topic, partition)
  const [id, first, next, bytes] = ['id', 'first', 'next', 'bytes'].map((name) => Number(row?.[name]))
  const table = `log_${id}`
  connection.exec(
    `CREATE TABLE IF NOT EXISTS ${table} (position INTEGER PRIMARY KEY, appended_at INTEGER NOT NULL, key TEXT, value BLOB NOT NULL) STRICT`,
  )
  if (COMPACTED.has(topic)) compact(connection, table)
  const read = connection.prepare(
    `SELECT position, appended_at, key, value FROM ${table} WHERE position >= ? ORDER BY position LIMIT ?`,
  )
  read.setReturnArrays(true)
  return {
    id: id!,
    topic,
    partition,
    source: `${topic}/${partition}`,
    first: first!,
    next: next!,
    bytes: bytes!,
    insert: connection.prepare(`INSERT INTO ${table} VALUES (?, ?, ?, ?)`),
    read,
    weigh: connection.prepare(
      `SELECT coalesce(sum(octet_length(value) + coalesce(octet_length(key), 0)), 0) AS bytes FROM ${table} WHERE position < ?`,
    ),
    remove: connection.prepare(`DELETE FROM ${table} WHERE position < ?`),
  }
}

/** The last record of each key stays. Positions are kept, so readers see nothing but fewer records. */
function compact(connection: DatabaseSync, table: string): void {
  connection.exec(`DELETE FROM ${table} WHERE key IS NOT NULL
    AND position NOT IN (SELECT max(position) FROM ${table} WHERE key IS NOT NULL GROUP BY key)`)
}
