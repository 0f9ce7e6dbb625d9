import { Readable } from 'node:stream'
import { type Engine, openEngine } from './engine.ts'
import { parseRows } from './json.ts'
import type { StoreOptions } from './options.ts'
import { databaseOf } from './options.ts'
import { insertFailure, QueryFailed, queryFailure } from './outcome.ts'
import { whyNotReadOnly } from './read-only.ts'
import type { Insert, InsertOutcome, Store } from './store.ts'

/** A store and what only migrations may do to it. */
export interface OpenStore extends Store {
  readonly database: string
  /** Runs one statement that changes the schema or the notes about it. Throws `QueryFailed`. */
  command(sql: string): Promise<void>
}

/** More rows in one insert would be cut into several blocks, and the token names one. */
const MOST_ROWS = 50_000
const NAME = /^[a-z][a-z0-9_]*$/

/**
 * Opens the engine. `embedded` starts it (and throws `QueryFailed` where another process holds the directory), `server` sends
 * nothing yet: a server that is away fails the first request. Tables are there after `migrate`.
 */
export async function openStore(options: StoreOptions): Promise<OpenStore> {
  const database = databaseOf(options)
  const engine = await openEngine(options)
  let closing: Promise<void> | null = null
  return {
    database,
    insert: (insert) => runInsert(engine, database, insert),
    query: (sql, params) => runQuery(engine, sql, params),
    async command(sql) {
      try {
        await engine.writer.command({ query: sql })
      } catch (error) {
        throw queryFailure(error)
      }
    },
    async ping() {
      try {
        // a SELECT and not /ping: wrong credentials are "away" too
        return await engine.read(async (client) => {
          const answer = await client.ping({ select: true })
          if (!answer.success) throw answer.error
          return true
        })
      } catch {
        // whatever the reason, the engine does not answer just now, which is what was asked
        return false
      }
    },
    close() {
      closing ??= engine.close()
      return closing
    },
  }
}

async function runInsert(engine: Engine, database: string, insert: Insert): Promise<InsertOutcome> {
  assertSound(insert)
  if (insert.count === 0) return { kind: 'stored' }
  try {
    const { stream } = await engine.writer.exec({
      query: insertSql(database, insert),
      // the client trims the SQL and cuts a semicolon off its end, which may be a row's
      values: Readable.from([insert.rows]),
    })
    for await (const _ of stream) {
      // the answer is empty, but its socket is free only once it has been read
    }
    return { kind: 'stored' }
  } catch (error) {
    return insertFailure(error)
  }
}

/**
 * Settings stand in the statement: given to the client, the embedded engine would keep them for the inserts after this one, and
 * drop those under this one's token. One thread and no parallel parsing make one block, which is what a token names.
 */
function insertSql(database: string, insert: Insert): string {
  return `INSERT INTO ${database}.${insert.table} (${insert.columns.join(', ')})
SETTINGS insert_deduplicate = 1, insert_deduplication_token = ${quoted(insert.token)}, async_insert = 0,
input_format_parallel_parsing = 0, max_insert_threads = 1, max_insert_block_size = ${MOST_ROWS},
min_insert_block_size_rows = 0, min_insert_block_size_bytes = 0, input_format_max_block_size_bytes = 0,
input_format_json_throw_on_bad_escape_sequence = 0, date_time_input_format = 'basic'
FORMAT JSONCompactEachRow`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function assertSound(insert: Insert): void {
  if (insert.count > MOST_ROWS) throw new Error(`an insert of ${insert.count} rows; at most ${MOST_ROWS} fit one block`)
  if (insert.token === '') throw new Error('an insert needs a token')
  const bad = [insert.table, ...insert.columns].find((name) => !NAME.test(name))
  if (bad !== undefined) throw new Error(`${JSON.stringify(bad)} is no name of a table or column`)
}

async function runQuery<Row>(
  engine: Engine,
  sql: string,
  params: Readonly<Record<string, unknown>> | undefined,
): Promise<readonly Row[]> {
  const why = whyNotReadOnly(sql)
  if (why !== null) throw new QueryFailed('refused', why)
  try {
    const text = await engine.read(async (client) => {
      const result = await client.query({
        query: sql,
        format: 'JSONEachRow',
        ...(params === undefined ? {} : { query_params: { ...params } }),
      })
      return result.text()
    })
    return parseRows<Row>(text)
  } catch (error) {
    throw error instanceof QueryFailed ? error : queryFailure(error)
  }
}
