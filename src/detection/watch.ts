import { BLOCKS_WALKED, blockOf } from '#src/baseline/blocks.ts'
import type { Tally } from '#src/baseline/tally.ts'
import { NAMED_SIZE } from '#src/sketch/named.ts'
import { mergeSample, type Sampled } from '#src/sketch/sample.ts'
import { countCrossings, countOpened, countTests, spend } from './budget.ts'
import { addContexts } from './context.ts'
import { decide, hold, isStillOdd } from './decide.ts'
import { changesAt } from './due.ts'
import { DEAF_MS } from './hearing.ts'
import { ADMITTED, NEXT, type Watch } from './plan.ts'
import { newPlace } from './rows.ts'
import { deafen, freeze, learn, roll, show, showSlots } from './slots.ts'
import type { Setting, Subject, WatchMeters } from './subject.ts'
import {
  accumulate,
  addNumbers,
  bestNats,
  bestOf,
  CALM,
  clearEvidence,
  forget,
  logMixture,
  newEvidence,
  OPEN,
  openAccumulator,
  SINGLE,
  SUM,
} from './surprise.ts'
import { crossSingle, crossTwins } from './twins.ts'

/** Learning stops within so many nats of the alarm. */
export const FREEZE_NATS = 3

const NONE: readonly Sampled[] = []

const evidence = newEvidence()
const place = newPlace()

/** Gives a row to an entity that is admitted at this tick. */
export function admit(setting: Setting, subject: Subject, tick: number): void {
  const { plan, calendar } = setting
  const { numbers, width } = subject.rows
  const base = subject.row * width
  numbers[base + ADMITTED] = tick
  numbers[base + NEXT] = tick
  for (const slot of plan.slots) slot.kind.open(subject.rows.place(subject.row, slot, place), tick, calendar)
  for (const watch of plan.watches) openAccumulator(numbers, base + watch.at, tick)
}

/**
 * Judges one entity up to a tick: first the silent ticks since it was last judged, then the tick itself with its tally (`null`: the
 * tick is silent too), and then learns from it. The one algorithm, for settled ticks and early notices alike.
 */
export function advance(setting: Setting, subject: Subject, tick: number, tally: Tally | null): void {
  const base = subject.row * subject.rows.width
  const from = subject.rows.numbers[base + NEXT] as number
  const until = tally === null ? tick + 1 : tick
  if (from < until) keepSilent(setting, subject, base, from, until)
  if (tally !== null) takeTick(setting, subject, base, tick, tally)
  subject.rows.numbers[base + NEXT] = tick + 1
}

function takeTick(setting: Setting, subject: Subject, base: number, tick: number, tally: Tally): void {
  const { plan } = setting
  const { numbers } = subject.rows
  roll(setting, subject, tick)
  show(plan, subject, tick, tally)
  for (const watch of plan.watches) {
    const at = base + watch.at
    clearEvidence(evidence)
    evidence.strength = strengthOf(numbers, at)
    if (!isHeard(setting, watch, tick)) continue
    const tested = watch.detector.judge(watch.views, evidence, watch.params)
    if (tested) weigh(setting, subject, watch, at, tick, tally)
    else decide(setting, subject, watch, at, tick, null, null)
    if (numbers[at + OPEN] === 1 || nearAlarm(numbers, at, watch)) freeze(plan, watch, subject)
  }
  learn(plan, subject, tick, tally)
}

