import { calendarOf } from '#src/baseline/blocks.ts'
import type { EpochMs } from '#src/call/call.ts'
import type { Format } from '#src/call/format.ts'
import { isFormat } from '#src/call/format.ts'
import type { Config } from '#src/config.ts'
import type { Context } from '#src/detection/context.ts'
import type { Detector } from '#src/detection/detector.ts'
import { layoutsOf, type Plan, planOf } from '#src/detection/plan.ts'
import { weigher } from '#src/detection/sensitive.ts'
import { discover } from '#src/discover.ts'
import { COLLECT_BATCH, collect } from '#src/stage/collect/collect.ts'
import type { CollectOptions } from '#src/stage/collect/options.ts'
import { JUDGE_BATCH, judge } from '#src/stage/judge/judge.ts'
import type { JudgeObserver } from '#src/stage/judge/options.ts'
import type { Transform } from '#src/stream/stream.ts'

/** The two detection stages, put together as the configuration says. */
export interface Engine {
  readonly plan: Plan
  readonly collect: Transform
  readonly judge: Transform
}

export interface EngineParts {
  readonly config: Config
  readonly detectors: ReadonlyMap<string, Detector | Context>
  readonly format: Format
  /** What stands in for the append time where records have none. */
  readonly runStart: EpochMs
  readonly counted?: CollectOptions['counted']
  readonly observer?: JudgeObserver
}

/** Every format found in `schemas/`, by name. */
export function loadFormats(): Promise<ReadonlyMap<string, Format>> {
  return discover(new URL('../../schemas/', import.meta.url), 'format.ts', isFormat)
}

/** Every detector found in `detectors/`, by name; those that only add to the alerts of others with them. */
export function loadDetectors(): Promise<ReadonlyMap<string, Detector | Context>> {
  return discover(new URL('../../detectors/', import.meta.url), 'detector.ts', isDetector)
}

export function engineOf({ config, detectors, format, runStart, counted, observer }: EngineParts): Engine {
  const settings = config.detectors as Readonly<Record<string, { readonly enabled?: boolean }>>
  const enabled = [...detectors.values()].flatMap((detector) => {
    const { enabled: isOn = true, ...params } = settings[detector.name] ?? {}
    return isOn ? [{ detector, params: detector.params.parse(params) }] : []
  })
  const plan = planOf(enabled, config.budget.falseAlarmsPerDay, config.shards)
  const tickMs = config.tick.seconds * 1000
  const latenessMs = config.tick.latenessSeconds * 1000
  const idleAfterMs = config.tick.idleSeconds * 1000
  return {
    plan,
    collect: collect(
      {
        format,
        layouts: layoutsOf(plan),
        tickMs,
        latenessMs,
        bounds: { futureMs: config.calls.futureSeconds * 1000, pastMs: config.calls.pastDays * 86_400_000 },
        runStart,
        shards: config.shards,
        requestIdsPerTick: config.limits.requestIdsPerTick,
        recordBytes: config.calls.maxRecordBytes,
        ...(counted === undefined ? {} : { counted }),
      },
      COLLECT_BATCH,
      idleAfterMs,
    ),
    judge: judge(
      {
        plan,
        calendar: calendarOf(tickMs),
        latenessMs,
        shards: config.shards,
        weightOf: weigher(config.sensitive),
        entitiesPerShard: { endpoint: config.limits.endpointsPerShard, identity: config.limits.identitiesPerShard },
        openTallies: config.limits.openTallies,
        checkpointMs: config.tick.checkpointSeconds * 1000,
        ...(observer === undefined ? {} : { observer }),
      },
      JUDGE_BATCH,
      idleAfterMs,
    ),
  }
}

function isDetector(value: unknown): value is Detector | Context {
  if (typeof value !== 'object' || value === null) return false
  const { name, scopes, params, judge, explain, take, remark } = value as Partial<
    Record<keyof Detector | keyof Context, unknown>
  >
  const isFunction = (one: unknown): boolean => typeof one === 'function'
  return (
    typeof name === 'string' &&
    Array.isArray(scopes) &&
    ((isFunction(judge) && isFunction(explain)) || (isFunction(take) && isFunction(remark))) &&
    isFunction((params as { parse?: unknown } | undefined)?.parse)
  )
}
