import { setTimeout as pause } from 'node:timers/promises'
import type { CommitProbe } from '#src/stream/probe.ts'
import type {
  Drain,
  DrainOpening,
  Gap,
  Lane,
  Opening,
  Position,
  Produced,
  Step,
  Stream,
  StreamEvents,
  StreamRecord,
  Topic,
  Transform,
} from '#src/stream/stream.ts'

export interface OpenOptions {
  /** Of every topic. 1 unless given. */
  readonly partitions?: number
  readonly probe?: CommitProbe
  readonly events?: StreamEvents
  /** Size limit of the retention of everything; far above what a test writes unless given. */
  readonly retentionBytes?: number
}

/** What an implementation brings to be held to the contract. */
export interface StreamHarness {
  /** How long one wait may last before the test fails, milliseconds. */
  readonly patienceMs: number
  /** A Stream on fresh storage, not prepared yet. */
  open(options?: OpenOptions): Promise<Stream>
  /**
   * Another Stream on the storage of the last `open`, as another process would open it after the first was killed or
   * paused: the first is not closed, may wake up again, and gets no lane that the second one opens.
   */
  reopen(options?: OpenOptions): Promise<Stream>
  /** Appends to partition 0 more than `retentionBytes`, and returns when the oldest records of the topic are gone. */
  overflow(stream: Stream, topic: Topic, records: readonly Produced[]): Promise<void>
  /** Called once, after all streams have been closed. */
  dispose(): Promise<void>
}

/** Makes commits fail or wait, before or after they took effect. */
export class Faults implements CommitProbe {
  readonly #planned: { stage: string; when: 'before' | 'after'; act: () => Promise<void> }[] = []
  readonly #releases: (() => void)[] = []

  fail(stage: string, when: 'before' | 'after'): void {
    this.#planned.push({ stage, when, act: () => Promise.reject(new Error(`injected ${when} the commit`)) })
  }

  /** Holds the stage's next commit before it is sent. */
  hold(stage: string): { readonly held: Promise<void>; release(): void } {
    const held = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    this.#releases.push(released.resolve)
    const act = () => {
      held.resolve()
      return released.promise
    }
    this.#planned.push({ stage, when: 'before', act })
    return { held: held.promise, release: released.resolve }
  }

  /** Nothing waits or fails any more. */
  end(): void {
    this.#planned.length = 0
    for (const release of this.#releases) release()
  }

  before(stage: string): Promise<void> {
    return this.#meet(stage, 'before')
  }

  after(stage: string): Promise<void> {
    return this.#meet(stage, 'after')
  }

  async #meet(stage: string, when: 'before' | 'after'): Promise<void> {
    const index = this.#planned.findIndex((one) => one.stage === stage && one.when === when)
    if (index >= 0) await this.#planned.splice(index, 1)[0]!.act()
  }
}

/** Keeps what a stream told about its stages. */
export class Told implements StreamEvents {
  readonly opens: { stage: string; source: string; resume: Position | null }[] = []
  readonly drops: { stage: string; reason: string }[] = []
  readonly losses: { stage: string; reason: string }[] = []
  readonly gaps: Gap[] = []
  readonly fatals: Error[] = []

  readonly opened = (stage: string, source: string, resume: Position | null): void => {
    this.opens.push({ stage, source, resume })
  }
  readonly dropped = (stage: string, _source: string, reason: string): void => {
    this.drops.push({ stage, reason })
  }
  readonly lost = (stage: string, _source: string, reason: string): void => {
    this.losses.push({ stage, reason })
  }
  readonly gap = (gap: Gap): void => {
    this.gaps.push(gap)
  }
  readonly fatal = (error: Error): void => {
    this.fatals.push(error)
  }
}

const utf8 = new TextDecoder()
export const text = (value: Uint8Array): string => utf8.decode(value)
export const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

/** Produced records to partition 0, or to the one given. */
export function lines(values: readonly string[], partition = 0): Produced[] {
  return values.map((value) => ({ key: null, value: bytes(value), partition }))
}

