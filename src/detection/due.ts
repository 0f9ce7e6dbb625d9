import { blockOf, type Calendar } from '#src/baseline/blocks.ts'
import type { Surroundings } from '#src/baseline/kind.ts'
import { TESTS_LEAST } from './budget.ts'
import { NEXT, type ScopePlan, type Watch } from './plan.ts'
import { newPlace } from './rows.ts'
import type { Subject } from './subject.ts'
import { clearEvidence, LOG_R, newEvidence, OPEN } from './surprise.ts'

const evidence = newEvidence()
const place = newPlace()
/** A silent tick meets no names and asks no peers. */
const ALONE: Surroundings = { weight: 1, prior: () => 0, known: () => null, weightOf: () => 1 }

/**
 * The first tick at which an entity has to be judged although nothing is heard of it: silence may cross then, or what it is held against
 * changes with the block. `Infinity`: silence is no evidence. Calls can only make it later within a block, as no tick is stronger
 * evidence than a silent one. It depends on the settled row and on nothing else, so that a restart judges at the same ticks.
 */
export function dueOf(plan: ScopePlan, calendar: Calendar, subject: Subject): number {
  const next = subject.rows.numbers[subject.row * subject.rows.width + NEXT] as number
  let due = Number.POSITIVE_INFINITY
  for (const watch of plan.watches) {
    if (watch.detector.alarmsInSilence === true) due = Math.min(due, next - 1 + ticksToCross(subject, watch, next))
  }
  if (due === Number.POSITIVE_INFINITY) return due
  return Math.min(due, (blockOf(calendar, next - 1) + 1) * calendar.ticksPerBlock)
}

/** At least so many silent ticks from `next` on until a watch opens; `Infinity`: they never open it. */
function ticksToCross(subject: Subject, watch: Watch, next: number): number {
  const { numbers, width } = subject.rows
  const at = subject.row * width + watch.at
  if (numbers[at + OPEN] === 1) return Number.POSITIVE_INFINITY
  for (const slot of watch.slots)
    slot.kind.show(slot.view, subject.rows.place(subject.row, slot, place), next, null, slot.cells, ALONE)
  clearEvidence(evidence)
  if (!watch.detector.judge(watch.views, evidence, watch.params)) return Number.POSITIVE_INFINITY
  // The largest weight that there is: that of the day may change while the entity is silent.
  const weight = Math.exp(watch.logBudget) * (subject.weight / TESTS_LEAST) * evidence.weight
  let least = Number.POSITIVE_INFINITY
  for (let m = 0; m < watch.detector.alternatives; m += 1) {
    const l = evidence.logE[m] as number
    if (l <= 0) continue
    // After z ticks R is e^(l z) (R + c) - c.
    const c = weight / -Math.expm1(-l)
    const needed = Math.log((1 + c) / (Math.exp(numbers[at + LOG_R + m] as number) + c)) / l
    least = Math.min(least, Math.max(1, Math.ceil(needed)))
  }
  return least
}
