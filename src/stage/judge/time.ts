import type { Watermark } from '#src/baseline/block.ts'
import type { EpochMs } from '#src/call/call.ts'
import type { Position, StateWrite } from '#src/stream/stream.ts'

interface Source {
  at: EpochMs
  idleAt: EpochMs | null
}

/** The key of the lane's state that holds the sources that have ended. */
const ENDED = 'ended'

/** A source that has ended: where it first said so, and its last watermark. */
type Ended = readonly [position: Position, watermark: Omit<Watermark, 'idleAt'>]

/**
 * Event time of one lane: the least watermark of the sources that are not idle. Until every source has spoken it does not
 * start. When all are idle it follows the stream's time at which they were found so; when all have ended it stands where the calls
 * themselves have brought it: the end of a file is no evidence that nothing came after it. It never goes back.
 */
export class EventTime {
  readonly #latenessMs: number
  readonly #sources = new Map<string, Source>()
  readonly #ended = new Map<string, Ended>()
  #endedNow = false
  #expected = 1
  #now: EpochMs = Number.NEGATIVE_INFINITY

  /** `resume`: records before this are not read again. */
  constructor(latenessMs: number, state: ReadonlyMap<string, Uint8Array>, resume: Position) {
    this.#latenessMs = latenessMs
    const value = state.get(ENDED)
    if (value === undefined) return
    for (const [position, watermark] of JSON.parse(Buffer.from(value).toString()) as Ended[]) {
      if (position < resume) this.hear({ ...watermark, idleAt: Number.POSITIVE_INFINITY }, position)
    }
  }

  /** All ticks that end at or before this are closed. */
  get now(): EpochMs {
    return this.#now
  }

  /** Whether all sources have ended: no call is waited for any more. */
  get ended(): boolean {
    if (this.#sources.size < this.#expected) return false
    for (const { idleAt } of this.#sources.values()) if (idleAt !== Number.POSITIVE_INFINITY) return false
    return true
  }

  /** The time of the latest call of any source: where an input that has ended stands, in every lane alike. */
  get latest(): EpochMs {
    let latest = Number.NEGATIVE_INFINITY
    for (const { at } of this.#sources.values()) latest = Math.max(latest, at + this.#latenessMs)
    return latest
  }

  /** The sources that have ended, where that has changed: not all say it again to a lane that is opened later. */
  endedWrites(): StateWrite[] {
    if (!this.#endedNow) return []
    this.#endedNow = false
    return [{ key: ENDED, value: Buffer.from(JSON.stringify([...this.#ended.values()])) }]
  }

  hear(watermark: Watermark, position: Position): void {
    this.#keepEnded(watermark, position)
    this.#expected = Math.max(this.#expected, watermark.sources)
    const known = this.#sources.get(watermark.source)
    if (known === undefined) this.#sources.set(watermark.source, { at: watermark.at, idleAt: watermark.idleAt })
    else {
      known.at = Math.max(known.at, watermark.at)
      known.idleAt = watermark.idleAt
    }
    if (this.#sources.size >= this.#expected) this.#now = Math.max(this.#now, this.#least())
  }

  #keepEnded({ source, sources, at, idleAt }: Watermark, position: Position): void {
    if (idleAt !== Number.POSITIVE_INFINITY) {
      if (this.#ended.delete(source)) this.#endedNow = true
      return
    }
    // A source without any call has no watermark, and JSON no infinity.
    const known = Number.isFinite(at) ? at : 0
    if (this.#ended.get(source)?.[1].at === known) return
    this.#ended.set(source, [position, { source, sources, at: known }])
    this.#endedNow = true
  }

  #least(): EpochMs {
    let active = Number.POSITIVE_INFINITY
    let idle = Number.POSITIVE_INFINITY
    let latest = Number.NEGATIVE_INFINITY
    let someActive = false
    for (const { at, idleAt } of this.#sources.values()) {
      latest = Math.max(latest, at)
      if (idleAt === null) {
        someActive = true
        active = Math.min(active, at)
      } else idle = Math.min(idle, idleAt - this.#latenessMs)
    }
    if (someActive) return active
    return idle === Number.POSITIVE_INFINITY ? latest : idle
  }
}