/** `prefix1` … `prefixN`. */
export function numbered(count: number, prefix = 'r'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`)
}

/** Every record of a lane must be copied before the step ends. */
export function copy(record: StreamRecord): StreamRecord {
  return { ...record, value: Uint8Array.from(record.value) }
}

export interface Tap {
  readonly records: StreamRecord[]
  texts(): string[]
}

/** One test's streams over one storage, with what they told. */
export class Stand {
  readonly harness: StreamHarness
  readonly faults = new Faults()
  readonly told = new Told()
  readonly #streams: Stream[] = []

  constructor(harness: StreamHarness) {
    this.harness = harness
  }

  async open(options: OpenOptions = {}): Promise<Stream> {
    return this.#prepared(await this.harness.open({ probe: this.faults, events: this.told, ...options }))
  }

  async reopen(options: OpenOptions = {}): Promise<Stream> {
    return this.#prepared(await this.harness.reopen({ probe: this.faults, events: this.told, ...options }))
  }

  async close(): Promise<void> {
    this.faults.end()
    await Promise.all(this.#streams.splice(0).map((stream) => stream.close()))
  }

  async #prepared(stream: Stream): Promise<Stream> {
    this.#streams.push(stream)
    await stream.prepare()
    return stream
  }

  /** Resolves with the first truthy answer; fails when the harness's patience is over. */
  async until<T>(what: string, check: () => T): Promise<T> {
    const deadline = Date.now() + this.harness.patienceMs
    for (;;) {
      const answer = check()
      if (answer) return answer
      if (Date.now() > deadline) throw new Error(`waited ${this.harness.patienceMs} ms for: ${what}`)
      await pause(3)
    }
  }

  /** Reads a topic from its start without ever committing. */
  async tap(stream: Stream, topic: Topic, stage = `tap.${topic}`): Promise<Tap> {
    const records: StreamRecord[] = []
    await stream.drain(
      drainOf(stage, [topic], () => async (batch) => {
        records.push(...batch.map(copy))
      }),
    )
    return { records, texts: () => records.map((record) => text(record.value)) }
  }

  /** Waits until a tap has read so many records, then answers their texts. */
  async read(tap: Tap, count: number): Promise<string[]> {
    await this.until(`${count} records, have ${tap.records.length}`, () => tap.records.length >= count)
    return tap.texts()
  }
}

export const batchLimits = { records: 10, waitMs: 5 }

export function drainOf(
  stage: string,
  inputs: readonly Topic[],
  take: (opening: DrainOpening) => (records: readonly StreamRecord[]) => Promise<void>,
  close: () => Promise<void> = async () => {},
): Drain {
  const open = async (opening: DrainOpening) => ({
    take: take(opening),
    close,
  })
  return { stage, inputs, batch: batchLimits, open }
}

/** What a stage under test has seen, in order. */
export interface Trace {
  readonly openings: Opening[]
  /** The texts of each step, over all lanes. */
  readonly steps: string[][]
  readonly idles: number[]
}

export function trace(): Trace {
  return { openings: [], steps: [], idles: [] }
}

/** calls → tallies, one lane's behaviour given by `lane`. */
export function stageOf(lane: (opening: Opening) => Lane, changes: Partial<Transform> = {}): Transform {
  return {
    stage: 'collect',
    input: 'calls',
    outputs: ['tallies'],
    state: 'baselines',
    batch: batchLimits,
    idleAfterMs: 3_600_000,
    open: lane,
    ...changes,
  }
}

/**
 * Writes `text#n` for the nth record of its source, n being kept in the state, the note and the key of what it writes: a
 * record lost, doubled, or counted on state that was never committed shows in the output.
 */
export function counter(seen: Trace = trace(), changes: Partial<Transform> = {}): Transform {
  const open = (opening: Opening): Lane => {
    seen.openings.push(opening)
    let count = Number(text(opening.state.get('count') ?? bytes('0')))
    const step = (records: readonly StreamRecord[]): Step => {
      seen.steps.push(records.map((record) => text(record.value)))
      const appends = records.map((record) => {
        count += 1
        const value = bytes(`${text(record.value)}#${count}`)
        return { topic: 'tallies' as const, partition: opening.partition, key: String(count), value }
      })
      const state = [{ key: 'count', value: bytes(String(count)) }]
      return { appends, state, resume: records.at(-1)!.position + 1, note: String(count) }
    }
    const idle = (at: number): null => {
      seen.idles.push(at)
      return null
    }
    return { step, idle }
  }
  return stageOf(open, changes)
}

/** What `counter` writes for these records. */
export function counted(values: readonly string[], from = 1): string[] {
  return values.map((value, index) => `${value}#${index + from}`)
}
