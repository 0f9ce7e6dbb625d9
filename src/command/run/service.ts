import { createHash } from 'node:crypto'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { readCall } from '#src/call/read.ts'
import type { Config } from '#src/config.ts'
import type { Sink } from '#src/sink/sink.ts'
import { archive } from '#src/stage/archive/archive.ts'
import { gapInsert } from '#src/stage/archive/gap.ts'
import { deliver } from '#src/stage/deliver/deliver.ts'
import type { OpenStore } from '#src/store/open.ts'
import { openQueries } from '#src/store/queries.ts'
import type { Lag, Running, Stream, StreamEvents } from '#src/stream/stream.ts'
import { watchCollect, watchJudge } from '#src/telemetry/detection.ts'
import { createHealth } from '#src/telemetry/health.ts'
import { createLog, type Log } from '#src/telemetry/log.ts'
import { createMetrics } from '#src/telemetry/metrics.ts'
import { watchArchive, watchDeliver } from '#src/telemetry/outside.ts'
import { watchProcess } from '#src/telemetry/process.ts'
import { watchLag, watchStages } from '#src/telemetry/stages.ts'
import { watchHealth, watchWeb } from '#src/telemetry/web.ts'
import { startWeb } from '#src/web/server.ts'
import { version } from '../dispatch.ts'
import { engineOf, loadDetectors, loadFormats } from '../engine.ts'
import { sinksOf } from './sinks.ts'
import { migrated, scheduleRetention, storeOf } from './store.ts'
import { streamOf } from './stream.ts'
import { startDetectionThreads } from './threads.ts'
import { yielding } from './yield.ts'

/** Detection goes before storage: the archive yields while more calls than this wait to be judged. */
const BEHIND_CALLS = 50_000
/** What a waiting block of tallies counts for, roughly. */
const CALLS_PER_BLOCK = 100

/** Tidemark as it runs. */
export interface Service {
  /** Where HTTP listens. */
  readonly address: string
  /** Appends to the calls topic; resolves once durable. */
  append(lines: readonly Uint8Array[]): Promise<void>
  /** Resolves with the reason when something broke that does not mend itself. */
  readonly broken: Promise<Error>
  /** Takes nothing new, finishes what is under way, leaves. Idempotent. */
  stop(): Promise<void>
}

export interface ServiceOptions {
  readonly config: Config
  /** Where the console sink prints. */
  readonly out: Writable
  readonly log?: Log
}

