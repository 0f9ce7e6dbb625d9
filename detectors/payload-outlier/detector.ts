import * as z from 'zod'
import { sizes } from '#src/baseline/measure.ts'
import { logProbability } from '#src/baseline/sizes.ts'
import type { Side } from '#src/baseline/tail.ts'
import type { ApiCall } from '#src/call/call.ts'
import { logEvidenceOfSize } from '#src/detection/calibrator.ts'
import { defineDetector, type SizesView } from '#src/detection/detector.ts'
import { upperQuantile } from '#src/detection/negative-binomial.ts'
import { type Evidence, hearSingle } from '#src/detection/surprise.ts'
import { bytesText, round } from '#src/detection/words.ts'
import { binOf, leastOf, mostOf, SIZE_BINS } from '#src/sketch/logbins.ts'

/** The share of the calls that the alternatives assume to be outliers. */
const SHARES = [0.02, 0.2] as const
const ERROR_SHARE = 0.2
/** A tail's part of the evidence of one direction: too small gets half as much as too large. */
const PART: Readonly<Record<Side, number>> = { upper: 2 / 3, lower: 1 / 3 }
/** An ordinary size says a half for either tail: (1 - p + p ln p) / (p ln^2 p) at p = 1. */
const ORDINARY = 0.5

/** At this many bytes and above nothing can be too small, below it nothing too large; so each call is an example of one at most. */
const MIDDLE_BYTES = 4096

/** What an outlier can be. Its place is its number, and that of the sample that shows it. */
const KINDS: readonly { readonly what: 'request' | 'response'; readonly side: Side; readonly where: string }[] = [
  { what: 'response', side: 'upper', where: ' AND status >= 200 AND status < 300 AND status != 204' },
  { what: 'response', side: 'lower', where: ' AND status >= 200 AND status < 300 AND status != 204' },
  { what: 'request', side: 'upper', where: '' },
  { what: 'request', side: 'lower', where: '' },
  { what: 'response', side: 'upper', where: ' AND status >= 400' },
]
const RESPONSE = 0
const REQUEST = 2
const ERROR = 4
/** Which sum counts the outliers that are too small. */
const SMALL = 4

const answered = (call: ApiCall): number | null =>
  call.status >= 200 && call.status < 300 && call.status !== 204 ? call.responseBytes : null
const refused = (call: ApiCall): number | null => (call.status >= 400 ? call.responseBytes : null)

function largest(bytes: number | null): number | null {
  return bytes !== null && bytes >= MIDDLE_BYTES ? -bytes : null
}

function smallest(bytes: number | null): number | null {
  return bytes !== null && bytes < MIDDLE_BYTES ? bytes : null
}

interface Params {
  readonly leastBytes: number
  readonly mostBytes: number
  readonly leastUsual: number
  readonly leastCalls: number
  readonly leastSmall: number
}

/** The first bin on a side that is odd: by the baseline, and by what is worth telling. */
function oddBin(view: SizesView, side: Side, params: Params): number {
  const { oddBin: odd, edgeBin } = view[side]
  if (side === 'upper') return Math.max(odd, binOf(params.leastBytes - 1) + 1)
  return mostOf(edgeBin) < params.leastUsual ? -1 : Math.min(odd, binOf(params.mostBytes) - 1)
}

/**
 * The furthest-off outlier as one number that grows with the distance from the edge: `Evidence.peaks` keeps the largest. Beside it
 * what is to be said of it: kind, bin, the first odd bin, the edge's bin, per cent beyond the edge.
 */
const DIGITS = [SIZE_BINS, KINDS.length, SIZE_BINS + 2, SIZE_BINS + 2, SIZE_BINS + 2, 101] as const

function coded(view: SizesView, kind: number, bin: number, odd: number): number {
  const { beyond, edgeBin } = view[(KINDS[kind] as (typeof KINDS)[number]).side]
  const percent = Math.min(100, Math.ceil((100 * beyond) / Math.max(1, view.learned)))
  const digits = [Math.min(SIZE_BINS - 1, Math.abs(bin - edgeBin)), kind, bin + 1, odd + 1, edgeBin + 1, percent]
  return digits.reduce((code, digit, i) => code * (DIGITS[i] as number) + digit, 0)
}

function decoded(code: number): { kind: number; bin: number; odd: number; edgeBin: number; percent: number } {
  let rest = code
  const digits = DIGITS.toReversed().map((base) => {
    const digit = rest % base
    rest = (rest - digit) / base
    return digit
  })
  const [percent, edge, odd, bin, kind] = digits as [number, number, number, number, number]
  return { kind, bin: bin - 1, odd: odd - 1, edgeBin: edge - 1, percent }
}

