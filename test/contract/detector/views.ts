import fc from 'fast-check'
import { calendarOf } from '#src/baseline/blocks.ts'
import type { Measure } from '#src/baseline/measure.ts'

import {
  newSizesNorm,
  normOfSizes,
  observeSizes,
  openSizes,
  rollSizes,
  SIZES_BINS,
  SIZES_WIDTH,
} from '#src/baseline/sizes.ts'
import type {
  CountView,
  Detector,
  FlowView,
  NovelView,
  RatioView,
  SizesView,
  TokensView,
  VolumeView,
} from '#src/detection/detector.ts'

import { clearEvidence, type Evidence, newEvidence } from '#src/detection/surprise.ts'
import { SIZE_BINS } from '#src/sketch/logbins.ts'
import { positive, share, whole } from './numbers.ts'
import { volumeView } from './volume-view.ts'

export type View = CountView | RatioView | SizesView | NovelView | FlowView | TokensView | VolumeView
export type ViewsByName = Readonly<Record<string, View>>

/** As `src/baseline/bursts.ts` bounds it: starts below 0.9, going on at least as probable, below 0.95; a size of one at least. */
const burstNorm = fc
  .record({
    applies: fc.boolean(),
    start: positive(1e-4, 0.9),
    more: share,
    size: positive(1, 1e7),
    phi: positive(0.045, 30),
    wasActive: fc.boolean(),
    apart: fc.boolean(),
  })
  .map(({ more, phi, ...law }) => ({ ...law, again: law.start + (0.95 - law.start) * more, shape: 1 / phi }))

/** Any view that the baseline of a count may give: `src/baseline/count.ts` keeps bound and shape above zero. */
const countView = fc
  .record({
    k: whole(1e9),
    mean: fc.oneof(fc.constant(0), positive(1e-6, 1e7)),
    slack: positive(1, 1e4),
    dispersion: positive(0.1, 1e6),
    armed: fc.boolean(),
    seen: whole(1e12),
    raised: positive(1, 100),
    steady: fc.boolean(),
    bursts: burstNorm,
  })
  .map(({ slack, dispersion, ...view }): CountView => {
    const bound = Math.max(0.02, view.mean * slack)
    return { ...view, bound, shape: bound / (dispersion + 0.03 * bound) }
  })

const ratioView = fc
  .record({ whole: whole(1e9), of: share, usual: positive(1e-9, 1), slack: share, seen: whole(1e12) })
  .map(({ whole: all, of, usual, slack, seen }): RatioView => {
    const least = Math.max(1e-4, usual)
    return { part: Math.round(all * of), whole: all, share: usual, bound: least + (1 - least) * slack ** 3, seen }
  })

/** The view of a baseline that has learned exactly these, as the engine shows it, with these in the tick: bin, count, … */
export function sizesLearned(learned: readonly number[], bins: readonly number[]): SizesView {
  const calendar = calendarOf(10_000)
  const row = new Float64Array(SIZES_WIDTH)
  const histograms = new Uint16Array(SIZES_BINS)
  openSizes(row, 0, histograms, 0, 0, calendar)
  observeSizes(row, 0, histograms, 0, learned)
  rollSizes(row, 0, histograms, 0, 2 * calendar.ticksPerBlock, calendar)
  const norm = newSizesNorm()
  normOfSizes(row, 0, histograms, 0, norm)
  let total = 0
  for (let i = 1; i < bins.length; i += 2) total += bins[i] as number
  return { ...norm, bins, total }
}

const histogram = (most: number, count: number): fc.Arbitrary<number[]> =>
  fc
    .uniqueArray(fc.tuple(fc.nat(SIZE_BINS - 1), positive(1, count).map(Math.floor)), {
      selector: ([bin]) => bin,
      maxLength: most,
    })
    .map((pairs) => pairs.sort(([a], [b]) => a - b).flat())

/** A baseline of a mode and of anything else, and any sizes in the tick. */
const sizesView = fc
  .record({
    mode: fc.tuple(fc.nat(SIZE_BINS - 1), fc.integer({ min: 50, max: 20_000 })),
    more: histogram(30, 20_000),
    bins: histogram(8, 1_000_000),
    armed: fc.boolean(),
  })
  .map(({ mode, more, bins, armed }): SizesView => ({ ...sizesLearned([...mode, ...more], bins), armed }))

/** As `src/baseline/flow.ts` bounds it: the least mean is 0 or .2 at least; a rate is known from 200,000 ticks at most. */
const flowView = fc
  .record({
    k: fc.oneof(fc.constant(0), whole(1e9)),
    serviceSilent: whole(1e6),
    low: fc.oneof(fc.constant(0), positive(0.2, 1e7)),
    slack: positive(1.3, 100),
    dispersion: positive(0.1, 1e6),
    rate: fc.oneof(fc.constant(0), positive(1e-4, 15)),
    silent: whole(1e6),
    armed: fc.boolean(),
    knowsPauses: fc.boolean(),
    resting: fc.boolean(),
    seen: whole(1e12),
  })
  .map(({ slack, dispersion, ...view }): FlowView => {
    const shape = Math.max(view.low, 0.2) / (dispersion + 0.03 * view.low)
    return { ...view, mean: Math.max(view.low, view.rate) * slack, shape }
  })

