import { shapeOfRatio } from '#src/baseline/ratio.ts'
import { logProbability } from '#src/baseline/sizes.ts'
import type { CountView, NovelView, TokensView, VolumeView } from '#src/detection/detector.ts'
import { SIZE_BINS } from '#src/sketch/logbins.ts'
import type { View, ViewsByName } from './views.ts'

/** More than so many hits in one tick are not walked through: what they would add to an average is left out, and is positive. */
const MOST_HITS = 2000
const HOURS = 500

/** A view of a size at which every outcome can be walked through. */
export function modest(view: View): View {
  if ('low' in view) {
    const [low, shape] = [0.2 + (view.low % 100), 0.05 + (view.shape % 100)]
    // As often as calls come under that law, or more seldom.
    const rate = (view.rate / 15) * shape * Math.log1p(low / shape)
    return { ...view, armed: true, resting: false, low, shape, rate }
  }
  if ('k' in view) {
    const bursts = { ...view.bursts, size: 1.01 + (view.bursts.size % 100) }
    return { ...view, armed: true, bound: 0.02 + (view.bound % 100), shape: 0.05 + (view.shape % 100), bursts }
  }
  if ('bytes' in view)
    return { ...view, armed: true, window: 0, hour: 0, lastBound: 0, hourBound: Math.max(1e6, view.hourBound) }
  if ('part' in view) return { ...view, whole: 1 + (view.whole % 1000) }
  if ('life' in view) {
    const calls = 1 + (view.calls % 50)
    return { ...view, armed: true, calls, life: 0, expired: { ...view.expired, whole: calls } }
  }
  if ('fresh' in view) return { ...view, armed: true, calls: 1 + (view.calls % 1000), excused: 0 }
  return { ...view, armed: true }
}

/** Views that show nothing but one measure: the others had no calls, or no baseline yet. */
export function alone(views: ViewsByName, name: string): ViewsByName {
  const empty = (view: View): View =>
    'k' in view
      ? { ...view, k: 0, armed: false }
      : 'part' in view
        ? { ...view, part: 0, whole: 0 }
        : 'life' in view
          ? { ...view, calls: 0, fresh: 0, life: 0, expired: { ...view.expired, part: 0, whole: 0 } }
          : 'fresh' in view
            ? { ...view, calls: 0, fresh: 0, excused: 0 }
            : 'bytes' in view
              ? { ...view, bytes: 0, armed: false }
              : { ...view, bins: [], total: 0, armed: false }
  return Object.fromEntries(Object.entries(views).map(([other, view]) => [other, other === name ? view : empty(view)]))
}

/** What a tick may show, how probable it is, and a later tick in which the rest of its evidence is heard. */
interface Outcome {
  readonly logProbability: number
  readonly view: View
  readonly then?: View
}

/** What a tick may show while the worst that the baseline allows is true. Sizes: one call; volumes: one hour. */
export function* outcomes(view: View): Generator<Outcome> {
  if ('bytes' in view) {
    for (const bytes of hoursOf(view)) {
      const then = { ...view, bytes: 1, last: bytes, lastBound: view.hourBound }
      yield { logProbability: -Math.log(HOURS), view: { ...view, bytes }, then }
    }
    return
  }
  if ('bins' in view) {
    const { upper, lower } = view
    const size = (bin: number, probability: number): { logProbability: number; view: View } => ({
      logProbability: Math.log(probability),
      view: { ...view, bins: [bin, 1], total: 1 },
    })
    const atLeast = (bin: number): number => (bin < SIZE_BINS ? Math.exp(logProbability(view, bin, 'upper')) : 0)
    const atMost = (bin: number): number => (bin >= 0 ? Math.exp(logProbability(view, bin, 'lower')) : 0)
    for (let bin = upper.oddBin; bin < SIZE_BINS; bin += 1) yield size(bin, atLeast(bin) - atLeast(bin + 1))
    for (let bin = lower.oddBin; bin >= 0; bin -= 1) yield size(bin, atMost(bin) - atMost(bin - 1))
    // What is left is ordinary.
    yield size(lower.oddBin + 1, 1 - atLeast(upper.oddBin) - atMost(lower.oddBin))
    return
  }
  if ('life' in view) {
    // No token lives too long while the rules are kept; networks and ends have nothing to do with each other.
    for (const late of outcomes(view.expired)) {
      for (const { logProbability, view: shown } of coins(view)) {
        yield { logProbability: logProbability + late.logProbability, view: { ...shown, expired: late.view } as View }
      }
    }
    return
  }
  if ('fresh' in view) {
    yield* coins(view)
    return
  }
  if ('bursts' in view && view.bursts.applies) {
    yield* bursts(view)
    return
  }
  const isCount = 'k' in view
  const mu = 'low' in view ? view.low : isCount ? view.bound : view.whole * view.bound
  const shape = isCount ? view.shape : shapeOfRatio(mu)
  let logMass = shape * Math.log(shape / (mu + shape))
  for (let k = 0; k <= (isCount ? MOST_HITS : view.whole); k += 1) {
    yield { logProbability: logMass, view: isCount ? { ...view, k } : { ...view, part: k } }
    logMass += Math.log(((k + shape) / (k + 1)) * (mu / (mu + shape)))
  }
}

/** Every call shows something new with the probability of the bound, by its own coin. */
function* coins(view: NovelView | TokensView): Generator<{ readonly logProbability: number; readonly view: View }> {
  const odds = Math.log(view.bound / (1 - view.bound))
  let logMass = view.calls * Math.log1p(-view.bound)
  for (let fresh = 0; fresh <= view.calls; fresh += 1) {
    yield { logProbability: logMass, view: { ...view, fresh } }
    logMass += Math.log((view.calls - fresh) / (fresh + 1)) + odds
  }
}

/** A silent tick, or one with calls: one call, and as many more as a negative binomial says; together as many as the bound allows. */
function* bursts(view: CountView): Generator<Outcome> {
  const { start, again, size, shape, wasActive } = view.bursts
  const active = wasActive ? again : start
  yield { logProbability: Math.log1p(-active), view: { ...view, k: 0 } }
  const more = size - 1
  const q = more / (more + shape)
  let logMass = Math.log(active) + shape * Math.log1p(-q)
  for (let k = 0; k <= MOST_HITS; k += 1) {
    yield { logProbability: logMass, view: { ...view, k: k + 1 } }
    logMass += Math.log(((k + shape) / (k + 1)) * q)
  }
}

/** Hours that are exponential with the largest mean that there may be, each as probable as the others. */
function hoursOf(view: VolumeView): readonly number[] {
  return Array.from({ length: HOURS }, (_, i) =>
    Math.max(1, Math.floor(-view.hourBound * Math.log1p(-(i + 0.5) / HOURS))),
  )
}