/** Notes outliers of a kind; examples are those of the furthest off. */
function note(evidence: Evidence, view: SizesView, kind: number, bin: number, odd: number, count: number): void {
  const { side } = KINDS[kind] as (typeof KINDS)[number]
  evidence.sums[0] = (evidence.sums[0] as number) + count
  if (side === 'lower') evidence.sums[SMALL] = (evidence.sums[SMALL] as number) + count
  const code = coded(view, kind, bin, odd)
  if (code <= (evidence.peaks[0] as number)) return
  evidence.peaks[0] = code
  evidence.sample = kind
  evidence.rankMost = side === 'upper' ? -leastOf(odd) : mostOf(odd)
}

function add(evidence: Evidence, from: number, shares: readonly number[], count: number, e: number): void {
  shares.forEach((share, m) => {
    evidence.logE[from + m] = (evidence.logE[from + m] as number) + count * Math.log(1 - share + share * e)
  })
}

function expect(evidence: Evidence, total: number, logOdd: number): void {
  const expected = logOdd < 0 ? total * Math.exp(logOdd) : 0
  evidence.sums[2] = (evidence.sums[2] as number) + expected
  evidence.sums[3] = (evidence.sums[3] as number) + expected
}

/** Both tails of one direction, into the alternatives from `from` on. Returns the evidence for outliers, or -Infinity for no test. */
function judgeTails(view: SizesView, evidence: Evidence, from: number, params: Params): number {
  if (!view.armed || view.total === 0) return Number.NEGATIVE_INFINITY
  const odd = { upper: oddBin(view, 'upper', params), lower: oddBin(view, 'lower', params) }
  let ordinary = 0
  for (let i = 0; i < view.bins.length; i += 2) {
    const bin = view.bins[i] as number
    const count = view.bins[i + 1] as number
    const side = bin >= odd.upper ? 'upper' : bin <= odd.lower ? 'lower' : null
    if (side === null) {
      ordinary += count
      continue
    }
    const logP = logProbability(view, bin, side)
    const e = Math.exp(logEvidenceOfSize(logP, view.learned))
    add(evidence, from, SHARES, count, PART[side] * e + (1 - PART[side]) * ORDINARY)
    note(evidence, view, from + (side === 'upper' ? 0 : 1), bin, odd[side], count)
    // One small answer alone is never told: the first empty page of an endpoint would be.
    if (side === 'upper') hearSingle(evidence, logP, from)
  }
  add(evidence, from, SHARES, ordinary, ORDINARY)
  for (const side of ['upper', 'lower'] as const) expect(evidence, view.total, logProbability(view, odd[side], side))
  evidence.singles += view.total
  evidence.sums[1] = Math.max(evidence.sums[1] as number, view.total)
  return evidence.logE[from + 1] as number
}

/**
 * Answers of 400 and above are outliers only against both: error pages, whose size hardly varies, and what the endpoint answers when
 * all is well. Of the two probabilities the larger counts.
 */
function judgeErrors(errors: SizesView, responses: SizesView, evidence: Evidence, params: Params): number {
  const past = [errors, responses].filter((view) => view.armed)
  if (past.length === 0 || errors.total === 0) return Number.NEGATIVE_INFINITY
  const odds = past.map((view) => oddBin(view, 'upper', params))
  const odd = Math.max(...odds)
  const against = past[odds.indexOf(odd)] as SizesView
  const learned = Math.min(...past.map((view) => view.learned))
  const logPOf = (bin: number): number => Math.max(...past.map((view) => logProbability(view, bin, 'upper')))
  for (let i = 0; i < errors.bins.length; i += 2) {
    const bin = errors.bins[i] as number
    const count = errors.bins[i + 1] as number
    const logP = bin >= odd ? logPOf(bin) : 0
    add(evidence, ERROR, [ERROR_SHARE], count, Math.exp(logEvidenceOfSize(logP, learned)))
    if (bin < odd) continue
    note(evidence, against, ERROR, bin, odd, count)
    hearSingle(evidence, logP, ERROR)
  }
  expect(evidence, errors.total, logPOf(odd))
  evidence.singles += errors.total
  evidence.sums[1] = Math.max(evidence.sums[1] as number, errors.total)
  return evidence.logE[ERROR] as number
}

