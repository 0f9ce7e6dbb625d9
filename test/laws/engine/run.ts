import dataExfiltration from '#detectors/data-exfiltration/detector.ts'
import deniedBurst from '#detectors/denied-burst/detector.ts'
import errorBurst from '#detectors/error-burst/detector.ts'
import getSpike from '#detectors/get-spike/detector.ts'
import latencyShift from '#detectors/latency-shift/detector.ts'
import newEdge from '#detectors/new-edge/detector.ts'
import newOrigin from '#detectors/new-origin/detector.ts'
import objectEnumeration from '#detectors/object-enumeration/detector.ts'
import payloadOutlier from '#detectors/payload-outlier/detector.ts'
import silence from '#detectors/silence/detector.ts'
import tokenLifetime from '#detectors/token-lifetime/detector.ts'
import native from '#schemas/native/format.ts'
import type { Alert, AlertRecord } from '#src/alert/alert.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import { TIME_BOUNDS } from '#src/call/time.ts'
import type { Random } from '#src/demo/random.ts'
import type { Detector } from '#src/detection/detector.ts'
import { type BudgetReport, Ledger } from '#src/detection/ledger.ts'
import { layoutsOf, planOf } from '#src/detection/plan.ts'
import { type Sensitive, weigher } from '#src/detection/sensitive.ts'
import { collect } from '#src/stage/collect/collect.ts'
import type { Fate, StepCounts } from '#src/stage/collect/options.ts'
import { judge } from '#src/stage/judge/judge.ts'
import type { JudgeObserver } from '#src/stage/judge/options.ts'
import { memoryStream, type Schedule } from '#src/stream/memory.ts'
import type { CommitProbe } from '#src/stream/probe.ts'
import type { Transform } from '#src/stream/stream.ts'
import { WORLD_START } from './world.ts'

export const TICK_MS = 10_000
export const LATENESS_MS = 60_000
export const SHARDS = 8

/** What may differ between two runs without the alerts being different. */
export interface How {
  readonly partitions: number
  readonly batch: number
  /** Lines that are appended before the stages run on them. */
  readonly chunk: number
  readonly schedule?: Schedule
  readonly probe?: CommitProbe
  /** False: the input stands still, and may go on at any time. */
  readonly ends?: boolean
  /** The stream's time at every append between the stages. */
  readonly now?: number
}

/** What a deployment decides; equal in all runs that are compared. */
export interface Limits {
  readonly entities: number
  readonly openTallies: number
  readonly requestIds: number
  readonly sensitive: readonly Sensitive[]
}

export const LIMITS: Limits = { entities: 1000, openTallies: 100_000, requestIds: 10_000, sensitive: [] }
export const PLAINLY: How = { partitions: 1, batch: 100_000, chunk: 1_000_000 }

type Held = Parameters<NonNullable<JudgeObserver['held']>>[0]

export interface Outcome {
  /** The last settled state of each alert, by id. */
  readonly settled: readonly Alert[]
  /** Everything that the alerts topic holds, in order. */
  readonly records: readonly AlertRecord[]
  /** What the lanes held after each of their steps. */
  readonly held: readonly Held[]
  readonly fates: Readonly<Partial<Record<Fate, number>>>
  readonly budget: BudgetReport
}

const DETECTORS = [
  dataExfiltration,
  errorBurst,
  getSpike,
  newEdge,
  newOrigin,
  payloadOutlier,
  deniedBurst,
  objectEnumeration,
  latencyShift,
  silence,
  tokenLifetime,
] as readonly unknown[] as readonly Detector[]
export const PLAN = planOf(
  DETECTORS.map((detector) => ({ detector, params: detector.params.parse({}) })),
  1,
  SHARDS,
)

/** Runs collect and judge on the lines of each source until their end. */
export async function detect(
  sources: readonly (readonly Uint8Array[])[],
  { partitions, batch, chunk, schedule, probe, ends = true, now = 0 }: How = PLAINLY,
  limits: Limits = LIMITS,
): Promise<Outcome> {
  const held: Held[] = []
  const fates: Partial<Record<Fate, number>> = {}
  const stream = memoryStream({
    partitions: {
      calls: sources.length,
      tallies: partitions,
      baselines: partitions,
      alerts: partitions,
      'baseline-rows': partitions,
    },
    discard: ['dead-letters', 'baseline-rows'],
    now: () => now,
    ...(schedule === undefined ? {} : { schedule }),
    ...(probe === undefined ? {} : { probe }),
  })
  const counted = (counts: StepCounts): void => {
    for (const [fate, count] of counts.fates) fates[fate] = (fates[fate] ?? 0) + count
  }
  await stream.transform(collecting(limits, batch, counted))
  await stream.transform(judging(limits, batch, (state) => void held.push(state)))
  const longest = Math.max(...sources.map((lines) => lines.length))
  for (let from = 0; from < longest; from += chunk) {
    sources.forEach((lines, partition) => {
      for (const value of lines.slice(from, from + chunk))
        stream.appendRecord('calls', partition, { key: null, value, appendedAt: null })
    })
    await stream.settle()
  }
  if (ends) await stream.finish()
  const records = stream.records('alerts').map(({ value }) => JSON.parse(Buffer.from(value).toString()) as AlertRecord)
  await stream.close()
  return { settled: settledOf(records), records, held, fates, budget: budgetOf(held) }
}

export function collecting(limits: Limits, batch: number, counted: (counts: StepCounts) => void = () => {}): Transform {
  const options = {
    format: native,
    layouts: layoutsOf(PLAN),
    tickMs: TICK_MS,
    latenessMs: LATENESS_MS,
    bounds: TIME_BOUNDS,
    runStart: WORLD_START + 400 * 86_400_000,
    shards: SHARDS,
    requestIdsPerTick: limits.requestIds,
    recordBytes: 10_000,
    counted,
  }
  return collect(options, { records: batch, waitMs: 0 }, 10_000)
}

export function judging(limits: Limits, batch: number, held: (state: Held) => void = () => {}): Transform {
  const options = {
    plan: PLAN,
    calendar: calendarOf(TICK_MS),
    latenessMs: LATENESS_MS,
    shards: SHARDS,
    weightOf: weigher(limits.sensitive),
    entitiesPerShard: { endpoint: limits.entities, identity: limits.entities },
    openTallies: limits.openTallies,
    checkpointMs: 60_000,
    observer: { held },
  }
  return judge(options, { records: batch, waitMs: 0 }, 10_000)
}

function budgetOf(held: readonly Held[]): BudgetReport {
  const ledger = new Ledger(1)
  for (const { accounts } of held) ledger.hear(accounts ?? [])
  return ledger.report()
}

export function settledOf(records: readonly AlertRecord[]): Alert[] {
  const last = new Map<string, Alert>()
  for (const { alert } of records) if (alert.settled) last.set(alert.id, alert)
  return [...last.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Fails one commit in so many, before or after it took effect, and never one lane twice in a row. */
export function failingProbe(random: Random, oneIn: number): CommitProbe {
  const spared = new Map<string, number>()
  const maybeFail = async (stage: string, source: string): Promise<void> => {
    const lane = `${stage} ${source}`
    const left = spared.get(lane) ?? 0
    spared.set(lane, left - 1)
    if (left > 0 || random.below(oneIn) > 0) return
    spared.set(lane, 2)
    throw new Error('the commit failed, for this test')
  }
  return { before: maybeFail, after: maybeFail }
}

/** What was settled of silence. */
export const silencesOf = ({ settled }: Pick<Outcome, 'settled'>) =>
  settled.filter(({ detector }) => detector === 'silence')
