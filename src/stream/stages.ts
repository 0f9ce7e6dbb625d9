import { DrainRun } from './drain-run.ts'
import { Driver, Signal } from './driver.ts'
import type { LaneRun } from './lane.ts'
import type { Ledger } from './ledger.ts'
import type { BatchLimits, Drain, Lag, Running, StreamEvents, Transform } from './stream.ts'
import { TransformRun } from './transform-run.ts'

/** The stages that run on one ledger by the clock, each lane with a driver of its own. */
export class Stages {
  readonly #ledger: Ledger
  readonly #events: StreamEvents
  readonly #now: () => number
  readonly #drivers = new Set<Driver>()

  constructor(ledger: Ledger, events: StreamEvents, now: () => number) {
    this.#ledger = ledger
    this.#events = events
    this.#now = now
  }

  transform(transform: Transform): Running {
    const runs = transformRuns(this.#ledger, this.#events, transform)
    return this.#start(runs.map((run) => this.#drive(run, new Signal(), transform.batch, transform.idleAfterMs)))
  }

  drain(drain: Drain): Running {
    const drivers = laneNames(this.#ledger, drain).map((name) => {
      const signal = new Signal()
      const run = new DrainRun(this.#ledger, this.#events, drain, name, () => signal.ring())
      return this.#drive(run, signal, drain.batch, Number.POSITIVE_INFINITY)
    })
    return this.#start(drivers)
  }

  /** New records became visible. */
  wake(): void {
    for (const driver of this.#drivers) driver.wake()
  }

  lag(): readonly Lag[] {
    return lagOf([...this.#drivers].map(({ run }) => run))
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#drivers].map((driver) => this.#stop(driver)))
  }

  #drive(run: LaneRun, signal: Signal, batch: BatchLimits, idleAfterMs: number): Driver {
    this.#ledger.register(run.name)
    return new Driver({ run, batch, idleAfterMs, events: this.#events, signal, now: this.#now })
  }

  #start(drivers: readonly Driver[]): Running {
    for (const driver of drivers) this.#drivers.add(driver)
    return {
      stop: async () => {
        await Promise.all(drivers.map((driver) => this.#stop(driver)))
      },
    }
  }

  async #stop(driver: Driver): Promise<void> {
    await driver.stop()
    this.#drivers.delete(driver)
  }
}

export function transformRuns(ledger: Ledger, events: StreamEvents, transform: Transform): TransformRun[] {
  const partitions = ledger.partitionsOf(transform.input)
  return Array.from({ length: partitions }, (_, partition) => new TransformRun(ledger, events, transform, partition))
}

/** The lanes of a drain: one for each partition of each input. */
export function laneNames(ledger: Ledger, drain: Drain) {
  return drain.inputs.flatMap((topic) =>
    Array.from({ length: ledger.partitionsOf(topic) }, (_, partition) => ({ stage: drain.stage, topic, partition })),
  )
}

export function lagOf(runs: readonly LaneRun[]): Lag[] {
  return runs.map((run) => ({ stage: run.name.stage, source: run.source, records: run.behind() }))
}
