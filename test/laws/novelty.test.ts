import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import newEdge from '#detectors/new-edge/detector.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import novel, { type NovelView } from '#src/baseline/kinds/novel.ts'
import { novel as novelMeasure } from '#src/baseline/measure.ts'
import {
  hasMet,
  isArmed,
  MET_BINS,
  MET_MOST,
  meet,
  NOVELTY_WIDTH,
  normOfNovelty,
  observeNovelty,
  observePeers,
  openNovelty,
  openPeers,
  PEERS_WIDTH,
  rollNovelty,
  rollPeers,
  shareOfPeers,
} from '#src/baseline/novelty.ts'
import { hashText } from '#src/call/hash.ts'
import { type Random, randomFor } from '#src/demo/random.ts'
import {
  ACCUMULATOR_WIDTH,
  accumulate,
  clearEvidence,
  dropEvidence,
  logMixture,
  newEvidence,
  openAccumulator,
} from '#src/detection/surprise.ts'

const calendar = calendarOf(10_000)
const BLOCK = calendar.ticksPerBlock
const WARM = 12 * 6 * BLOCK
/** Seeds that nothing was chosen by. */
const HELD_OUT = [9001, 9002, 9003]

/** Shares of new things as peers have them: most next to none, a few many. A gamma law of shape one half. */
function shareOf(random: Random): number {
  const mean = 1 / 2000
  return Math.min(0.1, mean * random.normal() ** 2)
}

/** One entity after its first twelve hours, and what its calls have taught since. */
class Someone {
  readonly row = new Float64Array(NOVELTY_WIDTH)
  readonly share: number
  readonly view: NovelView = novel.view(novelMeasure('edges', () => '', 'young'))
  tick = WARM

  constructor(share: number) {
    this.share = share
    openNovelty(this.row, 0, 0, calendar)
    observeNovelty(this.row, 0, 400, 0)
  }

  /** A tick of so many calls, each of them new by its own coin; fills the view and learns. */
  take(random: Random, calls: number, prior: number): NovelView {
    rollNovelty(this.row, 0, this.tick, calendar, prior)
    normOfNovelty(this.row, 0, this.view)
    let fresh = 0
    for (let i = 0; i < calls; i += 1) if (random.unit() < this.share) fresh += 1
    this.view.calls = calls
    this.view.fresh = fresh
    observeNovelty(this.row, 0, calls, fresh)
    this.tick += 1
    return this.view
  }
}

/** What peers of a shard have learned from a day of these. */
function priorOf(random: Random, peers: readonly Someone[]): number {
  const row = new Float64Array(PEERS_WIDTH)
  openPeers(row, 0, WARM, calendar)
  for (const { share } of peers) {
    let fresh = 0
    for (let i = 0; i < 1000; i += 1) if (random.unit() < share) fresh += 1
    observePeers(row, 0, 1000, fresh)
  }
  rollPeers(row, 0, WARM + 3 * BLOCK, calendar)
  return shareOfPeers(row, 0)
}

describe('evidence of novelty', () => {
  /** The e-value that one call has on average, over entities that learned from so many calls, by the best of the alternatives. */
  function meanOf(seed: number, blocks: number, bound: (view: NovelView) => number): number {
    const random = randomFor(seed)
    const people = Array.from({ length: 3000 }, () => new Someone(shareOf(random)))
    const prior = priorOf(random, people.slice(0, 200))
    const sums = [0, 0, 0]
    for (const one of people) {
      for (let block = 0; block < blocks; block += 1) {
        one.take(random, 100, prior)
        one.tick += BLOCK - 1
      }
      const view = one.take(random, 1, prior)
      for (const isNew of [false, true]) {
        const evidence = newEvidence()
        clearEvidence(evidence)
        newEdge.judge(
          { edges: { ...view, bound: bound(view), armed: true, calls: 1, fresh: isNew ? 1 : 0 } },
          evidence,
          {
            leastNew: 3,
          },
        )
        const probability = isNew ? one.share : 1 - one.share
        for (let m = 0; m < 3; m += 1) sums[m]! += (probability * Math.exp(evidence.logE[m]!)) / people.length
      }
    }
    return Math.max(...sums)
  }

  test.each([0, 3, 30])('is at most 1 on average over peers, after %i blocks of a hundred calls', (blocks) => {
    for (const seed of HELD_OUT) expect(meanOf(seed, blocks, ({ bound }) => bound)).toBeLessThanOrEqual(1)
  })

  test('is more than 1 without the allowance for what the baseline cannot know yet', () => {
    expect(meanOf(HELD_OUT[0]!, 3, ({ share }) => share)).toBeGreaterThan(1)
  })

  test('tells no more than its weights allow, of peers that differ by orders of magnitude', () => {
    const logWeight = Math.log(1e-6)
    let alarms = 0
    let allowed = 0
    for (const seed of HELD_OUT) {
      const random = randomFor(seed)
      const people = Array.from({ length: 60 }, () => new Someone(shareOf(random)))
      const prior = priorOf(random, people)
      for (const one of people) {
        const accumulator = new Float64Array(ACCUMULATOR_WIDTH)
        const evidence = newEvidence()
        openAccumulator(accumulator, 0, WARM)
        for (let tick = 0; tick < 3000; tick += 1) {
          const view = one.take(random, random.poisson(1.5), prior)
          clearEvidence(evidence)
          if (!newEdge.judge({ edges: view }, evidence, { leastNew: 3 })) continue
          allowed += Math.exp(logWeight)
          accumulate(accumulator, 0, newEdge.alternatives, evidence.logE, logWeight, 1)
          if (logMixture(accumulator, 0, newEdge.alternatives) < 0) continue
          alarms += 1
          dropEvidence(accumulator, 0)
        }
      }
    }
    expect(allowed).toBeGreaterThan(0.3)
    // Three or more come with a probability of 1% where 0.44 are expected.
    expect(alarms).toBeLessThan(3)
  })
})

