import { type Drain, type DrainLane, Fenced, type StreamRecord } from '../stream.ts'
import type { Claim, Seat } from './claim.ts'
import { explain, isFencing } from './failures.ts'
import type { Kind, Work } from './lane.ts'
import type { LaneProducer } from './lane-producer.ts'
import type { Settings } from './options.ts'
import { checkPosition } from './transform-lanes.ts'

/**
 * How the lanes of a drain are opened. Their positions are committed in transactions too: the library would repeat a
 * plain commit under a later generation of the group, for a partition that has another owner by then.
 */
export function drainLanes(drain: Drain, settings: Settings): Kind {
  return {
    batch: drain.batch,
    idleAfterMs: null,
    state: null,
    outputs: [],
    transactionalId: ({ topic, partition }) => settings.transactionalId(drain.stage, topic, partition),
    async open(seat, claim, producer, fail) {
      const takes = new Takes(seat, producer, settings, fail)
      await takes.open(drain, claim)
      return takes
    },
  }
}

class Takes implements Work {
  readonly #seat: Seat
  readonly #producer: LaneProducer
  readonly #settings: Settings
  readonly #fail: (error: Error) => void
  #lane: DrainLane | null = null
  /** Commits go one after the other: a producer has one transaction at a time. */
  #commits: Promise<void> = Promise.resolve()
  #refused: Error | null = null

  constructor(seat: Seat, producer: LaneProducer, settings: Settings, fail: (error: Error) => void) {
    this.#seat = seat
    this.#producer = producer
    this.#settings = settings
    this.#fail = fail
  }

  async open(drain: Drain, { resume, note }: Claim): Promise<void> {
    const { topic, source, partition } = this.#seat
    const commit = (at: number, with_: string) => this.#commit(at, with_)
    this.#lane = await drain.open({ topic, source, partition, resume, note, commit })
  }

  async take(records: readonly StreamRecord[]): Promise<void> {
    const { stage, source } = this.#seat
    const began = performance.now()
    await this.#lane!.take(records)
    this.#settings.events.stepped?.(stage, source, records.length, performance.now() - began, 0)
  }

  async idle(): Promise<void> {}

  async close(): Promise<void> {
    const { stage, source } = this.#seat
    try {
      await this.#lane?.close()
    } catch (error) {
      this.#settings.log('warn', 'a lane did not close', { stage, source, error: explain(error) })
    }
    await this.#commits.catch(() => {})
    this.#refused ??= new Fenced(`the lane of ${source} is closed`)
  }

  #commit(resume: number, note: string): Promise<void> {
    const done = this.#commits.then(() => this.#send(resume, note))
    // A refusal reaches who asked for the commit; here only the order matters.
    this.#commits = done.catch(() => {})
    return done
  }

  async #send(resume: number, note: string): Promise<void> {
    const { stage, topic, partition, source } = this.#seat
    const { options } = this.#settings
    if (this.#refused !== null) throw this.#refused
    try {
      checkPosition({ resume, note })
      const position = {
        group: this.#settings.group(stage),
        topic: this.#settings.physical(topic),
        partition,
        resume,
        note,
      }
      await this.#producer.commit([], position, async () => options.probe?.before?.(stage, source))
      await options.probe?.after?.(stage, source)
    } catch (error) {
      const refused = isFencing(error) ? new Fenced(`${source}: ${explain(error)}`, { cause: error }) : (error as Error)
      this.#refused = refused
      this.#fail(refused)
      throw refused
    }
  }
}
