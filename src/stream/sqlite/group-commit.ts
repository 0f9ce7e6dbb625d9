import type { DatabaseSync } from 'node:sqlite'
import { Fenced } from '../stream.ts'

interface Entry {
  readonly apply: () => void
  readonly done: PromiseWithResolvers<void>
}

export interface GroupCommitOptions {
  /** How long the first write of a group waits for others, milliseconds. */
  readonly everyMs: number
  /** A group this large does not wait, and bounds what is held in memory. */
  readonly records: number
  readonly bytes: number
  /** Called after each transaction that took effect, before those who wait for it are told. */
  readonly committed: () => void
  /** Called after each transaction that did not: what `apply` did outside the database is to be undone. */
  readonly undone: (error: unknown) => void
}

/** Puts the writes of a few milliseconds into one transaction, because each transaction waits for the disk. */
export class GroupCommit {
  readonly #connection: DatabaseSync
  readonly #options: GroupCommitOptions
  #entries: Entry[] = []
  #records = 0
  #bytes = 0
  #timer: NodeJS.Timeout | null = null
  #soon: NodeJS.Immediate | null = null
  #closed = false

  constructor(connection: DatabaseSync, options: GroupCommitOptions) {
    this.#connection = connection
    this.#options = options
  }

  /**
   * Resolves once what `apply` writes is on the disk. `apply` runs inside the transaction. It may throw `Fenced` as long as
   * it has written nothing: that refuses this write alone; anything else undoes the group. `hurry`: do not wait for others.
   */
  add(apply: () => void, records: number, bytes: number, hurry: boolean): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the stream is closed'))
    const done = Promise.withResolvers<void>()
    this.#entries.push({ apply, done })
    this.#records += records
    this.#bytes += bytes
    if (this.#records >= this.#options.records || this.#bytes >= this.#options.bytes) this.flush()
    else if (hurry) this.#soon ??= setImmediate(() => this.flush())
    else this.#timer ??= setTimeout(() => this.flush(), this.#options.everyMs)
    return done.promise
  }

  /** Commits what is there now. Never throws: those who wait are told. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#soon !== null) clearImmediate(this.#soon)
    this.#timer = null
    this.#soon = null
    const entries = this.#entries
    if (entries.length === 0) return
    this.#entries = []
    this.#records = 0
    this.#bytes = 0
    const refused = new Map<Entry, Fenced>()
    try {
      this.#connection.exec('BEGIN IMMEDIATE')
      for (const entry of entries) {
        const fenced = applied(entry)
        if (fenced !== null) refused.set(entry, fenced)
      }
      this.#connection.exec('COMMIT')
    } catch (error) {
      this.#rollBack(entries, error)
      return
    }
    this.#options.committed()
    for (const entry of entries) {
      if (refused.has(entry)) entry.done.reject(refused.get(entry))
      else entry.done.resolve()
    }
  }

  close(): void {
    this.flush()
    this.#closed = true
  }

  #rollBack(entries: readonly Entry[], error: unknown): void {
    let told = error
    try {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK')
    } catch (second) {
      told = new AggregateError([error, second], 'neither committed nor rolled back')
    }
    this.#options.undone(told)
    for (const { done } of entries) done.reject(told)
  }
}

/** What refused it, alone. */
function applied(entry: Entry): Fenced | null {
  try {
    entry.apply()
    return null
  } catch (error) {
    if (error instanceof Fenced) return error
    throw error
  }
}