describe('what an entity has met', () => {
  test('is remembered, and hardly anything else is', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: MET_MOST - 1 }), (texts) => {
        const row = new Float64Array(NOVELTY_WIDTH)
        const bins = new Uint16Array(MET_BINS + 4)
        for (const text of texts) meet(row, 0, bins, 2, hashText(text))
        for (const text of texts) expect(hasMet(bins, 2, hashText(text))).toBe(true)
        expect([bins[0], bins[1], bins[MET_BINS + 2], bins[MET_BINS + 3]]).toEqual([0, 0, 0, 0])
      }),
    )
    const row = new Float64Array(NOVELTY_WIDTH)
    const bins = new Uint16Array(MET_BINS)
    for (let i = 0; i < MET_MOST - 1; i += 1) meet(row, 0, bins, 0, hashText(`known ${i}`))
    let wrong = 0
    for (let i = 0; i < 200_000; i += 1) if (hasMet(bins, 0, hashText(`unknown ${i}`))) wrong += 1
    // Two probes or so, one in 65,535 each.
    expect(wrong).toBeLessThan(30)
  })

  test('is full at some time: then it takes no more, every search ends, and nobody is judged by it', () => {
    const someone = new Someone(0)
    const bins = new Uint16Array(MET_BINS)
    rollNovelty(someone.row, 0, WARM, calendar, 0.001)
    for (let i = 0; i < MET_MOST - 1; i += 1) meet(someone.row, 0, bins, 0, hashText(`${i}`))
    expect(isArmed(someone.row, 0)).toBe(true)
    for (let i = MET_MOST - 1; i < 500; i += 1) meet(someone.row, 0, bins, 0, hashText(`${i}`))
    expect(isArmed(someone.row, 0)).toBe(false)
    expect(bins.filter((print) => print !== 0)).toHaveLength(MET_MOST)
    expect(hasMet(bins, 0, hashText('499'))).toBe(false)
  })
})

describe('a baseline of novelty', () => {
  test('is judged after twelve hours and 200 calls, and not before', () => {
    const row = new Float64Array(NOVELTY_WIDTH)
    openNovelty(row, 0, 0, calendar)
    observeNovelty(row, 0, 199, 50)
    rollNovelty(row, 0, WARM, calendar, 0.001)
    expect(isArmed(row, 0)).toBe(false)
    observeNovelty(row, 0, 1, 0)
    rollNovelty(row, 0, WARM + BLOCK, calendar, 0.001)
    expect(isArmed(row, 0)).toBe(true)
    openNovelty(row, 0, 0, calendar)
    observeNovelty(row, 0, 1000, 50)
    rollNovelty(row, 0, WARM - 1, calendar, 0.001)
    expect(isArmed(row, 0)).toBe(false)
  })

  test('learns one block late, what was new while it was cold never, and frozen blocks not', () => {
    const someone = new Someone(1)
    const random = randomFor(1)
    const first = { ...someone.take(random, 10, 0.001) }
    expect(first.share).toBeCloseTo(0.001, 6)
    someone.tick += BLOCK
    expect(someone.take(random, 0, 0.001).share).toBeCloseTo(0.001, 6)
    someone.tick += BLOCK
    const learned = someone.take(random, 0, 0.001).share
    expect(learned).toBeGreaterThan(0.02)
    expect(learned).toBeLessThan(0.06)
  })
})
