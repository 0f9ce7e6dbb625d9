import type { createClient } from '@clickhouse/client'
import { QueryFailed } from './outcome.ts'

type Client = ReturnType<typeof createClient>

/** Queries of the embedded engine that run at once; its own threads do the work. */
const MOST_SESSIONS = 4
/** Queries that wait for one of them. */
const MOST_WAITING = 1_000

/**
 * Sessions of the embedded engine, each used for one query at a time and never again after a failure: what a query had put out
 * before it failed can stand in front of the next answer of its session (chdb 3.4.0).
 */
export class Sessions {
  readonly #start: () => Promise<Client>
  readonly #idle: Client[] = []
  readonly #waiting: PromiseWithResolvers<void>[] = []
  #open = 0
  #closed = false

  constructor(start: () => Promise<Client>) {
    this.#start = start
  }

  async use<T>(query: (client: Client) => Promise<T>): Promise<T> {
    while (this.#open >= MOST_SESSIONS && this.#idle.length === 0 && !this.#closed) await this.#turn()
    if (this.#closed) throw new QueryFailed('away', 'the store is closed')
    const client = this.#idle.pop() ?? (await this.#another())
    let sound = false
    try {
      const answer = await query(client)
      sound = true
      return answer
    } finally {
      if (sound && !this.#closed) this.#idle.push(client)
      else await this.#drop(client)
      this.#waiting.shift()?.resolve()
    }
  }

  /** Sessions in use go when their queries are over. */
  async close(): Promise<void> {
    this.#closed = true
    for (const turn of this.#waiting.splice(0)) turn.resolve()
    await Promise.all(this.#idle.splice(0).map((client) => this.#drop(client)))
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= MOST_WAITING) throw new QueryFailed('away', `${MOST_WAITING} queries are waiting`)
    const turn = Promise.withResolvers<void>()
    this.#waiting.push(turn)
    return turn.promise
  }

  async #another(): Promise<Client> {
    this.#open++
    try {
      return await this.#start()
    } catch (error) {
      this.#open--
      this.#waiting.shift()?.resolve()
      throw error
    }
  }

  async #drop(client: Client): Promise<void> {
    this.#open--
    await client.close()
  }
}
