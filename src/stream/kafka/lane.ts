import type { Batch, Kafka } from 'kafkajs'
import type { EpochMs } from '#src/call/call.ts'
import type { BatchLimits, Lag, StreamRecord, Topic } from '../stream.ts'
import { Backlog } from './backlog.ts'
import { type Claim, claim, type Seat, type Shared } from './claim.ts'
import type { Undecodable } from './decoding.ts'
import type { Ends } from './ends.ts'
import { explain, isFencing, isHopeless } from './failures.ts'
import { type LaneProducer, laneProducer } from './lane-producer.ts'
import { toRecords } from './records.ts'

/** What is done with the records of one lane while it is open: a transform's steps or a drain's takes. */
export interface Work {
  take(records: readonly StreamRecord[]): Promise<void>
  idle(at: EpochMs): Promise<void>
  /** Called once, also after a failure. */
  close(): Promise<void>
}

/** How lanes of a stage are opened. */
export interface Kind {
  readonly batch: BatchLimits
  /** `null`: nobody wants to know. */
  readonly idleAfterMs: number | null
  readonly state: Topic | null
  readonly outputs: readonly Topic[]
  transactionalId(seat: Seat): string
  /** @param fail drops the lane after what is under way */
  open(seat: Seat, claim: Claim, producer: LaneProducer, fail: (error: Error) => void): Promise<Work>
}

/** The group that a lane belongs to, as the lane sees it. */
export interface Reader {
  /** Reads on from here. */
  read(lane: Lane, from: number): void
  pause(lane: Lane): void
  resume(lane: Lane): void
  /** Resolves when the group has confirmed this member at or after `since` (monotonic), or when the lane is over. */
  confirmed(lane: Lane, since: number): Promise<void>
}

/** A lane of a stage: opened, served until something fails, opened again; over when the group gives it away or stops. */
export class Lane {
  readonly seat: Seat
  readonly #kind: Kind
  readonly #shared: Shared
  readonly #client: Kafka
  readonly #reader: Reader
  readonly #backlog: Backlog
  #reading = false
  /** The position after the last one that was fetched. */
  #next = 0
  #high = 0
  #partitions = 0
  #full = false
  #end: 'lost' | 'stopped' | null = null
  #failure: Error | null = null
  #wake: () => void = () => {}
  #progressAt = performance.now()

  constructor(seat: Seat, kind: Kind, shared: Shared, client: Kafka, reader: Reader) {
    this.seat = seat
    this.#kind = kind
    this.#shared = shared
    this.#client = client
    this.#reader = reader
    this.#backlog = new Backlog(kind.batch)
  }

  get over(): boolean {
    return this.#end !== null
  }

  /** Whether records are wanted, and from where: after a rebalance the group starts from positions that may be older. */
  get reading(): { readonly next: number; readonly full: boolean } | null {
    return this.#reading ? { next: this.#next, full: this.#full } : null
  }