/** Evidence of one tick into the accumulator, examples beside it, and then the decision. */
function weigh(setting: Setting, subject: Subject, watch: Watch, at: number, tick: number, tally: Tally): void {
  const { numbers } = subject.rows
  const meters = setting.meters[watch.index] as WatchMeters
  const logWeight = watch.logBudget - Math.log(meters.run.rate) + Math.log(subject.weight)
  const logSingleWeight = watch.logBudget - Math.log(meters.single.rate) + Math.log(subject.weight)
  if (!setting.early) {
    if (evidence.weight > 0) countTests(meters.run, subject.weight)
    countTests(meters.single, subject.weight * evidence.singles)
  }
  const open = numbers[at + OPEN] === 1
  if (open) {
    // An open alert tests nothing new; what counts is whether the tick is more like the anomaly than like the baseline.
    numbers[at + CALM] = Math.max(0, (numbers[at + CALM] as number) + evidence.calm)
  } else {
    // Detectors that do not hear silence stand where they were last calm: what is odd from here on starts here.
    if (bestNats(numbers, at, watch.detector.alternatives) === 0) forget(numbers, at, tick)
    const wasOver = isOverUntold(subject, watch, at)
    const odd = accumulate(
      numbers,
      at,
      watch.detector.alternatives,
      evidence.logE,
      logWeight + Math.log(evidence.weight),
      1,
    )
    const single = evidence.logSingle < 0 && evidence.logSingle <= logSingleWeight
    if (!setting.early) {
      spend(meters.run, evidence.weight, subject.weight)
      spend(meters.single, 1, subject.weight * evidence.singles)
      const crossed = crossTwins(numbers, at, watch.detector.alternatives, evidence.logE, 1)
      if (!wasOver) countCrossings(meters.run, crossed)
      countCrossings(meters.single, crossSingle(evidence.logSingle, logSingleWeight, evidence.logSingleBefore))
    }
    if (!odd) {
      forget(numbers, at, single ? tick : tick + 1)
      subject.examples[watch.index] = NONE
    }
    if (odd || single) {
      addNumbers(numbers, at, evidence)
      if (single || bestOf(evidence, watch.detector.alternatives) > 0) illustrate(subject, watch, at, tally)
    }
  }
  if (open && isStillOdd(numbers, at, evidence)) {
    addNumbers(numbers, at, evidence)
    illustrate(subject, watch, at, tally)
  }
  decide(setting, subject, watch, at, tick, evidence, { logWeight, logSingleWeight })
  if (!open && !setting.early && numbers[at + OPEN] === 1)
    countOpened(numbers[at + SINGLE] === 1 ? meters.single : meters.run)
}

/** What a tick that is odd itself shows: examples, and what the contexts see. */
function illustrate(subject: Subject, watch: Watch, at: number, tally: Tally): void {
  addContexts(subject.rows.numbers, at, watch)
  // Samples are replaced, never written to: a scratch copy shares them with the settled entity.
  const sample = [...(subject.examples[watch.index] as readonly Sampled[])]
  if (watch.samples.length === 0) {
    for (const { kind, view } of watch.slots) mergeSample(sample, kind.examples?.(view) ?? NONE, NAMED_SIZE)
  } else {
    const from = watch.samples[evidence.sample]
    if (from === undefined || from < 0) return
    const sampled = tally.samples[from] as readonly Sampled[]
    mergeSample(
      sample,
      sampled.filter(({ rank }) => rank <= evidence.rankMost),
    )
  }
  subject.examples[watch.index] = sample
}

/** Silent ticks [from, until): baselines roll on, and detectors that listen to silence take it as evidence, block by block. */
function keepSilent(setting: Setting, subject: Subject, base: number, from: number, until: number): void {
  const { plan, calendar } = setting
  const { numbers } = subject.rows
  let cursor = Math.max(from, until - BLOCKS_WALKED * calendar.ticksPerBlock)
  while (cursor < until) {
    const { isDeaf, from: deafFrom, until: turns } = setting.hearing.at(cursor)
    const limit = Math.min(until, turns, cursor < setting.silentUntil ? setting.silentUntil : until)
    const end = Math.min(limit, (blockOf(calendar, cursor) + 1) * calendar.ticksPerBlock)
    const isOutage = isDeaf && (end - deafFrom) * calendar.tickMs >= DEAF_MS
    roll(setting, subject, cursor)
    if (isOutage) deafen(plan, subject)
    show(plan, subject, cursor, null)
    for (const watch of plan.watches) {
      const at = base + watch.at
      const wasOpen = numbers[at + OPEN] === 1
      if (isOutage && wasOpen) hold(numbers, at, end - cursor)
      // Where nothing is heard of anybody, nothing follows for one of them.
      if (!isHeard(setting, watch, cursor) || (isDeaf && watch.detector.alarmsInSilence === true)) continue
      const isOdd = watch.detector.silence && hearSilence(setting, subject, watch, at, cursor, end)
      if (wasOpen) decide(setting, subject, watch, at, end - 1, isOdd ? evidence : null, null)
      if (numbers[at + OPEN] === 1 || (isOdd && nearAlarm(numbers, at, watch))) freeze(plan, watch, subject)
    }
    cursor = end
  }
}

