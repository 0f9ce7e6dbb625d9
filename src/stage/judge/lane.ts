import type { AlertRecord } from '#src/alert/alert.ts'
import { type Telling, tellEarly, tellSettled, withdraw } from '#src/alert/told.ts'
import { type Block, readBlock, type TallyEntry } from '#src/baseline/block.ts'
import { blockOf } from '#src/baseline/blocks.ts'
import { Malformed } from '#src/baseline/bytes.ts'
import { serviceOfKey } from '#src/baseline/entity.ts'
import { byScope, SCOPES } from '#src/baseline/measure.ts'
import { Hearing } from '#src/detection/hearing.ts'
import { layoutsOf } from '#src/detection/plan.ts'
import type { Append, Opening, Step, StreamRecord } from '#src/stream/stream.ts'
import { accountsOf, spendingOf } from './accounts.ts'
import { Announced } from './announced.ts'
import { type Change, Changes, detachOrphans } from './changes.ts'
import { checkpoint, heardOf, restore } from './checkpoint.ts'
import { alarmedOf, closeTick, isAlarmed } from './close.ts'
import { Listening } from './listening.ts'
import { Notices } from './notices.ts'
import type { JudgeOptions } from './options.ts'
import { ResumePoint } from './resume.ts'
import { baselineRecord } from './rows.ts'
import { admitted, type Entity, Shard } from './shard.ts'
import { Tellings } from './tellings.ts'
import { NO_TALLIES, OpenTicks } from './ticks.ts'
import { EventTime } from './time.ts'

/**
 * A block whose event time is so far behind its append time was written in a catch-up. What it crosses is told when its tick closes,
 * which is soon: event time runs then. To look early costs as much as to judge, and would only make the catch-up longer.
 */
const CATCH_UP_MS = 300_000

/** Whose silence counts is judged once a block; to know of a few is plenty. */
const HEARD_BLOCKS = 6

/** How many records a lane reads without a commit, where it has nothing to tell and nothing to keep. */
const UNCOMMITTED_MOST = 1024

/** One partition of the tallies: its shards, their open ticks, and what was told. */
export class JudgeLane {
  readonly #options: JudgeOptions
  readonly #partition: number
  readonly #shards = new Map<number, Shard>()
  readonly #tellings = new Tellings()
  readonly #time: EventTime
  readonly #open: OpenTicks
  readonly #announced: Announced
  readonly #notices: Notices
  readonly #resume: ResumePoint
  /** Records before this were read in an earlier life: what of them is settled already is nothing late. */
  readonly #readBefore: number
  readonly #alarmed = new Map<Shard, Set<Entity>>()
  readonly #listening: Listening
  readonly #hearing: Hearing
  #dirty: Entity[] = []
  #seenInBlock: Entity[] = []
  /** The first tick that is not settled; -Infinity before the first. */
  #closed: number
  #savedAt: number
  #reportedAt: number | null = null
  #mergedSince = 0
  #catchesUp = false
  #uncommitted = 0
  #counts = { overflowed: 0, evicted: 0, lateAfterIdle: 0, malformed: 0 }
  #appends: Append[] = []