  get lag(): Lag | null {
    if (this.#partitions === 0) return null
    const position = this.#backlog.first ?? this.#next
    return { stage: this.seat.stage, source: this.seat.source, records: Math.max(0, this.#high - position) }
  }

  /** Another member has it now: nothing more is begun. What is under way is refused by the brokers once that member opens. */
  lose(): void {
    this.#end ??= 'lost'
    this.#wake()
  }

  /** Finishes what is under way. */
  stop(): void {
    this.#end ??= 'stopped'
    this.#wake()
  }

  /** Never rejects: what fails is told, and tried again. */
  async run(): Promise<void> {
    const { limits, events } = this.#shared.settings
    const { stage, source } = this.seat
    let failures = 0
    while (this.#end === null) {
      try {
        await this.#serve(() => {
          failures = 0
        })
      } catch (error) {
        failures++
        if (this.#end === 'lost') events.lost?.(stage, source, explain(error))
        else events.dropped?.(stage, source, explain(error))
        if (isHopeless(error)) events.fatal?.(error as Error)
        if (this.over) return
        await this.#rest(Math.min(limits.backoffMs, 25 * 2 ** Math.min(failures, 16)) * (0.8 + Math.random() * 0.4))
        // A fenced lane may belong to another member, which the group knows better: reopening would fence that one in turn.
        const since = isFencing(error) ? performance.now() : performance.now() - limits.sessionMs / 2
        await this.#reader.confirmed(this, since)
      }
    }
  }

  /** Takes what was fetched, if it is what comes next. */
  receive(batch: Batch & { readonly fetchedOffset?: string }): void {
    if (!this.#reading) return
    const fetched = Number(batch.fetchedOffset ?? batch.firstOffset())
    if (fetched > this.#next) {
      // Records are missing in between; whether they are gone for good shows when reading goes on from where it was.
      this.#reader.read(this, this.#next)
      return
    }
    this.#high = Number(batch.highWatermark)
    const records = toRecords(batch, this.seat.source, this.#next, (what) => this.#lost(what))
    this.#backlog.add(records, performance.now())
    this.passed(Number(batch.lastOffset()))
    if (this.#backlog.bytes > this.#shared.settings.limits.queueBytes) {
      this.#full = true
      this.#reader.pause(this)
    }
    this.#wake()
  }

  #lost({ from, to, reason }: Undecodable): void {
    const { stage, source } = this.seat
    const { events, log } = this.#shared.settings
    log('error', 'a batch of records could not be decoded', { stage, source, from, to, reason })
    events.gap?.({ stage, source, from: Math.max(from, this.#next), to })
  }

  /** Everything up to here was read, even if it held nothing for readers. */
  passed(last: number): void {
    if (!this.#reading || last < this.#next) return
    this.#next = last + 1
    this.#progressAt = performance.now()
  }

  /** Where the topic's partitions begin and end, asked for after `next` was this lane's position. */
  observe(ends: readonly Ends[], next: number): void {
    const mine = ends[this.seat.partition]
    if (mine === undefined || !this.#reading) return
    this.#high = Math.max(mine.high, this.#next)
    if (mine.low > next && this.#next === next) this.#fail(new Error(`retention has passed the read position ${next}`))
    if (ends.length !== this.#partitions) this.#fail(new Error(`the topic has ${ends.length} partitions now`))
    if (this.#full || this.#high === this.#next) this.#progressAt = performance.now()
  }

  /** For how long this lane got nothing although there is something to read; milliseconds. */
  get stalledFor(): number {
    return this.#reading ? performance.now() - this.#progressAt : 0
  }

  async #serve(progress: () => void): Promise<void> {
    const { settings } = this.#shared
    this.#failure = null
    const producer = await laneProducer(this.#client, settings, this.#kind.transactionalId(this.seat))
    try {
      const read = this.#partitions === 0 ? null : this.#next
      const wants = { state: this.#kind.state, topics: this.#kind.outputs, read }
      const claimed = await claim(this.#shared, this.seat, producer, wants)
      if (this.over) return
      const fail = (error: Error) => this.#fail(error)
      const work = await this.#kind.open(this.seat, claimed, producer, fail)
      try {
        settings.events.opened?.(this.seat.stage, this.seat.source, claimed.resume)
        this.#begin(claimed)
        await this.#loop(work, progress)
      } finally {
        this.#reading = false
        this.#reader.pause(this)
        // What was fetched and never taken was not read: where retention takes it meanwhile it is missing.
        this.#next = this.#backlog.first ?? this.#next
        this.#backlog.clear()
        await work.close()
      }
    } finally {
      await producer.close()
    }
  }

  #begin({ from, partitions }: Claim): void {
    this.#next = from
    this.#partitions = partitions.get(this.seat.topic)!
    this.#full = false
    this.#reading = true
    this.#progressAt = performance.now()
    this.#reader.read(this, from)
  }

  async #loop(work: Work, progress: () => void): Promise<void> {
    const { idleAfterMs } = this.#kind
    const never = Number.POSITIVE_INFINITY
    const afterActivity = () => (idleAfterMs === null ? never : performance.now() + idleAfterMs)
    let idleAt = afterActivity()
    for (;;) {
      if (this.#failure !== null) throw this.#failure
      // Given to another member or stopped: no failure. What was read and not committed is read again by the next owner.
      if (this.#end !== null) return
      const now = performance.now()
      const dueIn = this.#full ? 0 : this.#backlog.dueIn(now)
      const idleIn = this.#backlog.empty ? idleAt - now : never
      if (dueIn <= 0) {
        await this.#work(work, this.#take())
        progress()
        idleAt = afterActivity()
      } else if (idleIn <= 0) {
        idleAt = (await this.#idle(work)) ? afterActivity() : performance.now() + 50
      } else await this.#rest(Math.min(dueIn, idleIn))
    }
  }

  async #work(work: Work, records: readonly StreamRecord[]): Promise<void> {
    try {
      await work.take(records)
    } catch (error) {
      this.#backlog.clear()
      this.#next = records[0]?.position ?? this.#next
      throw error
    }
  }

  #take(): StreamRecord[] {
    const records = this.#backlog.take()
    if (this.#full && this.#backlog.bytes < this.#shared.settings.limits.queueBytes / 2) {
      this.#full = false
      this.#reader.resume(this)
    }
    return records
  }

  /** Idle is a statement about the source: only a fresh answer of the brokers can say that nothing was left unread. */
  async #idle(work: Work): Promise<boolean> {
    const at = Date.now()
    const { settings, ends } = this.#shared
    const physical = settings.physical(this.seat.topic)
    const answer = await ends.ask(physical).catch((error: unknown) => {
      settings.log('debug', 'the ends of a topic are unknown', { topic: physical, error: explain(error) })
      return null
    })
    const high = answer?.[this.seat.partition]?.high
    if (high === undefined || high > this.#next || !this.#backlog.empty || this.over || this.#failure !== null)
      return false
    await work.idle(at)
    return true
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wake()
  }

  /** Until something happens, or so many milliseconds. */
  #rest(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = ms < 1e9 ? setTimeout(resolve, ms) : null
    this.#wake = resolve
    return promise.finally(() => clearTimeout(timer ?? undefined))
  }
}
