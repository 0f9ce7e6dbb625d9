import type { StatementSync } from 'node:sqlite'
import { COMPACTED } from '../ledger.ts'
import type { Position } from '../stream.ts'
import type { Database, Log } from './database.ts'

export interface RetentionOptions {
  /** Keys and values of all topics; beyond it the oldest records go, whoever still needs them. 10 GiB unless given. */
  readonly bytes?: number
  /** How many records stay behind the slowest reader, so that a resume position can go back. 1,000 unless given. */
  readonly slackRecords?: number
  /** How often it looks, milliseconds. 1,000 unless given. */
  readonly everyMs?: number
}

/** So many records of a partition go in one transaction: it must not hold up the commits of lanes. */
const CHUNK = 10_000

/** Deletes what every reader has passed and, beyond the size limit, the oldest. */
export class Retention {
  readonly #database: Database
  readonly #limit: number
  readonly #slack: number
  readonly #slowest: StatementSync
  readonly #forget: StatementSync
  readonly #timer: NodeJS.Timeout

  /** `failed` is told of each turn that went wrong; the next one tries again. */
  constructor(database: Database, options: RetentionOptions, failed: (error: unknown) => void) {
    this.#database = database
    this.#limit = options.bytes ?? 10 * 1024 ** 3
    this.#slack = options.slackRecords ?? 1_000
    this.#slowest = database.connection.prepare(
      'SELECT min(coalesce(resume, 0)) AS passed FROM lanes WHERE topic = ? AND partition = ?',
    )
    this.#forget = database.connection.prepare('UPDATE partitions SET first = ?, bytes = ? WHERE id = ?')
    this.#timer = setInterval(() => {
      try {
        this.turn()
      } catch (error) {
        failed(error)
      }
    }, options.everyMs ?? 1_000)
    this.#timer.unref()
  }

  /** Keys and values that are kept. */
  get bytes(): number {
    return this.#logs().reduce((sum, { bytes }) => sum + bytes, 0)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Deletes one chunk of each partition that every reader has passed, then what is too much. */
  turn(): void {
    for (const log of this.#logs()) {
      const to = Math.min(this.#passed(log) - this.#slack, log.first + CHUNK)
      // Small remainders wait: a transaction costs a wait for the disk.
      if (to - log.first >= Math.min(this.#slack, CHUNK)) this.#remove(log, to)
    }
    while (this.bytes > this.#limit) {
      const log = this.#logWithTheOldest()
      if (log === null) return
      const count = Math.min(CHUNK, Math.max(1, (log.next - log.first) >> 4))
      this.#remove(log, log.first + count)
    }
  }

  #logs(): Log[] {
    return [...this.#database.logs.values()].flat().filter(({ topic }) => !COMPACTED.has(topic))
  }

  /** Up to where every reader of the partition has committed; 0 where it has none. */
  #passed(log: Log): Position {
    return Number(this.#slowest.get(log.topic, log.partition)?.passed ?? 0)
  }

  #logWithTheOldest(): Log | null {
    let oldest: { readonly log: Log; readonly at: number } | null = null
    for (const log of this.#logs()) {
      const [row] = log.read.all(log.first, 1) as unknown as [number, number, string | null, Uint8Array][]
      if (row !== undefined && (oldest === null || row[1] < oldest.at)) oldest = { log, at: row[1] }
    }
    return oldest?.log ?? null
  }

  #remove(log: Log, to: Position): void {
    const { connection } = this.#database
    const bytes = log.bytes - Number(log.weigh.get(to)?.bytes ?? 0)
    connection.exec('BEGIN IMMEDIATE')
    try {
      log.remove.run(to)
      this.#forget.run(to, bytes, log.id)
      connection.exec('COMMIT')
    } catch (error) {
      if (connection.isTransaction) connection.exec('ROLLBACK')
      throw error
    }
    log.first = to
    log.bytes = bytes
  }
}
