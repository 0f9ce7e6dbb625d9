import dataExfiltration from '#detectors/data-exfiltration/detector.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import { identityRef } from '#src/baseline/entity.ts'
import { emptyTally, type Tally } from '#src/baseline/tally.ts'
import { newMeter } from '#src/detection/budget.ts'
import type { Detector } from '#src/detection/detector.ts'
import { ALWAYS_HEARD } from '#src/detection/hearing.ts'
import { planOf, type ScopePlan } from '#src/detection/plan.ts'
import { Rows } from '#src/detection/rows.ts'
import type { Setting, Subject } from '#src/detection/subject.ts'
import { admit, advance } from '#src/detection/watch.ts'

/** Monday 2026-06-01, midnight UTC, as a number of windows of five minutes. */
const MONDAY = 1_780_272_000_000 / 300_000
const TICKS = 30
/** An identity that is there all day makes as many tests as three entities that are tested at every tick. */
const TESTS_A_DAY = 3 * 8640
/** As if there were a dozen parts of the budget. */
const PARTS = 12
const DETECTOR = dataExfiltration as unknown as Detector
const calendar = calendarOf(10_000)

/** Data-exfiltration alone, with a twelfth of the budget of one false alarm a day over so many identities. */
function planFor(): ScopePlan {
  return planOf([{ detector: DETECTOR, params: DETECTOR.params.parse({}) }], 1 / PARTS, 1).identity
}

/** One identity, window by window, judged by the engine with the detector as shipped. */
export class Watched {
  readonly #plan: ScopePlan
  readonly #identities: number
  readonly #subject: Subject
  readonly #setting: Setting
  readonly #meters = [{ run: newMeter(), single: newMeter() }]
  readonly #tally: Tally
  #isAdmitted = false
  #opened = 0

  /** `identities`: how many share the budget. */
  constructor(identities: number, plan: ScopePlan = planFor()) {
    this.#plan = plan
    this.#identities = identities
    const rows = new Rows(plan.width, plan.binsWidth, 1)
    this.#subject = { ref: identityRef('somebody'), rows, row: rows.take(), weight: 1, examples: [[]] }
    this.#tally = emptyTally(plan.layout)
    // What the meter says of a fleet that has been there for a week.
    for (const { single } of this.#meters) single.rate = identities * TESTS_A_DAY
    const report: Setting['report'] = (_subject, _watch, outcome) => {
      if (outcome === 'opened') this.#opened += 1
    }
    const alone = { prior: () => 0, known: () => null, weightOf: () => 1, members: () => null, early: false }
    const silentUntil = Number.POSITIVE_INFINITY
    this.#setting = { plan, calendar, meters: this.#meters, ...alone, hearing: ALWAYS_HEARD, silentUntil, report }
  }

  /** Another one with the same past. */
  copy(): Watched {
    const other = new Watched(this.#identities, this.#plan)
    this.#subject.rows.copyTo(this.#subject.row, other.#subject.rows)
    other.#isAdmitted = this.#isAdmitted
    return other
  }

  /** One window, numbered from a Monday on, whose bytes come in so many ticks. Returns the tick of it after which an alert opened, or null. */
  take(window: number, bytes: number, ticks = 1): number | null {
    const each = Math.round(bytes / ticks)
    if (each < 1) return null
    const before = this.#opened
    let opened: number | null = null
    for (let i = 0; i < ticks; i += 1) {
      const at = Math.floor((i * TICKS) / ticks)
      this.#tick((MONDAY + window) * TICKS + at, each)
      if (opened === null && this.#opened > before) opened = at + 1
    }
    return opened
  }

  /** False alarms that its tests so far were allowed. */
  get allowed(): number {
    return this.#meters.reduce((sum, { single }) => sum + single.total / single.rate, 0) / PARTS
  }

  #tick(tick: number, bytes: number): void {
    if (!this.#isAdmitted) admit(this.#setting, this.#subject, tick)
    this.#isAdmitted = true
    const [part] = this.#plan.layout.parts
    const { integers } = this.#tally
    integers[0] = 1
    if (part !== undefined) integers[part.cells.integer] = bytes
    if (part !== undefined) integers[part.cells.integer + 1] = 1
    advance(this.#setting, this.#subject, tick, this.#tally)
  }
}