/** Any view of novelty: nobody is judged who may meet something new in more than a quarter of its calls. */
const novelView = (except: NovelView['except']): fc.Arbitrary<NovelView> =>
  fc
    .record({
      calls: whole(1e6),
      fresh: fc.nat(32),
      excused: fc.nat(8),
      bound: positive(1e-9, 0.25),
      usual: share,
      weight: fc.constantFrom(1, 1, 10),
      armed: fc.boolean(),
      seen: whole(1e12),
    })
    .map(({ usual, fresh, ...view }) => {
      const news = Math.min(fresh, view.calls)
      return { ...view, except, fresh: news, share: usual * view.bound, named: NOTHING, met: NOTHING }
    })
const NOTHING: NovelView['met'] = Object.freeze([])

/** Any view of tokens: lives from nothing to years, and records of networks that what is new has broken. */
const tokensView = fc
  .record({
    calls: whole(1e6),
    expired: ratioView,
    fresh: fc.nat(24),
    bound: positive(1e-9, 0.25),
    usual: share,
    networks: fc.nat(24),
    life: fc.oneof(fc.constant(0), whole(1e8)),
    lifeBefore: fc.oneof(fc.constant(0), whole(1e6)),
    armed: fc.boolean(),
    seen: whole(1e12),
  })
  .map(({ usual, fresh, networks, life, expired, ...view }): TokensView => {
    const news = Math.min(fresh, view.calls)
    const lives = {
      life: view.calls === 0 ? 0 : life,
      longest: Math.max(life, view.lifeBefore),
      judged: view.lifeBefore,
    }
    const part = Math.round((expired.part / Math.max(1, expired.whole)) * view.calls)
    const late = { ...expired, part, whole: view.calls }
    const lists = { named: NOTHING, met: NOTHING, uses: [] }
    return {
      ...view,
      ...lives,
      ...lists,
      expired: late,
      fresh: news,
      networks: Math.max(networks, 1) + news,
      share: usual * view.bound,
    }
  })

function viewOf(measure: Measure): fc.Arbitrary<View> {
  switch (measure.kind) {
    case 'count':
    case 'distinct':
      return countView
    case 'ratio':
    case 'breadth':
      return ratioView
    case 'sizes':
      return sizesView
    case 'flow':
      return flowView
    case 'novel':
      return novelView(measure.except)
    case 'volume':
      return volumeView
    case 'durations':
      throw new Error('durations are told beside alerts; no detector judges them')
    case 'tokens':
      return tokensView
  }
}

/** Everything that a detector may be shown in one tick, cold and warm. */
export function viewsOf(detector: Detector): fc.Arbitrary<ViewsByName> {
  return fc.record(Object.fromEntries(Object.entries(detector.measures).map(([name, one]) => [name, viewOf(one)])))
}

/**
 * The same view with more of what is counted: more calls, more hits (new things) among as many calls, the last size further up where it is in the
 * upper half of its histogram, or the first one further down where it is in the lower.
 */
export function moreOf(view: View, by: number): View {
  if ('k' in view) return { ...view, k: view.k + by }
  if ('part' in view) return { ...view, part: Math.min(view.whole, view.part + by) }
  if ('expired' in view && by % 2 === 0) return { ...view, expired: moreOf(view.expired, by) as RatioView }
  if ('fresh' in view) return { ...view, fresh: Math.min(view.calls, view.fresh + by) }
  if ('bytes' in view) return { ...view, bytes: view.bytes + by * 1e6 }
  const bins = [...view.bins]
  const last = bins.length - 2
  const [first = 0, top = 0] = [bins[0], bins[last]]
  if (last >= 0 && top > view.lower.edgeBin) bins[last] = Math.min(SIZE_BINS - 1, top + by)
  else if (first < view.upper.edgeBin) bins[0] = Math.max(0, first - by)
  return { ...view, bins }
}

/** What a detector says of one tick, or `null` where it does not test it. */
export function judged(detector: Detector, views: ViewsByName, params: unknown, strength = 1): Evidence | null {
  const evidence = newEvidence()
  clearEvidence(evidence)
  evidence.strength = strength
  return detector.judge(views, evidence, params) ? evidence : null
}

export function frozen(views: ViewsByName): ViewsByName {
  for (const view of Object.values(views)) {
    if ('bins' in view) Object.freeze(view.bins)
    Object.freeze(view)
  }
  return Object.freeze(views)
}
