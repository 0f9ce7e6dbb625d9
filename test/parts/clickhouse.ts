import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import chdb from 'chdb'

/**
 * How inserts are answered. `serve`: as they should be. `refuse`: the engine is out of memory. `away`: the connection ends
 * before anything is done. `lose`: the insert is done and the connection ends before the answer.
 */
export type Mode = 'serve' | 'refuse' | 'away' | 'lose'

export interface ClickHouseOptions {
  /** The engine's data; one directory a process. */
  readonly directory: string
  /** 0, any free one, unless given. */
  readonly port?: number
  /** Everybody may do everything unless given. */
  readonly user?: string
  readonly password?: string
}

export interface ClickHouse {
  readonly url: string
  /** What inserts meet from now on; everything else is served, except while `away`. */
  mode: Mode
  /** Inserts that came, whatever became of them. */
  readonly inserts: number
  stop(): Promise<void>
}

type Session = InstanceType<typeof chdb.Session>

/** The part of ClickHouse's HTTP protocol that its client speaks, over the embedded engine: for tests of the real HTTP path. */
export async function startClickHouse(options: ClickHouseOptions): Promise<ClickHouse> {
  const front = new Front(options)
  await front.listen(options.port ?? 0)
  return front
}

class Front implements ClickHouse {
  mode: Mode = 'serve'
  inserts = 0
  readonly #options: ClickHouseOptions
  readonly #session: Session
  readonly #server: Server

  constructor(options: ClickHouseOptions) {
    this.#options = options
    this.#session = new chdb.Session(options.directory)
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        request.socket.destroy(error instanceof Error ? error : undefined)
      })
    })
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return `http://127.0.0.1:${address.port}`
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', resolve)
    })
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
    this.#session.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://front')
    const body = await buffer(request)
    if (url.pathname === '/control') {
      this.mode = (url.searchParams.get('mode') ?? 'serve') as Mode
      return send(response, 200, 'Ok.\n')
    }
    if (this.mode === 'away') return void request.socket.destroy()
    if (url.pathname === '/ping') return send(response, 200, 'Ok.\n')
    if (!this.#isKnown(request))
      return sendError(response, 'Code: 516. DB::Exception: wrong password (AUTHENTICATION_FAILED)')
    const query = url.searchParams.get('query')
    const isInsert = /^\s*INSERT/i.test(query ?? '')
    if (isInsert) {
      this.inserts++
      if (this.mode === 'refuse') {
        return sendError(response, 'Code: 241. DB::Exception: told to refuse (MEMORY_LIMIT_EXCEEDED)')
      }
    }
    const sql = query === null ? body.toString() : body.length === 0 ? query : `${query}\n${body.toString()}`
    const answer = await this.#run(sql, url.searchParams)
    if (isInsert && this.mode === 'lose') return void request.socket.destroy()
    return answer.kind === 'done' ? send(response, 200, answer.bytes) : sendError(response, answer.message)
  }

  #isKnown(request: IncomingMessage): boolean {
    const { user, password } = this.#options
    if (user === undefined) return true
    const expected = Buffer.from(`${user}:${password ?? ''}`).toString('base64')
    return request.headers.authorization === `Basic ${expected}`
  }

  async #run(sql: string, search: URLSearchParams): Promise<Answer> {
    const settings = settingsOf(search)
    // what is SET stays in a session, so a request with settings has one of its own
    const session = settings === null ? this.#session : new chdb.Session(this.#options.directory)
    try {
      if (settings !== null) {
        const database = search.get('database')
        if (database !== null) await session.queryAsync(`USE ${database}`)
        await session.queryAsync(settings)
      }
      const result = await session.queryAsync(sql, { format: 'TabSeparated' })
      return { kind: 'done', bytes: Buffer.from(result.bytes()) }
    } catch (error) {
      return { kind: 'failed', message: messageOf(error) }
    } finally {
      if (settings !== null) session.close()
    }
  }
}

type Answer = { readonly kind: 'done'; readonly bytes: Buffer } | { readonly kind: 'failed'; readonly message: string }

/** Parameters of the request that are none of its settings. */
const RESERVED = new Set(['query', 'database', 'query_id', 'session_id', 'role', 'default_format', 'wait_end_of_query'])
const HTTP_ONLY = /^(enable_http_compression|http_|send_progress)/

/** A SET statement of all settings and bound parameters; `null` where there are none. */
function settingsOf(search: URLSearchParams): string | null {
  const settings = [...search].filter(([name]) => !RESERVED.has(name) && !HTTP_ONLY.test(name))
  if (settings.length === 0) return null
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  return `SET ${settings.map(([name, value]) => `${name} = ${quote(value)}`).join(', ')}`
}

/** As the server words it: the client reads the code from the text. */
function messageOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (/Code: \d+\. DB::Exception/.test(at.message)) return at.message
  }
  const code = error instanceof Error && 'clickhouseCode' in error ? Number(error.clickhouseCode) : 1002
  return `Code: ${code}. DB::Exception: ${error instanceof Error ? error.message : String(error)} (UNKNOWN_EXCEPTION)`
}

const STATUS: Readonly<Record<string, number>> = { 60: 404, 81: 404, 516: 403, 241: 503 }

function sendError(response: ServerResponse, message: string): void {
  const code = /Code: (\d+)\./.exec(message)?.[1] ?? '1002'
  response.setHeader('X-ClickHouse-Exception-Code', code)
  send(response, STATUS[code] ?? 500, message)
}

function send(response: ServerResponse, status: number, body: string | Buffer): void {
  response.statusCode = status
  response.end(body)
}

// As a process of its own: `node test/parts/clickhouse.ts DIRECTORY [PORT]`; prints its address, ends with its parent's SIGTERM.
if (import.meta.main) {
  const [directory, port] = process.argv.slice(2)
  if (directory === undefined) throw new Error('which directory?')
  const front = await startClickHouse({ directory, port: Number(port ?? 0) })
  process.stdout.write(`${front.url}\n`)
  process.once('SIGTERM', () => {
    front.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  })
}
