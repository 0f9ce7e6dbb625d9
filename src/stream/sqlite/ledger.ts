import type { StatementSync } from 'node:sqlite'
import type { EpochMs } from '#src/call/call.ts'
import { type Claim, checkPartition, checkStep, type LaneName, type Ledger, Spread } from '../ledger.ts'
import type { CommitProbe } from '../probe.ts'
import { Fenced, type Position, type Produced, type Step, type StreamRecord, type Topic } from '../stream.ts'
import type { Database, Log } from './database.ts'
import type { GroupCommit } from './group-commit.ts'

/** One read holds at most so much, so that large records do not fill the memory; always at least one record. */
const READ_BYTES = 16 * 1024 * 1024

/** A record on its way into a log. */
interface Placed {
  readonly key: string | null
  readonly value: Uint8Array
}

/** A ledger in one SQLite file. */
export class SqliteLedger implements Ledger {
  readonly #database: Database
  readonly #group: GroupCommit
  readonly #probe: CommitProbe | null
  readonly #now: () => EpochMs
  readonly #spread = new Spread()
  /** What the open transaction changed; becomes true when it is committed. */
  readonly #pending = new Map<Log, { next: Position; bytes: number }>()
  readonly #allocate: StatementSync
  readonly #register: StatementSync
  readonly #claim: StatementSync
  readonly #restore: StatementSync
  readonly #move: StatementSync
  readonly #put: StatementSync
  readonly #delete: StatementSync