/** Starts the stages that are configured, and HTTP. Rejects where the configuration does not fit the world around it. */
export async function startService({
  config,
  out,
  log = createLog(config.log.level),
}: ServiceOptions): Promise<Service> {
  const formats = await loadFormats()
  const format = formats.get(config.calls.format)
  if (format === undefined) {
    throw new Error(
      `calls.format: there is no format ${JSON.stringify(config.calls.format)}; expected one of ${[...formats.keys()].join(', ')}`,
    )
  }
  const { promise: broken, resolve: breakDown } = Promise.withResolvers<Error>()
  const ending = new AbortController()
  const metrics = createMetrics()
  const health = createHealth()
  const collectCounts = watchCollect(metrics)
  const endings: (() => Promise<void> | void)[] = [watchProcess(metrics, version()), () => health.stop()]
  watchHealth(metrics, health)

  let store: OpenStore | null = null
  const stageEvents = watchStages(metrics, log)
  const events: StreamEvents = {
    ...stageEvents,
    gap: (gap) => {
      stageEvents.gap(gap)
      // A gap is a row too; while the store is away the log and the metric are all there is.
      store
        ?.insert(gapInsert(gap, Date.now()))
        .catch((error: unknown) => log.error({ err: error }, 'a gap was not stored'))
    },
    fatal: breakDown,
  }
  const stream = streamOf(config, events, log)
  const stop = ender(ending, endings, log)
  try {
    await stream.prepare()
    endings.unshift(() => stream.close())
    const judgeCounts = watchJudge(metrics, log, config.budget.falseAlarmsPerDay)
    const engine = engineOf({
      config,
      detectors: await loadDetectors(),
      format,
      runStart: Date.now(),
      counted: collectCounts.counted,
      observer: judgeCounts,
    })
    store = await storeOf(config)
    endings.push(() => store?.close())
    const opened = store
    health.set('store', 'tables are not there yet')
    const runs = new Runs()
    endings.unshift(() => runs.stop())
    let threadsLag = (): readonly Lag[] => []
    const lag = (): readonly Lag[] => [...stream.lag(), ...threadsLag()]
    const tables = migrated(opened, config, log, ending.signal).then((done) => {
      if (!done) return
      health.set('store', null)
      endings.unshift(scheduleRetention(opened, config, log))
    })
    tables.catch((error: unknown) => breakDown(error instanceof Error ? error : new Error(String(error))))
    // Before collect: a stream keeps nothing for a reader that it has not met, however long the tables take.
    if (config.stages.includes('archive')) {
      const isBehind = (): boolean => lagOf(lag(), 'collect') + lagOf(lag(), 'judge') * CALLS_PER_BLOCK > BEHIND_CALLS
      await runs.add(
        stream.drain(
          yielding(
            archive({
              store: opened,
              format,
              bounds: { futureMs: config.calls.futureSeconds * 1000, pastMs: config.calls.pastDays * 86_400_000 },
              recordBytes: config.calls.maxRecordBytes,
              runStart: Date.now(),
              configuration: configurationHash(config),
              limits: config.archive,
              retry: config.archive,
              after: (ms, run) => {
                const timer = setTimeout(run, ms)
                return () => clearTimeout(timer)
              },
              now: Date.now,
              onRefused: (refused, reason) => {
                metrics.refusedRows.add({ table: refused.table ?? 'none' })
                log.error({ ...refused, reason }, 'the store refuses a row for good')
              },
              events: watchArchive(metrics, log),
            }),
            { ready: tables, isBehind, signal: ending.signal },
          ),
        ),
      )
    }
    const detection = (['judge', 'collect'] as const).filter((stage) => config.stages.includes(stage))
    if (config.stream.kind === 'kafka' && detection.length > 0) {
      const listeners = { events, counted: collectCounts.counted, observer: judgeCounts }
      const threads = await startDetectionThreads(config, detection, listeners)
      threadsLag = threads.lag
      await runs.add(Promise.resolve(threads))
    } else for (const stage of detection) await runs.add(stream.transform(engine[stage]))
    watchLag(metrics, laggingStages(config), lag)

    const queries = openQueries(opened, opened.database)
    const web = await startWeb({
      ...config.http,
      encoding: format.encoding,
      version: version(),
      append: (records) => stream.append('calls', records),
      check: (value) => readCall(format, value, config.calls.maxRecordBytes),
      alerts: queries.alerts,
      alert: queries.alert,
      entities: queries.entities,
      budget: () => judgeCounts.budget(),
      metrics: () => metrics.text(),
      health: () => health.report(),
      lag: () => lagOf(lag(), 'collect'),
      lastCallAt: () => collectCounts.lastCallAt(),
      log,
      events: watchWeb(metrics),
    })
    endings.unshift(() => web.close())

    if (config.stages.includes('deliver')) {
      const sinks = sinksOf(config, { out, version: version(), consoleUrl: web.address })
      endings.push(...sinks.map((sink) => () => sink.close()))
      for (const sink of sinks) await runs.add(deliverTo(sink, stream, config, watchDeliver(metrics, log)))
    }
    log.info(
      { address: web.address, stages: config.stages, stream: config.stream.kind, store: config.store.kind },
      'Tidemark runs',
    )
    return {
      address: web.address,
      append: (lines) =>
        stream.append(
          'calls',
          lines.map((value) => ({ key: null, value })),
        ),
      broken,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The stages that run; those that start late are stopped as well. */
class Runs {
  readonly #running: Running[] = []
  #stopped = false

  async add(starting: Promise<Running>): Promise<void> {
    const running = await starting
    if (this.#stopped) await running.stop()
    else this.#running.push(running)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running.map((running) => running.stop()))
  }
}

function deliverTo(
  sink: Sink,
  stream: Stream,
  config: Config,
  events: ReturnType<typeof watchDeliver>,
): Promise<Running> {
  return stream.drain(
    deliver({
      sink,
      append: (topic, records) => stream.append(topic, records),
      now: Date.now,
      random: Math.random,
      sleep: (ms, signal) => sleep(ms, undefined, { signal }),
      limits: config.deliver,
      events,
    }),
  )
}

function lagOf(lags: readonly Lag[], stage: string): number {
  return lags.reduce((sum, lag) => sum + (lag.stage === stage ? lag.records : 0), 0)
}

/** The names under which lag is told: deliver is one stage a sink. */
function laggingStages(config: Config): readonly string[] {
  const sinks = ['console', ...config.sinks.map(({ name }) => name)]
  return config.stages.flatMap((stage) => (stage === 'deliver' ? sinks.map((sink) => `deliver.${sink}`) : [stage]))
}

/** Everything that a row of the archive depends on besides its record. */
function configurationHash(config: Config): string {
  return createHash('sha256').update(JSON.stringify(config.calls)).digest('hex').slice(0, 16)
}

/** Ends everything in the order of the list, once; what fails does not keep the rest from ending. */
function ender(
  ending: AbortController,
  endings: readonly (() => Promise<void> | void)[],
  log: Log,
): () => Promise<void> {
  let ended: Promise<void> | null = null
  return () => {
    ended ??= (async () => {
      ending.abort()
      for (const end of endings) {
        try {
          await end()
        } catch (error) {
          log.warn({ err: error }, 'something did not end as it should')
        }
      }
    })()
    return ended
  }
}
