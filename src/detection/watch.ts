import { BLOCKS_WALKED, blockOf } from '#src/baseline/blocks.ts'
import { freezeCount, normOfCount, observeCount, openCount, rollCount } from '#src/baseline/count.ts'
import { freezeRatio, normOfRatio, observeRatio, openRatio, ratioIsDue, rollRatio } from '#src/baseline/ratio.ts'
import { freezeSizes, normOfSizes, observeSizes, openSizes, rollSizes } from '#src/baseline/sizes.ts'
import type { Tally } from '#src/baseline/tally.ts'
import { mergeSample, type Sampled } from '#src/sketch/sample.ts'
import { countTests } from './budget.ts'
import { decide } from './decide.ts'
import { ADMITTED, NEXT, type ScopePlan, type Watch } from './plan.ts'
import type { Setting, Subject, WatchMeters } from './subject.ts'
import {
  accumulate,
  addNumbers,
  bestNats,
  bestOf,
  CALM,
  clearEvidence,
  forget,
  newEvidence,
  OPEN,
  openAccumulator,
  SUM,
} from './surprise.ts'

const NONE: readonly Sampled[] = []

const evidence = newEvidence()

/** Gives a row to an entity that is admitted at this tick. */
export function admit(setting: Setting, subject: Subject, tick: number): void {
  const { plan, calendar } = setting
  const { numbers, bins, width, binsWidth } = subject.rows
  const base = subject.row * width
  numbers[base + ADMITTED] = tick
  numbers[base + NEXT] = tick
  for (const slot of plan.slots) {
    const at = base + slot.at
    if (slot.kind === 'count') openCount(numbers, at, tick, calendar)
    else if (slot.kind === 'ratio') openRatio(numbers, at, tick, calendar)
    else openSizes(numbers, at, bins, subject.row * binsWidth + slot.binsAt, tick, calendar)
  }
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
  roll(setting, subject, base, tick)
  show(plan, subject, base, tally)
  for (const watch of plan.watches) {
    const at = base + watch.at
    clearEvidence(evidence)
    evidence.strength = strengthOf(numbers, at)
    const tested = watch.detector.judge(watch.views, evidence, watch.params)
    if (tested) weigh(setting, subject, watch, at, tick, tally)
    else decide(setting, subject, watch, at, tick, null, null)
    if (numbers[at + OPEN] === 1 || nearAlarm(numbers, at, watch)) freeze(watch, subject, base)
  }
  learn(plan, subject, base, tally)
}

/** Evidence of one tick into the accumulator, examples beside it, and then the decision. */
function weigh(setting: Setting, subject: Subject, watch: Watch, at: number, tick: number, tally: Tally): void {
  const { numbers } = subject.rows
  const meters = setting.meters[watch.index] as WatchMeters
  const logWeight = watch.logBudget - Math.log(meters.run.rate) + Math.log(subject.weight)
  const logSingleWeight = watch.logBudget - Math.log(meters.single.rate) + Math.log(subject.weight)
  if (!setting.early) {
    countTests(meters.run, subject.weight)
    countTests(meters.single, subject.weight * evidence.singles)
    meters.run.allowed += Math.exp(logWeight) * evidence.weight
    meters.single.allowed += Math.exp(logSingleWeight) * evidence.singles
  }
  const open = numbers[at + OPEN] === 1
  if (open) {
    // An open alert tests nothing new; what counts is whether the tick is more like the anomaly than like the baseline.
    numbers[at + CALM] = Math.max(0, (numbers[at + CALM] as number) + evidence.calm)
  } else {
    // Detectors that do not hear silence stand where they were last calm: what is odd from here on starts here.
    if (bestNats(numbers, at, watch.detector.alternatives) === 0) forget(numbers, at, tick)
    const odd = accumulate(
      numbers,
      at,
      watch.detector.alternatives,
      evidence.logE,
      logWeight + Math.log(evidence.weight),
      1,
    )
    const single = evidence.logSingle < 0 && evidence.logSingle <= logSingleWeight
    if (!odd) {
      forget(numbers, at, single ? tick : tick + 1)
      subject.examples[watch.index] = NONE
    }
    if (odd || single) addNumbers(numbers, at, evidence)
    if (odd || single) example(subject, watch, tally, single || bestOf(evidence, watch.detector.alternatives) > 0)
  }
  if (open && evidence.calm < 0) {
    addNumbers(numbers, at, evidence)
    example(subject, watch, tally, true)
  }
  decide(setting, subject, watch, at, tick, evidence, { logWeight, logSingleWeight })
}

function example(subject: Subject, watch: Watch, tally: Tally, odd: boolean): void {
  const from = watch.samples[evidence.sample]
  if (!odd || from === undefined || from < 0) return
  // Samples are replaced, never written to: a scratch copy shares them with the settled entity.
  const sample = [...(subject.examples[watch.index] as readonly Sampled[])]
  const sampled = tally.samples[from] as readonly Sampled[]
  mergeSample(
    sample,
    sampled.filter(({ rank }) => rank <= evidence.rankMost),
  )
  subject.examples[watch.index] = sample
}

