import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { EmbeddedStore, QueryLimits, ServerStore, StoreOptions } from './options.ts'
import { databaseOf } from './options.ts'
import { QueryFailed, reasonOf } from './outcome.ts'
import { Sessions } from './sessions.ts'

type Client = ReturnType<typeof createClient>
type Connection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>

/** Inserts and queries apart, so that nothing a query sets can reach an insert. */
export interface Engine {
  readonly writer: Client
  /** Runs one query with a client that cannot write. */
  read<T>(query: (client: Client) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The client would write to the console, rows included; the caller gets every error as a value instead. */
const silent = { log: { level: ClickHouseLogLevel.OFF } }

export function openEngine(options: StoreOptions): Promise<Engine> {
  return options.kind === 'embedded' ? openEmbedded(options) : Promise.resolve(openServer(options))
}

/**
 * Each connection of the embedded engine has a session of its own, and what is SET there stays: that leaks settings from one
 * insert into the next, so the writer is never given any, and it makes readers read-only for good.
 */
async function openEmbedded(options: EmbeddedStore): Promise<Engine> {
  const database = databaseOf(options)
  // 500 MB of engine: loaded only where it is wanted
  const { createChdbConnection } = await import('chdb/connection')
  const settings = Object.entries(readSettings(options.limits)).map(([name, value]) => `${name} = '${value}'`)
  const connect = async (statements: readonly string[]): Promise<Client> => {
    // each package brings its own copy of this interface, and the copies differ in a field that neither reads
    const connection = createChdbConnection({ path: options.directory }) as unknown as Connection
    const client = createClient({ connection, ...silent })
    try {
      for (const query of statements) await client.command({ query })
      return client
    } catch (error) {
      await client.close()
      throw error
    }
  }
  try {
    const writer = await connect([`CREATE DATABASE IF NOT EXISTS ${database}`, `USE ${database}`])
    const readers = new Sessions(() => connect([`USE ${database}`, `SET ${settings.join(', ')}`]))
    return {
      writer,
      read: (query) => readers.use(query),
      async close() {
        await Promise.all([readers.close(), writer.close()])
      },
    }
  } catch (error) {
    const held = /lock file/i.test(reasonOf(error)) ? ' (another process has it open)' : ''
    throw new QueryFailed('away', `cannot open the engine in ${options.directory}${held}: ${reasonOf(error)}`, error)
  }
}

/** Nothing is sent before the first request: a server that is away now may be there later. */
function openServer(options: ServerStore): Engine {
  const tls = options.tls
  const shared = {
    url: options.url,
    username: options.user ?? 'default',
    password: options.password ?? '',
    database: databaseOf(options),
    application: 'tidemark',
    request_timeout: options.requestTimeoutMs ?? 30_000,
    max_open_connections: options.connections ?? 10,
    // servers close idle sockets after 3 s at the earliest
    keep_alive: { enabled: true, idle_socket_ttl: 2_500, eagerly_destroy_stale_sockets: true },
    ...(tls === undefined ? {} : { tls: pem(tls) }),
    ...silent,
  }
  const writer = createClient(shared)
  // on a server, settings travel with each request
  const reader = createClient({ ...shared, clickhouse_settings: readSettings(options.limits) })
  return {
    writer,
    read: (query) => query(reader),
    async close() {
      await Promise.all([reader.close(), writer.close()])
    },
  }
}

function pem(tls: NonNullable<ServerStore['tls']>) {
  const ca_cert = Buffer.from(tls.ca)
  if (tls.cert === undefined && tls.key === undefined) return { ca_cert }
  if (tls.cert === undefined || tls.key === undefined) throw new Error('store.tls: cert and key go together')
  return { ca_cert, cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) }
}

function readSettings(limits: QueryLimits = {}) {
  return {
    max_execution_time: limits.seconds ?? 30,
    max_result_rows: String(limits.rows ?? 100_000),
    result_overflow_mode: 'throw' as const,
    max_memory_usage: String(limits.memoryBytes ?? 1024 ** 3),
    ...(limits.threads === undefined ? {} : { max_threads: limits.threads }),
    // older servers quote them; we want numbers
    output_format_json_quote_64bit_integers: 0 as const,
    readonly: '1',
  }
}
