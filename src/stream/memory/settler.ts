import type { LaneRun } from '../lane.ts'
import { type BatchLimits, Fenced, type StreamEvents } from '../stream.ts'
import type { Schedule } from './schedule.ts'

/** After so many failures of one lane in a row it is not chance: the failure ends the run. */
const FAILURES = 3

interface Settled {
  readonly run: LaneRun
  readonly batch: BatchLimits
  failures: number
}

/** Runs lanes without a clock, one step at a time in the order of a schedule, until nothing is left to read. */
export class Settler {
  readonly #schedule: Schedule
  readonly #events: StreamEvents
  readonly #lanes: Settled[] = []

  constructor(schedule: Schedule, events: StreamEvents) {
    this.#schedule = schedule
    this.#events = events
  }

  get runs(): readonly LaneRun[] {
    return this.#lanes.map(({ run }) => run)
  }

  async add(runs: readonly LaneRun[], batch: BatchLimits): Promise<void> {
    for (const run of runs) {
      await run.open()
      this.#lanes.push({ run, batch, failures: 0 })
    }
  }

  async remove(runs: readonly LaneRun[]): Promise<void> {
    for (const run of runs) {
      const index = this.#lanes.findIndex((lane) => lane.run === run)
      if (index >= 0) this.#lanes.splice(index, 1)
      await run.drop()
    }
  }

  /** Rejects with what a lane failed with, once it failed several times in a row. */
  async settle(): Promise<void> {
    for (;;) {
      const ready = this.#lanes.filter(({ run }) => run.behind() > 0)
      if (ready.length === 0) return
      const lane = ready[this.#schedule.next(ready.length)]!
      const most = Math.min(lane.batch.records, lane.run.behind())
      await this.#try(lane, () => lane.run.advance(this.#schedule.take(most)))
      if (this.#schedule.drop()) await this.#reopen(lane)
    }
  }

  /** The input of these lanes has ended. */
  async end(runs: readonly LaneRun[]): Promise<void> {
    for (const lane of this.#lanes.filter(({ run }) => runs.includes(run))) {
      for (let told = false; !told; ) {
        told = await this.#try(lane, () => lane.run.idle(Number.POSITIVE_INFINITY))
        // A lane that was opened again reads from its resume position; its input has not ended before that.
        if (!told) await this.settle()
      }
    }
  }

  /** Whether it went well; if not, the lane was opened again. */
  async #try(lane: Settled, act: () => Promise<void>): Promise<boolean> {
    try {
      await act()
      lane.run.check()
      lane.failures = 0
      return true
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
      this.#events.dropped?.(lane.run.name.stage, lane.run.source, reason)
      lane.failures += 1
      if (error instanceof Fenced || lane.failures >= FAILURES) throw error
      await this.#reopen(lane)
      return false
    }
  }

  async #reopen({ run }: Settled): Promise<void> {
    await run.drop()
    await run.open()
  }
}