/** Silent ticks [from, until): baselines roll on, and detectors that listen to silence take it as evidence, block by block. */
function keepSilent(setting: Setting, subject: Subject, base: number, from: number, until: number): void {
  const { plan, calendar } = setting
  const { numbers } = subject.rows
  let cursor = Math.max(from, until - BLOCKS_WALKED * calendar.ticksPerBlock)
  while (cursor < until) {
    const end = Math.min(until, (blockOf(calendar, cursor) + 1) * calendar.ticksPerBlock)
    roll(setting, subject, base, cursor)
    show(plan, subject, base, null)
    for (const watch of plan.watches) {
      const at = base + watch.at
      if (watch.detector.silence) hearSilence(setting, subject, watch, at, end, end - cursor)
      if (numbers[at + OPEN] === 1) {
        decide(setting, subject, watch, at, end - 1, null, null)
        freeze(watch, subject, base)
      }
    }
    cursor = end
  }
}

function hearSilence(setting: Setting, subject: Subject, watch: Watch, at: number, end: number, ticks: number): void {
  const { numbers } = subject.rows
  clearEvidence(evidence)
  evidence.strength = strengthOf(numbers, at)
  if (!watch.detector.judge(watch.views, evidence, watch.params) || evidence.weight === 0) return
  if (numbers[at + OPEN] === 1) {
    numbers[at + CALM] = Math.max(0, (numbers[at + CALM] as number) + evidence.calm * ticks)
    return
  }
  const meter = (setting.meters[watch.index] as WatchMeters).run
  const logWeight = watch.logBudget - Math.log(meter.rate) + Math.log(subject.weight) + Math.log(evidence.weight)
  if (!setting.early) meter.allowed += Math.exp(logWeight) * ticks
  if (accumulate(numbers, at, watch.detector.alternatives, evidence.logE, logWeight, ticks)) return
  forget(numbers, at, end)
  subject.examples[watch.index] = NONE
}

function strengthOf(numbers: Float64Array, at: number): number {
  return numbers[at + OPEN] === 1
    ? Math.max(1, (numbers[at + SUM] as number) / Math.max(numbers[at + SUM + 3] as number, 1e-9))
    : 1
}

/** Learning stops only close to the alarm: an early freeze would lock an underestimate in. */
function nearAlarm(numbers: Float64Array, at: number, watch: Watch): boolean {
  for (let m = 0; m < watch.detector.alternatives; m += 1) if ((numbers[at + m] as number) > -3) return true
  return false
}

function freeze(watch: Watch, subject: Subject, base: number): void {
  for (const slot of watch.slots) {
    const at = base + slot.at
    if (slot.kind === 'count') freezeCount(subject.rows.numbers, at)
    else if (slot.kind === 'ratio') freezeRatio(subject.rows.numbers, at)
    else freezeSizes(subject.rows.numbers, at)
  }
}

function roll(setting: Setting, subject: Subject, base: number, tick: number): void {
  const { numbers, bins, binsWidth } = subject.rows
  for (const slot of setting.plan.slots) {
    const at = base + slot.at
    if (slot.kind === 'count') rollCount(numbers, at, tick, setting.calendar)
    else if (slot.kind === 'ratio') {
      if (ratioIsDue(numbers, at, tick, setting.calendar)) {
        rollRatio(numbers, at, tick, setting.calendar, setting.prior(subject.ref, slot, tick))
      }
    } else rollSizes(numbers, at, bins, subject.row * binsWidth + slot.binsAt, tick, setting.calendar)
  }
}

/** Fills the views of all measures with this tick's numbers and the baseline's. */
function show(plan: ScopePlan, subject: Subject, base: number, tally: Tally | null): void {
  const { numbers } = subject.rows
  for (const slot of plan.slots) {
    const at = base + slot.at
    if (slot.kind === 'count') {
      normOfCount(numbers, at, slot.view)
      slot.view.k = tally === null ? 0 : (tally.integers[slot.integer] as number)
    } else if (slot.kind === 'ratio') {
      normOfRatio(numbers, at, slot.view)
      slot.view.part = tally === null ? 0 : (tally.integers[slot.integer] as number)
      slot.view.whole = tally === null ? 0 : (tally.integers[slot.integer + 1] as number)
    } else {
      normOfSizes(numbers, at, subject.rows.bins, subject.row * subject.rows.binsWidth + slot.binsAt, slot.view)
      slot.view.bins = tally === null ? [] : inOrder(tally.bins[slot.bins] as number[])
      slot.view.total = 0
      for (let i = 1; i < slot.view.bins.length; i += 2) slot.view.total += slot.view.bins[i] as number
    }
  }
}

/** Bins in their own order: sums of floats over them must not depend on the order in which calls came. */
function inOrder(pairs: readonly number[]): readonly number[] {
  let sorted = true
  for (let i = 2; i < pairs.length; i += 2) if ((pairs[i] as number) < (pairs[i - 2] as number)) sorted = false
  if (sorted) return pairs
  const bins: number[] = []
  for (let i = 0; i < pairs.length; i += 2) bins.push(i)
  bins.sort((a, b) => (pairs[a] as number) - (pairs[b] as number))
  return bins.flatMap((i) => [pairs[i] as number, pairs[i + 1] as number])
}

function learn(plan: ScopePlan, subject: Subject, base: number, tally: Tally): void {
  const { numbers, bins, binsWidth } = subject.rows
  for (const slot of plan.slots) {
    const at = base + slot.at
    if (slot.kind === 'count') observeCount(numbers, at, slot.view.k)
    else if (slot.kind === 'ratio') observeRatio(numbers, at, slot.view.part, slot.view.whole)
    else observeSizes(numbers, at, bins, subject.row * binsWidth + slot.binsAt, tally.bins[slot.bins] as number[])
  }
}
