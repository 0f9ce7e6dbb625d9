import { setImmediate } from 'node:timers/promises'
import * as z from 'zod'
import { defineFormat } from '#src/call/format.ts'
import { archive } from '#src/stage/archive/archive.ts'
import type { ArchiveOptions, Refused } from '#src/stage/archive/options.ts'
import type { Insert, InsertOutcome } from '#src/store/store.ts'
import { type DrainLane, Fenced, type StreamRecord, type Topic } from '#src/stream/stream.ts'
import { FakeStore } from './store.ts'

/** `milliseconds path`, or `skip`. */
export const lineFormat = defineFormat<string>({
  name: 'line',
  about: 'for tests',
  encoding: 'text',
  line: z.string(),
  toCall(line) {
    const [ts, path] = line.split(' ')
    if (ts === 'skip') return { skip: 'said so' }
    return { ts: Number(ts), service: 's', method: 'GET', status: 200, path: path ?? '/', route: '/r', identity: 'i' }
  },
  detect: () => false,
})

/**
 * What happens to one operation on the outside (a commit or an insert). `away`: not done, says so. `lost`: done, says that it was
 * not. `die`, `die-after`: the process ends before or after it. `sleep`: the process stands still, another one takes over and
 * does all that is to do, then this one wakes and goes on where it stood.
 */
export type Fate = 'well' | 'away' | 'lost' | 'die' | 'die-after' | 'sleep'

/** How one process is set up. */
export interface Setup {
  readonly limits?: ArchiveOptions['limits']
  readonly configuration?: string
  /** How many records `take` gets at once. */
  readonly batch: number
}

interface Life {
  readonly number: number
  readonly timers: Set<{ readonly run: () => void }>
  dead: PromiseWithResolvers<void>
}

/** One source, a store and one process after the other that archives it. */
export class World {
  readonly store = new FakeStore()
  readonly refused: Refused[] = []
  readonly commits: { readonly resume: number; readonly note: string }[] = []
  readonly #topic: Topic
  readonly #records: readonly StreamRecord[]
  readonly #fates: Fate[]
  readonly #asleep: PromiseWithResolvers<void>[] = []
  #owner = 0
  #committed: { readonly resume: number | null; readonly note: string } = { resume: null, note: '' }

  constructor(topic: Topic, records: readonly StreamRecord[], fates: readonly Fate[]) {
    this.#topic = topic
    this.#records = records
    this.#fates = [...fates]
  }

  get end(): number {
    return (this.#records.at(-1)?.position ?? -1) + 1
  }

  get committed(): { readonly resume: number | null; readonly note: string } {
    return this.#committed
  }

  /** Lets processes live, one after the other, until all is passed and nothing sleeps. */
  async run(setups: readonly [Setup, ...Setup[]]): Promise<void> {
    for (let number = 0; number < 200; number++) {
      await this.#live(number + 1, setups[number % setups.length] as Setup)
      if (this.#committed.resume !== this.end) continue
      for (const sleeper of this.#asleep.splice(0)) sleeper.resolve()
      for (let i = 0; i < 20; i++) await setImmediate()
      if (this.#committed.resume === this.end && this.#asleep.length === 0) return
    }
    throw new Error('still not done after 200 processes')
  }

  async #live(number: number, setup: Setup): Promise<void> {
    const life: Life = { number, timers: new Set(), dead: Promise.withResolvers() }
    this.#owner = number
    const lane = await archive(this.#options(life, setup)).open({
      topic: this.#topic,
      source: 'calls/0',
      partition: 0,
      ...this.#committed,
      commit: (resume, note) => this.#commit(life, resume, note),
    })
    const outcome = await Promise.race([
      this.#feed(life, lane, setup.batch).then(
        () => 'alive' as const,
        () => 'dropped' as const,
      ),
      life.dead.promise.then(() => 'dead' as const),
    ])
    // a dead or sleeping process closes nothing
    if (outcome !== 'dead') await lane.close()
  }

  async #feed(life: Life, lane: DrainLane, batch: number): Promise<void> {
    const due = this.#records.filter(({ position }) => position >= (this.#committed.resume ?? 0))
    for (let at = 0; at < due.length; at += batch) {
      await this.#whileTimersRun(life, lane.take(due.slice(at, at + batch)))
    }
    for (let turn = 0; this.#committed.resume !== this.end; turn++) {
      if (turn > 2_000) throw new Error('nothing moves any more')
      await this.#tick(life)
    }
  }

  async #whileTimersRun(life: Life, taking: Promise<void>): Promise<void> {
    const state = { over: false }
    const done = taking.finally(() => {
      state.over = true
    })
    done.catch(() => undefined)
    for (let turn = 0; !state.over; turn++) {
      if (turn > 2_000) throw new Error('take() never resolves')
      await this.#tick(life)
    }
    await done
  }

  async #tick(life: Life): Promise<void> {
    await setImmediate()
    const [timer] = life.timers
    if (timer === undefined) return
    life.timers.delete(timer)
    timer.run()
  }

  #options(life: Life, setup: Setup): ArchiveOptions {
    return {
      store: {
        insert: (insert) => this.#insert(life, insert),
        query: (sql, params) => this.store.query(sql, params),
        ping: () => this.store.ping(),
        close: () => this.store.close(),
      },
      format: lineFormat,
      bounds: { futureMs: 300_000, pastMs: 30 * 86_400_000 },
      runStart: 0,
      configuration: setup.configuration ?? '',
      ...(setup.limits === undefined ? {} : { limits: setup.limits }),
      after(_ms, run) {
        const timer = { run }
        life.timers.add(timer)
        return () => life.timers.delete(timer)
      },
      now: () => 0,
      onRefused: (refused) => {
        this.refused.push(refused)
      },
    }
  }

  async #commit(life: Life, resume: number, note: string): Promise<void> {
    const fate = this.#fates.shift() ?? 'well'
    await this.#before(life, fate)
    if (life.number !== this.#owner) throw new Fenced('somebody else owns it')
    if (fate === 'away') throw new Error('the brokers are away')
    this.#committed = { resume, note }
    this.commits.push({ resume, note })
    await this.#after(life, fate)
    if (fate === 'lost') throw new Error('no answer')
  }

  async #insert(life: Life, insert: Insert): Promise<InsertOutcome> {
    const fate = this.#fates.shift() ?? 'well'
    await this.#before(life, fate)
    if (fate === 'away') return { kind: 'retry', reason: 'away' }
    const outcome = this.store.take(insert)
    await this.#after(life, fate)
    return fate === 'lost' ? { kind: 'retry', reason: 'no answer' } : outcome
  }

  async #before(life: Life, fate: Fate): Promise<void> {
    if (fate === 'die') await this.#end(life)
    if (fate !== 'sleep') return
    const sleeper = Promise.withResolvers<void>()
    this.#asleep.push(sleeper)
    life.dead.resolve()
    await sleeper.promise
  }

  async #after(life: Life, fate: Fate): Promise<void> {
    if (fate === 'die-after') await this.#end(life)
  }

  /** The process ends here: what it waits for never comes. */
  #end(life: Life): Promise<never> {
    life.dead.resolve()
    return new Promise(() => undefined)
  }
}

const encoder = new TextEncoder()

export function recordAt(position: number, text: string, appendedAt: number | null): StreamRecord {
  return { source: 'calls/0', position, appendedAt, key: null, value: encoder.encode(text), headers: null }
}
