import type { EpochMs } from '#src/call/call.ts'
import { DrainRun } from './drain-run.ts'
import type { LaneRun } from './lane.ts'
import { checkPartition, Spread } from './ledger.ts'
import { MemoryLedger } from './memory/ledger.ts'
import { fairSchedule, type Schedule } from './memory/schedule.ts'
import { Settler } from './memory/settler.ts'
import { MemoryStorage, type StorageOptions } from './memory/storage.ts'
import type { CommitProbe } from './probe.ts'
import { lagOf, laneNames, Stages, transformRuns } from './stages.ts'
import type { Drain, Lag, Produced, Running, Stream, StreamEvents, StreamRecord, Topic, Transform } from './stream.ts'

export { fairSchedule, type Schedule, shakenSchedule } from './memory/schedule.ts'
export { MemoryStorage } from './memory/storage.ts'

export interface MemoryOptions extends StorageOptions {
  /** A storage to share with another stream, as two processes share a broker; the options of storage then say nothing. */
  readonly storage?: MemoryStorage
  /**
   * What lets lanes run: `settle` and `finish`, step by step in the order of a schedule and without any timer, or the
   * clock, as in the other streams. `settle` unless given.
   */
  readonly driver?: 'settle' | 'clock'
  /** For `settle`; the fair one unless given. */
  readonly schedule?: Schedule
  /** The stream's time, for `appendedAt` and `idle`. 0 unless given: then nothing depends on when it ran. */
  readonly now?: () => EpochMs
  readonly events?: StreamEvents
  readonly probe?: CommitProbe
}

/** One record to append as it was appended elsewhere. */
export interface MemoryRecord {
  readonly key: string | null
  readonly value: Uint8Array
  /** `null` where nobody knows: a file. */
  readonly appendedAt: EpochMs | null
}

export interface MemoryStream extends Stream {
  /** Runs all lanes until nothing is left to read. Rejects when a lane fails again and again. Only with the `settle` driver. */
  settle(): Promise<void>
  /**
   * The end of a finite input: settles, tells every lane that reads `calls` that it is idle at `Infinity`, settles again.
   * Only with the `settle` driver.
   */
  finish(): Promise<void>
  /** The records that are still there, in the order of partitions and positions. */
  records(topic: Topic): readonly StreamRecord[]
  /** The value is kept, not copied. No lane is woken: call `settle`. */
  appendRecord(topic: Topic, partition: number, record: MemoryRecord): void
}

/** A stream for tests, replay and backtests: what it keeps is gone with the process. */
export function memoryStream(options: MemoryOptions = {}): MemoryStream {
  const now = options.now ?? (() => 0)
  const events = options.events ?? {}
  const storage = options.storage ?? new MemoryStorage(options)
  const ledger = new MemoryLedger(storage, options.probe ?? null, now)
  const base = { storage, ledger, spread: new Spread(), now }
  if (options.driver === 'clock') return onTheClock(base, events)
  return onSettle(base, events, options.schedule ?? fairSchedule())
}

interface Base {
  readonly storage: MemoryStorage
  readonly ledger: MemoryLedger
  readonly spread: Spread
  readonly now: () => EpochMs
}

function onSettle(base: Base, events: StreamEvents, schedule: Schedule): MemoryStream {
  const settler = new Settler(schedule, events)
  const start = async (runs: readonly LaneRun[], batch: Transform['batch']): Promise<Running> => {
    for (const run of runs) base.ledger.register(run.name)
    await settler.add(runs, batch)
    return { stop: () => settler.remove(runs) }
  }
  const inputs: LaneRun[] = []
  return {
    ...common(base),
    async transform(transform) {
      const runs = transformRuns(base.ledger, events, transform)
      if (transform.input === 'calls') inputs.push(...runs)
      return start(runs, transform.batch)
    },
    async drain(drain) {
      const runs = laneNames(base.ledger, drain).map((name) => new DrainRun(base.ledger, events, drain, name, () => {}))
      return start(runs, drain.batch)
    },
    settle: () => settler.settle(),
    async finish() {
      await settler.settle()
      await settler.end(inputs)
      await settler.settle()
    },
    lag: () => lagOf(settler.runs),
    close: () => settler.remove(settler.runs),
  }
}

function onTheClock(base: Base, events: StreamEvents): MemoryStream {
  const stages = new Stages(base.ledger, events, base.now)
  const unwatch = base.storage.watch(() => stages.wake())
  const noSettle = () => Promise.reject(new Error('this stream is driven by the clock'))
  return {
    ...common(base),
    transform: async (transform: Transform) => stages.transform(transform),
    drain: async (drain: Drain) => stages.drain(drain),
    settle: noSettle,
    finish: noSettle,
    lag: (): readonly Lag[] => stages.lag(),
    async close() {
      unwatch()
      await stages.stop()
    },
  }
}

function common({ storage, ledger, spread, now }: Base) {
  return {
    async prepare(): Promise<void> {},
    async append(topic: Topic, records: readonly Produced[]): Promise<void> {
      for (const { partition } of records) checkPartition(ledger, topic, partition ?? null)
      const partitions = ledger.partitionsOf(topic)
      const at = now()
      for (const { key, value, partition } of records) {
        storage.append(topic, partition ?? spread.choose(key, partitions), key, value, at)
      }
      storage.limit()
      storage.announce()
    },
    records: (topic: Topic): readonly StreamRecord[] => storage.partitions(topic).flatMap(({ records }) => records),
    appendRecord(topic: Topic, partition: number, { key, value, appendedAt }: MemoryRecord): void {
      storage.append(topic, partition, key, value, appendedAt)
    },
  }
}
