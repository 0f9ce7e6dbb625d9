import type { BatchLimits, StreamRecord } from '../stream.ts'

interface Arrival {
  readonly at: number
  readonly records: readonly StreamRecord[]
}

/** What one record costs beside its value: the object, its key, its place in the queue. */
const recordOverhead = 160

/** Records that were read and wait for the next step, in order. Times are milliseconds of a monotonic clock. */
export class Backlog {
  readonly #limits: BatchLimits
  #arrivals: Arrival[] = []
  #records = 0
  #bytes = 0

  constructor(limits: BatchLimits) {
    this.#limits = limits
  }

  get bytes(): number {
    return this.#bytes
  }

  get empty(): boolean {
    return this.#records === 0
  }

  /** The position of the oldest record that waits; `null` where none does. */
  get first(): number | null {
    return this.#arrivals[0]?.records[0]?.position ?? null
  }

  add(records: readonly StreamRecord[], at: number): void {
    if (records.length === 0) return
    this.#arrivals.push({ at, records })
    this.#records += records.length
    for (const record of records) this.#bytes += record.value.length + recordOverhead
  }

  /** How long until a step is due: 0 or less when it is, Infinity when nothing waits. */
  dueIn(now: number): number {
    if (this.#records >= this.#limits.records) return 0
    const oldest = this.#arrivals[0]
    return oldest === undefined ? Number.POSITIVE_INFINITY : oldest.at + this.#limits.waitMs - now
  }

  /** The oldest records, at most as many as one step may take. */
  take(): StreamRecord[] {
    const taken: StreamRecord[] = []
    while (this.#arrivals.length > 0 && taken.length < this.#limits.records) {
      const { at, records } = this.#arrivals.shift()!
      const room = this.#limits.records - taken.length
      for (let index = 0; index < records.length && index < room; index++) taken.push(records[index]!)
      if (records.length > room) this.#arrivals.unshift({ at, records: records.slice(room) })
    }
    this.#records -= taken.length
    for (const record of taken) this.#bytes -= record.value.length + recordOverhead
    return taken
  }

  clear(): void {
    this.#arrivals = []
    this.#records = 0
    this.#bytes = 0
  }
}
