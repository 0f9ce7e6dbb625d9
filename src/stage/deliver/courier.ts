import type { EpochMs } from '#src/call/call.ts'
import type { Delivery, Sink } from '#src/sink/sink.ts'
import { nextAttempt } from './attempt.ts'
import { afterAttempt, HEALTHY, type Health, isDown, mayStartAt } from './health.ts'
import type { Lane } from './lane.ts'
import type { DeliverLimits } from './limits.ts'
import type { Notice } from './notices.ts'
import { type DeliverEvents, pause, type Surroundings } from './surroundings.ts'

/** Carries the notices of all lanes of one sink: what starts when is decided here, because the receiver is one. */
export class Courier {
  readonly #sink: Sink
  readonly #surroundings: Surroundings
  readonly #limits: DeliverLimits
  readonly #events: DeliverEvents
  readonly #lanes: Lane[] = []
  #health: Health = HEALTHY
  #underWay = 0
  /** Notices that the receiver took, from any lane. */
  #taken = 0
  #alarm: { readonly at: EpochMs; readonly cancel: AbortController } | null = null

  constructor(sink: Sink, surroundings: Surroundings, limits: DeliverLimits, events: DeliverEvents) {
    this.#sink = sink
    this.#surroundings = surroundings
    this.#limits = limits
    this.#events = events
  }

  join(lane: Lane): void {
    this.#lanes.push(lane)
  }

  leave(lane: Lane): void {
    const index = this.#lanes.indexOf(lane)
    if (index >= 0) this.#lanes.splice(index, 1)
    if (this.#lanes.length > 0) return
    this.#alarm?.cancel.abort()
    this.#alarm = null
  }

  /** Something changed: starts what may start, and sets the alarm for what may start later. */
  wake(): void {
    if (this.#health.off) {
      for (const lane of this.#lanes) this.#passOver(lane)
      return
    }
    for (;;) {
      const now = this.#surroundings.now()
      const from = mayStartAt(this.#health, this.#underWay, this.#limits)
      if (from === null) return
      const start = from <= now ? this.#pick(now) : null
      if (start === null) {
        this.#setAlarm(from)
        return
      }
      this.#underWay++
      start.lane.track(this.#attempt(start.lane, start.notice))
    }
  }

  /** Lanes in turn, so that a long queue of one does not hold up another. */
  #pick(now: EpochMs): { readonly lane: Lane; readonly notice: Notice } | null {
    const probing = isDown(this.#health, this.#limits)
    for (let turns = this.#lanes.length; turns > 0; turns--) {
      const lane = this.#lanes.shift()
      if (lane === undefined) return null
      this.#lanes.push(lane)
      const notice = lane.open ? lane.notices.due(now, probing) : null
      if (notice !== null) return { lane, notice }
    }
    return null
  }

  async #attempt(lane: Lane, notice: Notice): Promise<void> {
    notice.state = 'under way'
    notice.attempts++
    if (notice.attempts === 1) notice.takenBefore = this.#taken
    const startedAt = this.#surroundings.now()
    const delivery = await this.#send(notice, lane.signal)
    this.#underWay--
    // An attempt that Tidemark itself cut short says nothing about the receiver.
    if (!lane.signal.aborted || delivery.kind !== 'retry') this.#judge(delivery)
    this.#settle(lane, notice, delivery, startedAt)
    this.wake()
  }

  async #send(notice: Notice, signal: AbortSignal): Promise<Delivery> {
    try {
      return await this.#sink.deliver(notice.record, signal)
    } catch (error) {
      // A sink must not throw: this is a fault of ours with this notice. It is retried, and given up if others get through.
      const name = error instanceof Error ? error.name : 'unknown'
      return { kind: 'retry', status: null, reason: `the sink failed: ${name}`, afterMs: null }
    }
  }

  #judge(delivery: Delivery): void {
    const before = this.#health
    this.#health = afterAttempt(before, delivery, this.#surroundings.now(), this.#surroundings.random(), this.#limits)
    if (delivery.kind === 'delivered') this.#taken++
    const wasDown = isDown(before, this.#limits)
    const down = isDown(this.#health, this.#limits)
    if (this.#health.off && !before.off && delivery.kind === 'disabled')
      this.#events.disabled?.(this.#sink.name, delivery.reason)
    if (!wasDown && down && delivery.kind === 'retry') this.#events.down?.(this.#sink.name, delivery.reason)
    if (wasDown && !down) {
      this.#events.up?.(this.#sink.name)
      for (const lane of this.#lanes) lane.notices.hurry()
    }
  }

  #settle(lane: Lane, notice: Notice, delivery: Delivery, startedAt: EpochMs): void {
    const endedAt = this.#surroundings.now()
    const circumstances = {
      attempt: notice.attempts,
      othersTaken: this.#taken > notice.takenBefore,
      now: endedAt,
      random: this.#surroundings.random(),
    }
    const next = nextAttempt(delivery, circumstances, this.#limits)
    if (next.kind === 'again') {
      notice.state = 'waiting'
      notice.at = next.at
    }
    lane.record(
      notice,
      {
        attempt: notice.attempts,
        outcome: next.kind === 'again' ? 'retry' : next.outcome,
        status: delivery.status,
        reason: delivery.kind === 'delivered' ? '' : delivery.reason,
        startedAt,
        endedAt,
      },
      next.kind === 'done',
    )
  }

  /** The sink is off: its notices are recorded, and the position moves on. */
  #passOver(lane: Lane): void {
    if (!lane.open) return
    const at = this.#surroundings.now()
    for (const notice of lane.notices.waiting())
      lane.record(
        notice,
        {
          attempt: 0,
          outcome: 'disabled',
          status: null,
          reason: 'the sink is off: the receiver wanted nothing more',
          startedAt: at,
          endedAt: at,
        },
        true,
      )
  }

  #setAlarm(from: EpochMs): void {
    const probing = isDown(this.#health, this.#limits)
    let at: EpochMs | null = null
    for (const lane of this.#lanes) {
      const due = lane.open ? lane.notices.dueAt(probing) : null
      if (due !== null) at = Math.min(at ?? due, due)
    }
    if (at === null) return
    at = Math.max(at, from)
    if (this.#alarm !== null && this.#alarm.at === at) return
    this.#alarm?.cancel.abort()
    const alarm = { at, cancel: new AbortController() }
    this.#alarm = alarm
    void this.#ring(alarm)
  }

  async #ring(alarm: { readonly at: EpochMs; readonly cancel: AbortController }): Promise<void> {
    await pause(this.#surroundings, Math.max(1, alarm.at - this.#surroundings.now()), alarm.cancel.signal)
    if (alarm.cancel.signal.aborted) return
    this.#alarm = null
    this.wake()
  }
}