/**
 * What silent ticks [from, end) say to one watch. Returns whether they are evidence for the anomaly; `evidence` is then that of the last of
 * them. Who is due (see due.ts) is judged as soon as silence may cross, so a stretch crosses at its last tick or not at all.
 */
function hearSilence(setting: Setting, subject: Subject, watch: Watch, at: number, from: number, end: number): boolean {
  if (watch.detector.alarmsInSilence !== true) return hearAlike(setting, subject, watch, at, from, end)
  let isOdd = false
  for (let tick = from; tick < end; ) {
    // What is expected changes with the length of the silence.
    const until = Math.min(end, changesAt(subject, watch, tick))
    showSlots(watch.slots, subject, tick, null)
    isOdd = hearAlike(setting, subject, watch, at, tick, until)
    tick = until
  }
  return isOdd
}

/** What silent ticks say that all say the same: that which the views show. */
function hearAlike(setting: Setting, subject: Subject, watch: Watch, at: number, from: number, end: number): boolean {
  const { numbers } = subject.rows
  const { alternatives } = watch.detector
  const ticks = end - from
  clearEvidence(evidence)
  evidence.strength = strengthOf(numbers, at)
  if (!watch.detector.judge(watch.views, evidence, watch.params) || evidence.weight === 0) return false
  if (numbers[at + OPEN] === 1) {
    numbers[at + CALM] = Math.max(0, (numbers[at + CALM] as number) + evidence.calm * ticks)
    if (evidence.calm < 0) addNumbers(numbers, at, evidence, ticks)
    return evidence.calm < 0
  }
  const meter = (setting.meters[watch.index] as WatchMeters).run
  const logWeight = watch.logBudget - Math.log(meter.rate) + Math.log(subject.weight)
  const wasOver = isOverUntold(subject, watch, at)
  const odd = accumulate(numbers, at, alternatives, evidence.logE, logWeight + Math.log(evidence.weight), ticks)
  if (!setting.early) {
    spend(meter, evidence.weight, subject.weight * ticks)
    const crossed = crossTwins(numbers, at, alternatives, evidence.logE, ticks)
    if (!wasOver) countCrossings(meter, crossed)
  }
  if (!odd) {
    forget(numbers, at, end)
    subject.examples[watch.index] = NONE
    return false
  }
  if (bestOf(evidence, alternatives) <= 0) return false
  addNumbers(numbers, at, evidence, ticks)
  decide(setting, subject, watch, at, end - 1, evidence, { logWeight, logSingleWeight: Number.NEGATIVE_INFINITY })
  if (!setting.early && numbers[at + OPEN] === 1) countOpened(meter)
  return true
}

/** Whether evidence goes on that one endpoint of a service explains, without an alert of the service: it has crossed once. */
function isOverUntold({ ref, rows }: Subject, { detector }: Watch, at: number): boolean {
  return ref.scope === 'service' && logMixture(rows.numbers, at, detector.alternatives) >= 0
}

/** Whether a watch judges that tick: what is told of silence must not rest on the end of an input. */
function isHeard(setting: Setting, watch: Watch, tick: number): boolean {
  return watch.detector.alarmsInSilence !== true || tick < setting.silentUntil
}

/** By how much an open episode exceeds its bound so far. */
function strengthOf(numbers: Float64Array, at: number): number {
  return numbers[at + OPEN] === 1
    ? Math.max(1, (numbers[at + SUM] as number) / Math.max(numbers[at + SUM + 3] as number, 1e-9))
    : 1
}

/** Learning stops only close to the alarm: an early freeze would lock an underestimate in. */
function nearAlarm(numbers: Float64Array, at: number, watch: Watch): boolean {
  for (let m = 0; m < watch.detector.alternatives; m += 1) if ((numbers[at + m] as number) > -FREEZE_NATS) return true
  return false
}
