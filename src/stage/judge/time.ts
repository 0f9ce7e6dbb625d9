import type { Watermark } from '#src/baseline/block.ts'
import type { EpochMs } from '#src/call/call.ts'

interface Source {
  at: EpochMs
  idleAt: EpochMs | null
}

/**
 * Event time of one lane: the least watermark of the sources that are not idle. Until every source has spoken it does not
 * start. When all are idle it follows the stream's time at which they were found so. It never goes back.
 */
export class EventTime {
  readonly #latenessMs: number
  readonly #sources = new Map<string, Source>()
  #expected = 1
  #now: EpochMs = Number.NEGATIVE_INFINITY

  constructor(latenessMs: number) {
    this.#latenessMs = latenessMs
  }

  /** All ticks that end at or before this are closed. `Infinity`: the input has ended. */
  get now(): EpochMs {
    return this.#now
  }

  hear(watermark: Watermark): void {
    this.#expected = Math.max(this.#expected, watermark.sources)
    const known = this.#sources.get(watermark.source)
    if (known === undefined) this.#sources.set(watermark.source, { at: watermark.at, idleAt: watermark.idleAt })
    else {
      known.at = Math.max(known.at, watermark.at)
      known.idleAt = watermark.idleAt
    }
    if (this.#sources.size >= this.#expected) this.#now = Math.max(this.#now, this.#least())
  }

  #least(): EpochMs {
    let active = Number.POSITIVE_INFINITY
    let idle = Number.POSITIVE_INFINITY
    let someActive = false
    for (const { at, idleAt } of this.#sources.values()) {
      if (idleAt === null) {
        someActive = true
        active = Math.min(active, at)
      } else idle = Math.min(idle, idleAt - this.#latenessMs)
    }
    return someActive ? active : idle
  }
}
