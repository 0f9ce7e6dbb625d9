import { blockOf, type Calendar } from '#src/baseline/blocks.ts'
import type { Surroundings } from '#src/baseline/kind.ts'
import { TESTS_LEAST } from './budget.ts'
import { NEXT, type ScopePlan, type Watch } from './plan.ts'
import { newPlace } from './rows.ts'
import type { Subject } from './subject.ts'
import { ALTERNATIVES, clearEvidence, LOG_R, newEvidence, OPEN } from './surprise.ts'

const evidence = newEvidence()
const place = newPlace()
/** R of each alternative, after the silence that is looked at. */
const reached = new Float64Array(ALTERNATIVES)
/** A silent tick meets no names and asks no peers. */
const ALONE: Surroundings = { weight: 1, prior: () => 0, known: () => null, weightOf: () => 1 }

/**
 * The first tick at which an entity has to be judged although nothing is heard of it: silence may cross then, or what it is held against
 * changes with the block. `Infinity`: silence is no evidence. Calls can only make it later within a block, as no tick is stronger
 * evidence than a silent one. It depends on the settled row and on nothing else, so that a restart judges at the same ticks.
 */
export function dueOf(plan: ScopePlan, calendar: Calendar, subject: Subject): number {
  const next = subject.rows.numbers[subject.row * subject.rows.width + NEXT] as number
  const end = (blockOf(calendar, next - 1) + 1) * calendar.ticksPerBlock
  let due = Number.POSITIVE_INFINITY
  for (const watch of plan.watches) {
    if (watch.detector.alarmsInSilence === true) due = Math.min(due, dueOfWatch(subject, watch, next, end))
  }
  return due
}

/** The first tick from `next` on at which silence may open a watch, `end` at the latest; `Infinity`: silence says nothing to it. */
function dueOfWatch(subject: Subject, watch: Watch, next: number, end: number): number {
  const { numbers, width } = subject.rows
  const at = subject.row * width + watch.at
  if (numbers[at + OPEN] === 1) return Number.POSITIVE_INFINITY
  const { alternatives } = watch.detector
  for (let m = 0; m < alternatives; m += 1) reached[m] = Math.exp(numbers[at + LOG_R + m] as number)
  for (let tick = next; tick < end; ) {
    const changes = Math.min(end, changesAt(subject, watch, tick))
    for (const slot of watch.slots)
      slot.kind.show(slot.view, subject.rows.place(subject.row, slot, place), tick, null, slot.cells, ALONE)
    clearEvidence(evidence)
    if (!watch.detector.judge(watch.views, evidence, watch.params)) return Number.POSITIVE_INFINITY
    // The largest weight that there is: that of the day may change while the entity is silent.
    const weight = Math.exp(watch.logBudget) * (subject.weight / TESTS_LEAST) * evidence.weight
    let least = Number.POSITIVE_INFINITY
    for (let m = 0; m < alternatives; m += 1) {
      const l = evidence.logE[m] as number
      const before = reached[m] as number
      reached[m] = afterSilence(before, weight, l, changes - tick)
      if (l <= 0) continue
      // After z ticks R is e^(l z) (R + c) - c.
      const c = weight / -Math.expm1(-l)
      least = Math.min(least, Math.max(1, Math.ceil(Math.log((1 + c) / (before + c)) / l)))
    }
    if (tick + least <= changes) return tick + least - 1
    tick = changes
  }
  return end
}

/** R after so many silent ticks of the same evidence. */
function afterSilence(before: number, weight: number, l: number, ticks: number): number {
  if (l === 0) return before + weight * ticks
  const c = weight / -Math.expm1(-l)
  return Math.exp(l * ticks) * (before + c) - c
}

/** The first tick after `tick` at which the views of a watch may show another silence. */
export function changesAt({ rows, row }: Subject, { slots }: Watch, tick: number): number {
  let first = Number.POSITIVE_INFINITY
  for (const slot of slots) {
    if (slot.kind.changesAt !== undefined)
      first = Math.min(first, slot.kind.changesAt(rows.place(row, slot, place), tick))
  }
  return first
}