  constructor(database: Database, group: GroupCommit, probe: CommitProbe | null, now: () => EpochMs) {
    this.#database = database
    this.#group = group
    this.#probe = probe
    this.#now = now
    const prepare = (sql: string) => database.connection.prepare(sql)
    this.#allocate = prepare(
      'UPDATE partitions SET next = next + ?, bytes = bytes + ? WHERE id = ? RETURNING next, bytes',
    )
    this.#register = prepare('INSERT OR IGNORE INTO lanes (stage, topic, partition) VALUES (?, ?, ?)')
    this.#claim = prepare(
      'UPDATE lanes SET epoch = epoch + 1 WHERE stage = ? AND topic = ? AND partition = ? RETURNING epoch, resume, note',
    )
    this.#restore = prepare('SELECT key, value FROM state WHERE topic = ? AND partition = ?')
    this.#move = prepare(
      'UPDATE lanes SET resume = ?, note = ? WHERE stage = ? AND topic = ? AND partition = ? AND epoch = ?',
    )
    this.#put = prepare('INSERT OR REPLACE INTO state (topic, partition, key, value) VALUES (?, ?, ?, ?)')
    this.#delete = prepare('DELETE FROM state WHERE topic = ? AND partition = ? AND key = ?')
  }

  partitionsOf(topic: Topic): number {
    return this.#logs(topic).length
  }

  sourceOf(topic: Topic, partition: number): string {
    return this.#log(topic, partition).source
  }

  register({ stage, topic, partition }: LaneName): void {
    this.#register.run(stage, topic, partition)
  }

  claim(lane: LaneName, stateTopic: Topic | null): Claim {
    const row = this.#claim.get(lane.stage, lane.topic, lane.partition)
    if (row === undefined) throw new Error(`lane ${lane.stage} of ${lane.topic}/${lane.partition} is not registered`)
    const state = new Map<string, Uint8Array>()
    if (stateTopic !== null) {
      for (const { key, value } of this.#restore.iterate(stateTopic, lane.partition)) {
        state.set(key as string, value as Uint8Array)
      }
    }
    const resume = row.resume === null ? null : Number(row.resume)
    return { lane, stateTopic, epoch: Number(row.epoch), resume, note: String(row.note), state }
  }

  first(topic: Topic, partition: number): Position {
    return this.#log(topic, partition).first
  }

  end(topic: Topic, partition: number): Position {
    return this.#log(topic, partition).next
  }

  read(topic: Topic, partition: number, from: Position, limit: number): readonly StreamRecord[] {
    const { read, source } = this.#log(topic, partition)
    const records: StreamRecord[] = []
    let bytes = 0
    for (const row of read.iterate(from, limit)) {
      const [position, appendedAt, key, value] = row as unknown as [number, number, string | null, Uint8Array]
      records.push({ source, position, appendedAt, key, value, headers: null })
      bytes += value.length
      if (bytes >= READ_BYTES) break
    }
    return records
  }

  async commit(claim: Claim, step: Step, more: boolean): Promise<void> {
    checkStep(this, claim, step)
    const { stage, topic, partition } = claim.lane
    const { source } = this.#log(topic, partition)
    const placed = this.#place(step.appends)
    let bytes = weigh(placed)
    for (const { value } of step.state) bytes += value?.length ?? 0
    if (this.#probe !== null) await this.#probe.before?.(stage, source)
    await this.#group.add(() => this.#apply(claim, step, placed), step.appends.length + step.state.length, bytes, more)
    if (this.#probe !== null) await this.#probe.after?.(stage, source)
  }

  /** Resolves once all records are on the disk. */
  async append(topic: Topic, records: readonly Produced[]): Promise<void> {
    for (const { partition } of records) checkPartition(this, topic, partition ?? null)
    if (records.length === 0) return
    const placed = this.#place(
      records.map(({ key, value, partition }) => ({ topic, partition: partition ?? null, key, value })),
    )
    await this.#group.add(() => this.#write(placed), records.length, weigh(placed), false)
  }

  /** The open transaction was committed: new ends are seen. Answers whether there are any. */
  settle(): boolean {
    const grown = this.#pending.size > 0
    for (const [log, { next, bytes }] of this.#pending) {
      log.next = next
      log.bytes = bytes
    }
    this.#pending.clear()
    return grown
  }

  /** The open transaction was rolled back. */
  undo(): void {
    this.#pending.clear()
  }

  #apply(claim: Claim, step: Step, placed: ReadonlyMap<Log, readonly Placed[]>): void {
    const { stage, topic, partition } = claim.lane
    const moved = this.#move.run(step.resume, step.note, stage, topic, partition, claim.epoch)
    if (Number(moved.changes) === 0) throw new Fenced(`lane ${stage} of ${topic}/${partition} has a newer owner`)
    this.#write(placed)
    for (const { key, value } of step.state) {
      if (value === null) this.#delete.run(claim.stateTopic, partition, key)
      else this.#put.run(claim.stateTopic, partition, key, value)
    }
  }

  #write(placed: ReadonlyMap<Log, readonly Placed[]>): void {
    const at = this.#now()
    for (const [log, records] of placed) {
      const row = this.#allocate.get(records.length, weighAll(records), log.id)
      const next = Number(row?.next)
      this.#pending.set(log, { next, bytes: Number(row?.bytes) })
      let position = next - records.length
      for (const { key, value } of records) log.insert.run(position++, at, key, value)
    }
  }

  #place(records: Step['appends']): Map<Log, Placed[]> {
    const placed = new Map<Log, Placed[]>()
    for (const record of records) {
      const logs = this.#logs(record.topic)
      const log = logs[record.partition ?? this.#spread.choose(record.key, logs.length)]!
      const list = placed.get(log)
      if (list === undefined) placed.set(log, [record])
      else list.push(record)
    }
    return placed
  }

  #logs(topic: Topic): readonly Log[] {
    const logs = this.#database.logs.get(topic)
    if (logs === undefined) throw new RangeError(`no topic ${topic}`)
    return logs
  }

  #log(topic: Topic, partition: number): Log {
    const log = this.#logs(topic)[partition]
    if (log === undefined) throw new RangeError(`partition ${partition} of ${topic}`)
    return log
  }
}

function weigh(placed: ReadonlyMap<Log, readonly Placed[]>): number {
  let bytes = 0
  for (const records of placed.values()) bytes += weighAll(records)
  return bytes
}

function weighAll(records: readonly Placed[]): number {
  let bytes = 0
  for (const { key, value } of records) bytes += value.length + (key === null ? 0 : Buffer.byteLength(key))
  return bytes
}
