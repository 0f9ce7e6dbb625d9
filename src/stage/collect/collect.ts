import type { Watermark } from '#src/baseline/block.ts'
import type { EpochMs } from '#src/call/call.ts'
import { callId, hashedLow, hashText } from '#src/call/hash.ts'
import { readCall } from '#src/call/read.ts'
import { redactSample } from '#src/call/redact.ts'
import { believeTime } from '#src/call/time.ts'
import type { Append, BatchLimits, Lane, Opening, Position, Step, StreamRecord, Transform } from '#src/stream/stream.ts'
import type { CollectOptions, Fate } from './options.ts'
import { StepTallies } from './tallies.ts'
import { type RequestHash, SourceWindow } from './window.ts'

/** A commit is due after 250 ms or 20,000 calls. */
export const COLLECT_BATCH: BatchLimits = { records: 20_000, waitMs: 250 }

/** What travels with the resume position. */
interface Note {
  readonly v: 1
  /** Records before this have had their effect; they are read again only for the request ids of open ticks. */
  readonly read: Position
  /** The largest time of the source before the resume position; null: none. */
  readonly before: EpochMs | null
}

/**
 * The first stage: raw record → call (or a dead letter with its reason) → tallies of its endpoint and its identity. Everything it
 * decides is a function of one source's records in their order.
 */
export function collect(options: CollectOptions, batch: BatchLimits, idleAfterMs: number): Transform {
  return {
    stage: 'collect',
    input: 'calls',
    outputs: ['tallies', 'dead-letters'],
    state: null,
    batch,
    idleAfterMs,
    open: (opening) => new CollectLane(options, opening),
  }
}

class CollectLane implements Lane {
  readonly #options: CollectOptions
  readonly #opening: Opening
  readonly #window: SourceWindow
  readonly #tallies: StepTallies
  /** The position after the last record that has had its effect. */
  #read: Position
  /** The hash of the id of the call in hand; one object for all. */
  readonly #hash: RequestHash = { high: 0, low: 0 }
  /** The position after the last record read in this life. */
  #next: Position
  /** Whether the latest call was appended while it was no older than the lateness: event time and the stream's time go side by side. */
  #isLive = false

  constructor(options: CollectOptions, opening: Opening) {
    this.#options = options
    this.#opening = opening
    this.#tallies = new StepTallies(options.layouts, options.shards)
    const note = parseNote(opening.note)
    this.#read = note?.read ?? opening.resume ?? 0
    this.#next = opening.resume ?? 0
    this.#window = new SourceWindow(options, note?.before ?? Number.NEGATIVE_INFINITY)
  }

  step(records: readonly StreamRecord[]): Step {
    const appends: Append[] = []
    const fates: Record<Fate, number> = { call: 0, skipped: 0, late: 0, duplicate: 0, rejected: 0 }
    const reasons = new Map<string, number>()
    let forgotten = 0
    let first: EpochMs | null = null
    let last: EpochMs | null = null
    for (const record of records) {
      const again = record.position < this.#read
      const result = this.#take(record, again)
      this.#next = record.position + 1
      if (again) continue
      fates[result.fate] += 1
      if (result.forgotten) forgotten += 1
      if (result.at !== null) {
        first = Math.min(first ?? result.at, result.at)
        last = Math.max(last ?? result.at, result.at)
      }
      if (result.letter === null) continue
      reasons.set(result.letter.reason, (reasons.get(result.letter.reason) ?? 0) + 1)
      appends.push(this.#deadLetter(record, result.letter))
    }
    this.#read = Math.max(this.#read, this.#next)
    this.#options.counted?.({
      source: this.#opening.source,
      fates: new Map(Object.entries(fates) as [Fate, number][]),
      reasons,
      forgotten,
      first,
      last,
    })
    // A source that has brought nothing but rubbish has no event time: it must not hold that of the others back.
    const isRubbish = this.#window.latest === Number.NEGATIVE_INFINITY && (records.at(-1)?.appendedAt ?? null) !== null
    return this.#commit(appends, isRubbish ? Number.POSITIVE_INFINITY : null)
  }

  idle(at: EpochMs): Step | null {
    // What is read again says nothing new, and until it is read the watermark is not where it was.
    if (this.#next < this.#read) return null
    // Old calls that were appended in one go are as a file: that the clock goes on says nothing of the time after them.
    const idleAt = this.#isLive ? at : Number.POSITIVE_INFINITY
    return this.#commit([], idleAt)
  }

  /** `again`: the record has had its effect, and is read for the ids of open ticks alone. */
  #take(record: StreamRecord, again: boolean): Result {
    const { format, bounds, runStart, recordBytes, tickMs } = this.#options
    const reading = readCall(format, record.value, recordBytes)
    if (reading.kind === 'skipped') return SKIPPED
    if (reading.kind === 'rejected') return rejected(reading)
    const { call } = reading
    const time = believeTime(call.ts, record.appendedAt, runStart, bounds)
    if ('reject' in time) return rejected({ reason: time.reject, detail: time.detail })
    const id = callId(call, record.value)
    this.#hash.high = hashText(id)
    this.#hash.low = hashedLow()
    if (time.at > this.#window.latest) {
      this.#isLive = record.appendedAt !== null && record.appendedAt - time.at <= this.#options.latenessMs
    }
    const taken = this.#window.take(time.at, record.position, call.requestId === null ? null : this.#hash)
    if (taken === 'late' || taken === 'duplicate') return { fate: taken, forgotten: false, letter: null, at: time.at }
    // What asks for the time of a call means the one that is believed.
    call.ts = time.at
    if (!again) this.#tallies.add(call, Math.floor(time.at / tickMs), id, this.#hash.high)
    return { fate: 'call', forgotten: taken === 'forgotten', letter: null, at: time.at }
  }

  #commit(appends: Append[], idleAt: EpochMs | null): Step {
    const watermark: Watermark = {
      source: this.#opening.source,
      sources: this.#opening.partitions,
      at: this.#window.watermark,
      idleAt,
    }
    const blocks = this.#tallies.blocks(this.#opening.partitionsOf('tallies'), watermark)
    blocks.forEach((pieces, partition) => {
      for (const value of pieces) appends.push({ topic: 'tallies', partition, key: this.#opening.source, value })
    })
    const { from, before } = this.#window.rebuild(this.#next)
    const note: Note = { v: 1, read: this.#read, before: Number.isFinite(before) ? before : null }
    return { appends, state: [], resume: from, note: JSON.stringify(note) }
  }

  #deadLetter(record: StreamRecord, letter: Letter): Append {
    const value = {
      source: record.source,
      position: record.position,
      appended_at: record.appendedAt === null ? null : new Date(record.appendedAt).toISOString(),
      reason: letter.reason,
      detail: letter.detail,
      format: this.#options.format.name,
      sample: redactSample(record.value),
    }
    return { topic: 'dead-letters', partition: null, key: null, value: Buffer.from(JSON.stringify(value)) }
  }
}

interface Letter {
  readonly reason: string
  readonly detail: string
}

interface Result {
  readonly fate: Fate
  readonly forgotten: boolean
  readonly letter: Letter | null
  readonly at: EpochMs | null
}

const SKIPPED: Result = { fate: 'skipped', forgotten: false, letter: null, at: null }

function rejected(letter: Letter): Result {
  return { fate: 'rejected', forgotten: false, letter, at: null }
}

function parseNote(text: string): Note | null {
  if (text === '') return null
  const note = JSON.parse(text) as Note
  if (note.v !== 1) throw new Error(`a note of version ${String(note.v)}: committed by a later Tidemark`)
  return note
}
