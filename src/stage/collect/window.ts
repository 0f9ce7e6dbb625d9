import type { EpochMs } from '#src/call/call.ts'
import type { Position } from '#src/stream/stream.ts'
import { HashSet } from './ids.ts'

/** The hash of a request id, in two halves of 32 bits. */
export interface RequestHash {
  high: number
  low: number
}

interface OpenTick {
  /** The position of its first call. */
  readonly first: Position
  /** The largest time of the source before that call. */
  readonly before: EpochMs
  readonly ids: HashSet
}

/** Where to read again from to have the request ids of the open ticks once more, and the largest time before that. */
export interface Rebuild {
  readonly from: Position
  readonly before: EpochMs
}

/** What one source decides record by record, and nothing else: its watermark, what is late, what was there already. */
export class SourceWindow {
  readonly #tickMs: number
  readonly #latenessMs: number
  readonly #idsPerTick: number
  readonly #open = new Map<number, OpenTick>()
  #latest: EpochMs

  constructor(options: { tickMs: number; latenessMs: number; requestIdsPerTick: number }, latest: EpochMs) {
    this.#tickMs = options.tickMs
    this.#latenessMs = options.latenessMs
    this.#idsPerTick = options.requestIdsPerTick
    this.#latest = latest
  }

  /** All ticks that end at or before this are closed for this source. */
  get watermark(): EpochMs {
    return this.#latest - this.#latenessMs
  }

  get latest(): EpochMs {
    return this.#latest
  }

  /** Takes one call. `forgotten`: it counts, but its id was not remembered, for want of room. */
  take(at: EpochMs, position: Position, id: RequestHash | null): 'fresh' | 'forgotten' | 'late' | 'duplicate' {
    const tick = Math.floor(at / this.#tickMs)
    if ((tick + 1) * this.#tickMs <= this.watermark) return 'late'
    let open = this.#open.get(tick)
    if (open === undefined) {
      open = { first: position, before: this.#latest, ids: new HashSet() }
      this.#open.set(tick, open)
    }
    if (at > this.#latest) this.#advance(at)
    if (id === null) return 'fresh'
    if (open.ids.has(id.high, id.low)) return 'duplicate'
    if (open.ids.size >= this.#idsPerTick) return 'forgotten'
    open.ids.add(id.high, id.low)
    return 'fresh'
  }

  /** Where the next owner has to start so that it knows the same ids. `next`: the position after the last record read. */
  rebuild(next: Position): Rebuild {
    let oldest: OpenTick | null = null
    for (const open of this.#open.values()) if (oldest === null || open.first < oldest.first) oldest = open
    return oldest === null ? { from: next, before: this.#latest } : { from: oldest.first, before: oldest.before }
  }

  #advance(at: EpochMs): void {
    const closedBefore = Math.floor((this.#latest - this.#latenessMs) / this.#tickMs)
    this.#latest = at
    if (Math.floor(this.watermark / this.#tickMs) === closedBefore) return
    for (const tick of this.#open.keys()) {
      if ((tick + 1) * this.#tickMs <= this.watermark) this.#open.delete(tick)
    }
  }
}