  constructor(options: JudgeOptions, opening: Opening) {
    this.#options = options
    this.#partition = opening.partition
    const { plan, calendar, entitiesPerShard, weightOf } = options
    this.#hearing = new Hearing(calendar.tickMs, HEARD_BLOCKS * calendar.ticksPerBlock, heardOf(opening.state))
    for (let shard = opening.partition; shard < options.shards; shard += opening.partitions)
      this.#shards.set(shard, new Shard(shard, plan, calendar, entitiesPerShard, weightOf, this.#hearing))
    this.#time = new EventTime(options.latenessMs, opening.state, opening.resume ?? 0)
    this.#open = new OpenTicks(byScope((scope) => plan[scope].layout))
    this.#announced = new Announced(options.openTallies)
    this.#notices = new Notices(plan, calendar)
    this.#listening = new Listening(plan, calendar)
    this.#resume = new ResumePoint(opening.resume ?? 0)
    this.#readBefore = opening.note === '' ? 0 : Number(opening.note)
    this.#closed =
      restore(plan, this.#shards, options.shards, this.#tellings.told, opening.state) ?? Number.NEGATIVE_INFINITY
    this.#savedAt = this.#closed
    for (const told of this.#tellings.told.values()) if (told.waiting !== null) this.#notices.note(told, told.waiting)
    for (const shard of this.#shards.values()) {
      detachOrphans(shard, plan)
      this.#alarmed.set(shard, alarmedOf(shard, plan))
      for (const scope of SCOPES) for (const entity of shard.entities[scope].values()) this.#listening.add(entity)
    }
  }

  step(records: readonly StreamRecord[]): Step | null {
    this.#appends = []
    const rising = new Set<Entity>()
    for (const record of records) this.#merge(record, rising)
    this.#settle()
    this.#notices.look(rising, this.#open, (alert, tick) =>
      this.#tell(alert.id, tellEarly(this.#tellings.told.get(alert.id), alert, tick + 1)),
    )
    const told = this.#tellings.writes()
    const state = [...told, ...this.#time.endedWrites(), ...(this.#checkpointDue() ? this.#checkpoint() : [])]
    this.#report()
    this.#uncommitted += records.length
    // Merged tallies alone are not worth a commit: they are in no checkpoint, so the next owner reads them again anyway.
    if (this.#appends.length === 0 && state.length === 0 && this.#uncommitted < UNCOMMITTED_MOST) return null
    this.#uncommitted = 0
    const note = String(Math.max(this.#readBefore, this.#resume.next))
    return { appends: this.#appends, state, resume: this.#resume.position, note }
  }

  #merge(record: StreamRecord, rising: Set<Entity>): void {
    const block = this.#read(record)
    if (block?.watermark != null && record.appendedAt !== null)
      this.#catchesUp = record.appendedAt - block.watermark.at > this.#options.latenessMs + CATCH_UP_MS
    let lastTick = Number.NEGATIVE_INFINITY
    for (const entry of block?.entries ?? []) {
      if (entry.tick < this.#closed) {
        if (record.position >= this.#readBefore) this.#counts.lateAfterIdle += entry.tally.integers[0] as number
        continue
      }
      lastTick = Math.max(lastTick, entry.tick)
      this.#add(entry, rising)
    }
    for (const announcement of block?.announced ?? []) {
      if (announcement.tick < this.#closed) continue
      lastTick = Math.max(lastTick, announcement.tick)
      this.#announced.add(announcement)
    }
    for (const tick of block?.heard ?? []) {
      if (tick < this.#closed) continue
      lastTick = Math.max(lastTick, tick)
      this.#hearing.hear(tick)
    }
    this.#resume.read(record.position, lastTick)
    if (block?.watermark != null) this.#time.hear(block.watermark, record.position)
  }

  #read(record: StreamRecord): Block | null {
    try {
      return readBlock(record.value, layoutsOf(this.#options.plan))
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      this.#counts.malformed += 1
      return null
    }
  }

  #add({ shard: number, scope, key, tick, tally }: TallyEntry, rising: Set<Entity>): void {
    const shard = this.#shards.get(number)
    // The number of shards or of partitions was changed under a running deployment.
    if (shard === undefined)
      throw new Error(`a tally of shard ${number}, which partition ${this.#partition} does not own`)
    const full = this.#open.size >= this.#options.openTallies && !shard.entities[scope].has(key)
    if (full) this.#counts.overflowed += tally.integers[0] as number
    const entity = full ? shard.other(scope) : shard.entity(scope, key)
    if (scope === 'endpoint' && this.#options.plan.service.watches.length > 0) {
      const service = this.#serviceFor(shard, full ? serviceOfKey(key) : entity.ref.service)
      const together = this.#open.of(tick, service)
      this.#options.plan.together.add(together, tally)
      if (!this.#catchesUp && this.#notices.rises(service, together)) rising.add(service)
    }
    const whole = this.#open.add(tick, entity, tally)
    this.#mergedSince += 1
    if (!this.#catchesUp && this.#notices.rises(entity, whole)) rising.add(entity)
  }

  #serviceFor(shard: Shard, name: string): Entity {
    const full = this.#open.size >= this.#options.openTallies && !shard.entities.service.has(name)
    return full ? shard.other('service') : shard.entity('service', name)
  }

  /** Closes what all sources have passed and, once they have ended, what is left: to the same last tick in every lane. A file's end is no silence. */
  #settle(): void {
    const { tickMs } = this.#options.calendar
    const { now, latest, ended } = this.#time
    const passed = Math.floor(now / tickMs)
    this.#closeUntil(passed, Number.POSITIVE_INFINITY)
    if (ended) this.#closeUntil(Math.floor(latest / tickMs) + 1, passed)
  }

  /** Closes ticks one after the other; nothing happens in ticks in which nothing is open. `silentUntil`: no later tick is judged for silence. */
  #closeUntil(until: number, silentUntil: number): void {
    for (;;) {
      const alarmed = [...this.#alarmed.values()].some((set) => set.size > 0)
      const next = alarmed ? this.#closed : this.#listening.next(this.#open.first(), this.#closed, silentUntil < until)
      if (next === null || next >= until) break
      this.#closeTick(next, silentUntil)
    }
    // A lane may hear of others alone: that is settled as ticks are, or it would read it again for ever.
    if (this.#closed > Number.NEGATIVE_INFINITY || this.#announced.size > 0 || this.#hearing.waits)
      this.#closed = Math.max(this.#closed, until)
    this.#hearing.settle(this.#closed)
    this.#hear(this.#closed)
  }

  #closeTick(tick: number, silentUntil: number): void {
    const { calendar } = this.#options
    if (this.#closed > Number.NEGATIVE_INFINITY && blockOf(calendar, tick) > blockOf(calendar, this.#closed - 1))
      this.#writeRows(tick)
    this.#hear(tick + 1)
    this.#hearing.settle(tick + 1)
    const byShard = this.#open.take(tick)
    const due = this.#listening.take(tick < silentUntil ? tick : Number.NEGATIVE_INFINITY)
    const settled: Change[] = []
    for (const [shard, alarmed] of this.#alarmed) {
      const tallies = byShard.get(shard) ?? NO_TALLIES
      const listened = due(shard)
      if (tallies.size === 0 && alarmed.size === 0 && listened.size === 0) continue
      const changes = new Changes(shard, this.#options.plan, calendar, tick)
      const judged = closeTick(shard, calendar, tick, tallies, alarmed, changes.add, listened, silentUntil)
      changes.join()
      settled.push(...changes.all)
      for (const entity of judged) this.#judged(alarmed, entity)
      for (const entity of listened) this.#listening.add(entity)
    }
    this.#closed = tick + 1
    // Changes of one alert stay in their order.
    settled.sort(({ alert: a }, { alert: b }) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
    for (const { alert, outcome } of settled)
      this.#tell(alert.id, tellSettled(this.#tellings.told.get(alert.id), outcome, alert, tick + 1))
    for (const [id, told] of this.#tellings.unconfirmed(this.#closed)) this.#tell(id, withdraw(told))
  }

  /** Tells all shards of the endpoints that were called for the first time before this tick. */
  #hear(before: number): void {
    const announced = this.#announced.take(before)
    if (announced.length > 0) for (const shard of this.#shards.values()) shard.peers.identity.announce(announced)
  }

  #judged(alarmed: Set<Entity>, entity: Entity): void {
    if (isAlarmed(entity, this.#options.plan[entity.ref.scope].watches)) alarmed.add(entity)
    else alarmed.delete(entity)
    this.#listening.add(entity)
    if (!entity.isDirty) this.#dirty.push(entity)
    if (!entity.isSeen) this.#seenInBlock.push(entity)
    entity.isDirty = true
    entity.isSeen = true
  }

  #tell(id: string, telling: Telling | null): void {
    if (telling === null) return
    this.#tellings.remember(id, telling.told)
    this.#notices.note(telling.told, telling.record.alert)
    this.#appends.push({
      topic: 'alerts',
      partition: this.#partition,
      key: id,
      value: Buffer.from(JSON.stringify(telling.record)),
    })
    this.#options.observer?.told?.(telling.record satisfies AlertRecord)
  }

  #writeRows(tick: number): void {
    const { plan, calendar } = this.#options
    for (const entity of this.#seenInBlock) {
      entity.isSeen = false
      const record = baselineRecord(plan[entity.ref.scope], entity, tick, calendar, this.#partition)
      if (record !== null) this.#appends.push(record)
    }
    this.#seenInBlock = []
  }

  /** Every minute of event time, but no more often than there is something to win: a catch-up would write more than it reads. */
  #checkpointDue(): boolean {
    if (this.#closed === Number.NEGATIVE_INFINITY) return false
    const { tickMs } = this.#options.calendar
    const since = (this.#closed - this.#savedAt) * tickMs
    if (since < this.#options.checkpointMs) return false
    return since >= 10 * this.#options.checkpointMs || this.#mergedSince >= 4 * this.#dirty.length
  }

  #checkpoint(): ReturnType<typeof checkpoint> {
    for (const shard of this.#shards.values()) this.#counts.evicted += shard.gone.length
    const writes = checkpoint(this.#options.plan, this.#shards, this.#dirty, this.#closed, this.#hearing.state)
    writes.push(...this.#tellings.forgetResolved(this.#closed))
    for (const shard of this.#shards.values()) shard.forgetHomeless((entity) => this.#open.holds(entity))
    for (const entity of this.#dirty) entity.isDirty = false
    this.#dirty = []
    this.#mergedSince = 0
    this.#savedAt = this.#closed
    this.#resume.saved(this.#closed)
    return writes
  }

  #report(): void {
    const { observer, plan, calendar } = this.#options
    if (observer?.held === undefined) return
    // What is settled changes when a tick closes; a lane that has just been opened tells what it was given.
    const accounts = this.#reportedAt === this.#closed ? null : accountsOf(plan, this.#shards)
    this.#reportedAt = this.#closed
    observer.held({
      partition: this.#partition,
      closedBefore: Number.isFinite(this.#closed) ? this.#closed * calendar.tickMs : null,
      entities: admitted(this.#shards.values()),
      openTallies: this.#open.size,
      ...this.#counts,
      spending: spendingOf(plan, this.#shards.values()),
      accounts,
    })
  }
}
