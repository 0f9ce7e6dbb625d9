import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { EpochMs } from '#src/call/call.ts'
import type { CommitProbe } from './probe.ts'
import { openDatabase } from './sqlite/database.ts'
import { GroupCommit } from './sqlite/group-commit.ts'
import { SqliteLedger } from './sqlite/ledger.ts'
import { takeLock } from './sqlite/lock.ts'
import { Retention, type RetentionOptions } from './sqlite/retention.ts'
import { Stages } from './stages.ts'
import type { Stream, StreamEvents, Topic } from './stream.ts'

export { Held } from './sqlite/lock.ts'

export interface SqliteOptions {
  /** The directory; created if it is not there. One process owns it. */
  readonly path: string
  /** How many partitions each topic gets when the directory is new; 1 where none is named. Fixed from then on. */
  readonly partitions?: Partial<Record<Topic, number>>
  readonly retention?: RetentionOptions
  /** The file never grows beyond; what would is refused as on a full disk. Only the disk limits it unless given. */
  readonly maxFileBytes?: number
  /** How long an append may wait for others before it is written, milliseconds. 50 unless given. */
  readonly groupCommitMs?: number
  /** The stream's time. The system's clock unless given. */
  readonly now?: () => EpochMs
  readonly events?: StreamEvents
  readonly probe?: CommitProbe
}

export interface SqliteStream extends Stream {
  /**
   * Takes the directory, opens or creates the file.
   * @throws {Held} when another living process has the directory
   */
  prepare(): Promise<void>
  /** Keys and values that are kept, to be compared with the retention's limit. */
  bytes(): number
}

/** A group this large is written at once: it bounds memory, and how long a transaction holds the event loop. */
const GROUP = { records: 20_000, bytes: 16 * 1024 * 1024 }

/** SQLite's codes for a file that is damaged or is no database. */
const DAMAGED: ReadonlySet<unknown> = new Set([11, 26])

interface Opened {
  readonly ledger: SqliteLedger
  readonly stages: Stages
  readonly retention: Retention
  close(): Promise<void>
}

/** The stream of one machine: one file, one process, every commit on the disk before it is told. */
export function sqliteStream(options: SqliteOptions): SqliteStream {
  let state: Opened | null = null
  const opened = (): Opened => {
    if (state === null) throw new Error('prepare the stream first')
    return state
  }
  return {
    async prepare() {
      state ??= open(options)
    },
    transform: async (transform) => opened().stages.transform(transform),
    drain: async (drain) => opened().stages.drain(drain),
    append: async (topic, records) => opened().ledger.append(topic, records),
    lag: () => state?.stages.lag() ?? [],
    bytes: () => opened().retention.bytes,
    close: async () => state?.close(),
  }
}

function open(options: SqliteOptions): Opened {
  const events = options.events ?? {}
  const now = options.now ?? Date.now
  mkdirSync(options.path, { recursive: true })
  const lock = takeLock(options.path)
  try {
    const database = openDatabase(
      join(options.path, 'stream.sqlite'),
      options.partitions ?? {},
      options.maxFileBytes ?? null,
    )
    const failed = (error: unknown) => {
      if (isDamaged(error)) events.fatal?.(error)
    }
    const group = new GroupCommit(database.connection, {
      ...GROUP,
      everyMs: options.groupCommitMs ?? 50,
      committed: () => {
        if (ledger.settle()) stages.wake()
      },
      undone: (error) => {
        ledger.undo()
        failed(error)
      },
    })
    const ledger = new SqliteLedger(database, group, options.probe ?? null, now)
    const stages = new Stages(ledger, events, now)
    const retention = new Retention(database, options.retention ?? {}, failed)
    let closing: Promise<void> | null = null
    const close = async () => {
      retention.close()
      await stages.stop()
      group.close()
      database.connection.close()
      lock.release()
    }
    return {
      ledger,
      stages,
      retention,
      close() {
        closing ??= close()
        return closing
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

function isDamaged(error: unknown): error is Error {
  return error instanceof Error && 'errcode' in error && DAMAGED.has(error.errcode)
}
