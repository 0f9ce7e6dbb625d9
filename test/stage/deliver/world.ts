import type { AlertRecord } from '#src/alert/alert.ts'
import type { Delivery, Sink } from '#src/sink/sink.ts'
import { type DeliverEvents, type DeliveryRow, deliver } from '#src/stage/deliver/deliver.ts'
import type { DeliverLimits } from '#src/stage/deliver/limits.ts'
import { type Drain, type DrainLane, Fenced, type Produced, type StreamRecord } from '#src/stream/stream.ts'
import type { ToldRecord } from '#test/fakes/alert.ts'
import { Clock } from './clock.ts'

/** What a scripted receiver does with one attempt; `applied`: whether it took the notice, whatever it answers. */
export interface Reaction {
  readonly delivery: Delivery
  readonly applied: boolean
  /** Answers after so long; not at all (until aborted): `null`. */
  readonly afterMs: number | null
}

export const takes: Reaction = { delivery: { kind: 'delivered', status: 204 }, applied: true, afterMs: 0 }
export const fails: Reaction = {
  delivery: { kind: 'retry', status: 500, reason: 'the receiver answered 500', afterMs: null },
  applied: false,
  afterMs: 0,
}

export interface Attempt {
  readonly at: number
  readonly id: string
  readonly alert: string
  readonly notice: number
  readonly event: string
  readonly applied: boolean
}

/** What outlives a process: the topic, the committed position, the delivery log, and the receiver. */
export class World {
  readonly clock = new Clock()
  readonly topic: StreamRecord[] = []
  readonly attempts: Attempt[] = []
  readonly rows: DeliveryRow[] = []
  committed: { readonly resume: number; readonly note: string } | null = null
  commits = 0
  react: (record: ToldRecord, at: number) => Reaction = () => takes

  put(...records: readonly (AlertRecord | string)[]): void {
    for (const record of records) {
      const text = typeof record === 'string' ? record : JSON.stringify(record)
      this.topic.push({
        source: 'alerts/0',
        position: this.topic.length * 2 + 10,
        appendedAt: null,
        key: null,
        value: new TextEncoder().encode(text),
        headers: null,
      })
    }
  }

  /** The position after the last record. */
  get end(): number {
    return this.topic.length * 2 + 9
  }

  /** What the receiver has, folded by webhook-id, in the order of first arrival. */
  folded(): readonly Attempt[] {
    const seen = new Set<string>()
    return this.attempts.filter(({ applied, id }) => applied && !seen.has(id) && seen.add(id))
  }
}

export interface ProcessOptions {
  readonly limits?: Partial<DeliverLimits>
  readonly events?: DeliverEvents
  /** Called before and after each effect takes place; `true` ends the process there and then, as SIGKILL does. */
  readonly dies?: (effect: string, moment: 'before' | 'after') => boolean
  readonly sink?: string
  readonly failCommit?: () => Error | null
  readonly failAppend?: () => Error | null
}

/** One process that runs deliver on the world: from start to stop, or to its death. */
export class Process {
  readonly lane: Promise<DrainLane>
  readonly #drain: Drain
  dead = false
  readonly #world: World
  readonly #options: ProcessOptions

  constructor(world: World, options: ProcessOptions = {}) {
    this.#world = world
    this.#options = options
    let seed = 1
    this.#drain = deliver({
      sink: this.#sink(),
      append: (_topic, records) => this.#effect('append', () => this.#append(records)),
      now: () => world.clock.now,
      random: () => {
        seed = (seed * 16_807) % 2_147_483_647
        return seed / 2_147_483_647
      },
      sleep: (ms, signal) =>
        world.clock.sleep(ms, signal).then(() => (this.dead ? new Promise<void>(() => undefined) : undefined)),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ...(options.events === undefined ? {} : { events: options.events }),
    })
    this.lane = this.open()
  }

  /** Opens the lane (again), as the stream does after it has dropped it. */
  open(): Promise<DrainLane> {
    const { committed } = this.#world
    return this.#drain.open({
      topic: 'alerts',
      source: 'alerts/0',
      partition: 0,
      resume: committed?.resume ?? null,
      note: committed?.note ?? '',
      commit: (resume, note) => this.#effect('commit', () => this.#commit(resume, note)),
    })
  }

  /** Opens the lane of another partition, of whose position nobody keeps account. */
  openOther(): Promise<DrainLane> {
    const commit = async () => undefined
    return this.#drain.open({ topic: 'alerts', source: 'alerts/1', partition: 1, resume: null, note: '', commit })
  }

  /** Gives the lane what it has not seen, in batches. Resolves once the last was taken. */
  async feed(batch = 3): Promise<void> {
    const lane = await this.lane
    const from = this.#world.committed?.resume ?? 0
    const records = this.#world.topic.filter(({ position }) => position >= from)
    for (let at = 0; at < records.length; at += batch) await lane.take(records.slice(at, at + batch))
  }

  async #effect<Result>(name: string, work: () => Result): Promise<Result> {
    const never = new Promise<Result>(() => undefined)
    if (this.dead || this.#dies(name, 'before')) return never
    const result = work()
    return this.#dies(name, 'after') ? never : result
  }

  #dies(name: string, moment: 'before' | 'after'): boolean {
    if (this.#options.dies?.(name, moment)) this.dead = true
    return this.dead
  }

  #append(records: readonly Produced[]): void {
    const failure = this.#options.failAppend?.() ?? null
    if (failure !== null) throw failure
    for (const { value } of records) this.#world.rows.push(JSON.parse(new TextDecoder().decode(value)) as DeliveryRow)
  }

  #commit(resume: number, note: string): void {
    const failure = this.#options.failCommit?.() ?? null
    if (failure !== null) throw failure
    if (new TextEncoder().encode(note).length > 3500) throw new Fenced('the note is too long')
    this.#world.committed = { resume, note }
    this.#world.commits++
  }

  #sink(): Sink {
    const world = this.#world
    return {
      name: this.#options.sink ?? 'siem',
      kind: 'scripted',
      deliver: async (record, signal) => {
        const reaction = await this.#effect('send', () => {
          const said = world.react(record, world.clock.now)
          const { alert, telling } = record
          const id = `${alert.id}_${telling.notice}`
          world.attempts.push({
            at: world.clock.now,
            id,
            alert: alert.id,
            ...telling,
            applied: said.applied,
          })
          return said
        })
        if (reaction.afterMs === null) return aborted(signal)
        if (reaction.afterMs > 0) await world.clock.sleep(reaction.afterMs, signal)
        return signal.aborted ? aborted(signal) : reaction.delivery
      },
      close: async () => undefined,
    }
  }
}

function aborted(signal: AbortSignal): Promise<Delivery> {
  const { promise, resolve } = Promise.withResolvers<Delivery>()
  const end = () => resolve({ kind: 'retry', status: null, reason: 'aborted', afterMs: null })
  if (signal.aborted) end()
  else signal.addEventListener('abort', end)
  return promise
}

/** `<webhook-id> <attempt> <outcome>` of each row. */
export function outcomes(rows: readonly DeliveryRow[]): readonly string[] {
  return rows.map(({ alert_id, notice, attempt, outcome }) => `${alert_id}_${notice} ${attempt} ${outcome}`)
}