export default defineDetector({
  name: 'payload-outlier',
  about: {
    title: 'Payload of an unexpected size',
    catches:
      'Requests or responses far larger than this endpoint has seen (an export, a dump, an upload where forms are sent), or many far smaller ones.',
    misses: 'Sizes within three times the usual ones, and endpoints with fewer than 50 calls behind them.',
  },
  scopes: ['endpoint'],
  share: 1,
  measures: {
    responses: sizes('response sizes', answered),
    requests: sizes('request sizes', (call) => call.requestBytes),
    errors: sizes('error sizes', refused),
  },
  params: z.strictObject({
    leastBytes: z.int().min(MIDDLE_BYTES).default(16_384).describe('Smaller payloads (bytes) are never too large.'),
    mostBytes: z
      .int()
      .min(1)
      .max(MIDDLE_BYTES)
      .default(MIDDLE_BYTES)
      .describe('Payloads of so many bytes and more are never too small.'),
    leastUsual: z.int().min(1).default(1024).describe('Where usual payloads are smaller than this, none is too small.'),
    leastCalls: z
      .int()
      .min(1)
      .default(3)
      .describe('Fewer outliers are told only if one of them alone is surprising enough.'),
    leastSmall: z.int().min(1).default(10).describe('Fewer payloads that are too small are never told.'),
  }),
  sample: [
    { name: 'large responses', rank: (call) => largest(answered(call)) },
    { name: 'small responses', rank: (call) => smallest(answered(call)) },
    { name: 'large requests', rank: (call) => largest(call.requestBytes) },
    { name: 'small requests', rank: (call) => (call.method === 'GET' ? null : smallest(call.requestBytes)) },
    { name: 'large errors', rank: (call) => largest(refused(call)) },
  ],
  alternatives: { responses: SHARES.length, requests: SHARES.length, errors: 1 },
  silence: false,
  single: true,
  earlyMargin: Number.POSITIVE_INFINITY,
  judge({ responses, requests, errors }, evidence, params) {
    evidence.rankMost = Number.NEGATIVE_INFINITY
    const response = judgeTails(responses, evidence, RESPONSE, params)
    const request = judgeTails(requests, evidence, REQUEST, params)
    const error = judgeErrors(errors, responses, evidence, params)
    if (evidence.singles === 0) return false
    // What had no sizes says nothing: taken as 0 it would keep the alert from ever calming down.
    evidence.calm = -Math.max(response, request, error)
    return true
  },
  floor(sums, _peaks, params, single) {
    const [outliers, small] = [sums[0] as number, sums[SMALL] as number]
    return single || outliers - small >= params.leastCalls || small >= params.leastSmall
  },
  explain({ sums, peaks, weight }) {
    const [outliers, calls, expected] = sums as unknown as [number, number, number]
    const { kind, bin, odd, edgeBin, percent } = decoded(peaks[0] as number)
    const { what, side, where } = KINDS[kind] as (typeof KINDS)[number]
    const isLarge = side === 'upper'
    const size = isLarge ? leastOf(bin) : mostOf(bin)
    const edge = isLarge ? leastOf(edgeBin) : mostOf(edgeBin)
    const limit = isLarge ? leastOf(odd) : mostOf(odd)
    const factor = isLarge ? size / Math.max(1, edge) : (edge + 1) / (size + 1)
    const usual = `${percent === 0 ? 'all' : `${100 - percent}%`} are ${isLarge ? 'below' : 'above'} ${bytesText(edge)} here`
    const name = kind === ERROR ? 'error response' : what
    const off = `${name} of ${bytesText(size)} or ${isLarge ? 'more' : 'less'}`
    const high = factor >= 10 || weight > 1
    const rank = (factor >= 10 && weight > 1 ? 3 : high ? 2 : 1) - (isLarge ? 0 : 1)
    return {
      severity: (['low', 'medium', 'high', 'critical'] as const)[rank] as 'low',
      observed: { outliers, calls, [`${isLarge ? 'largest' : 'smallest'}_${what}_bytes`]: size },
      expected: {
        outliers: round(expected),
        low: 0,
        high: upperQuantile(expected, 1, 0.001),
        [`usual_${what}_bytes`]: edge,
      },
      reason:
        outliers === 1
          ? `${/^[aeiou]/.test(off) ? 'An' : 'A'} ${off}; ${usual}`
          : `${outliers} payloads of unexpected size, the furthest off a${name === what ? '' : 'n'} ${off}; ${usual}`,
      silentIf: `no ${what} had been ${isLarge ? 'larger' : 'smaller'} than ${bytesText(limit)} (${usual})`,
      condition: `${what}_bytes ${isLarge ? '>=' : '<='} ${limit}${where}`,
    }
  },
})
