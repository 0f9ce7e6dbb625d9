import { parentPort, workerData } from 'node:worker_threads'
import type { AlertRecord } from '#src/alert/alert.ts'
import type { Config } from '#src/config.ts'
import type { StepCounts } from '#src/stage/collect/options.ts'
import type { JudgeObserver } from '#src/stage/judge/options.ts'
import type { Gap, Lag } from '#src/stream/stream.ts'
import { createLog } from '#src/telemetry/log.ts'
import { engineOf, loadDetectors, loadFormats } from '../engine.ts'
import { streamOf } from './stream.ts'

/** What a thread is started with. */
export interface Work {
  readonly config: Config
  /** Which of the stages it takes part in. */
  readonly stages: readonly ('collect' | 'judge')[]
  /** Its name among the members of the stages' groups. */
  readonly instance: string
}

/** What a thread tells the process around it. */
export type Told =
  | { readonly kind: 'ready' }
  | { readonly kind: 'opened'; readonly stage: string; readonly source: string; readonly resume: number | null }
  | {
      readonly kind: 'stepped'
      readonly stage: string
      readonly source: string
      readonly records: number
      readonly stepMs: number
      readonly commitMs: number
    }
  | { readonly kind: 'dropped' | 'lost'; readonly stage: string; readonly source: string; readonly reason: string }
  | { readonly kind: 'gap'; readonly gap: Gap }
  | { readonly kind: 'fatal'; readonly reason: string }
  | { readonly kind: 'lag'; readonly lag: readonly Lag[] }
  | { readonly kind: 'counted'; readonly counts: StepCounts }
  | { readonly kind: 'told'; readonly record: AlertRecord }
  | { readonly kind: 'held'; readonly state: Held }

export type Held = Parameters<NonNullable<JudgeObserver['held']>>[0]

const LAG_MS = 500

const port = parentPort
if (port === null) throw new Error('detection-thread.ts runs as a thread of tidemark run')
const tell = (told: Told): void => port.postMessage(told)

const { config, stages, instance } = workerData as Work
const log = createLog(config.log.level)
if (config.stream.kind !== 'kafka') throw new Error('a thread of detection needs a stream that several may read')
const stream = streamOf(
  { ...config, stream: { ...config.stream, instance } },
  {
    opened: (stage, source, resume) => tell({ kind: 'opened', stage, source, resume }),
    stepped: (stage, source, records, stepMs, commitMs) =>
      tell({ kind: 'stepped', stage, source, records, stepMs, commitMs }),
    dropped: (stage, source, reason) => tell({ kind: 'dropped', stage, source, reason }),
    lost: (stage, source, reason) => tell({ kind: 'lost', stage, source, reason }),
    gap: (gap) => tell({ kind: 'gap', gap }),
    fatal: (error) => tell({ kind: 'fatal', reason: error.message }),
  },
  log,
)
await stream.prepare()
const formats = await loadFormats()
const format = formats.get(config.calls.format)
if (format === undefined) throw new Error(`calls.format: there is no format ${JSON.stringify(config.calls.format)}`)
const engine = engineOf({
  config,
  detectors: await loadDetectors(),
  format,
  runStart: Date.now(),
  counted: (counts) => tell({ kind: 'counted', counts }),
  observer: { told: (record) => tell({ kind: 'told', record }), held: (state) => tell({ kind: 'held', state }) },
})
const running = await Promise.all(stages.map((stage) => stream.transform(engine[stage])))
const timer = setInterval(() => tell({ kind: 'lag', lag: stream.lag() }), LAG_MS)
port.once('message', () => {
  clearInterval(timer)
  void (async () => {
    try {
      await Promise.all(running.map((one) => one.stop()))
      await stream.close()
    } catch (error) {
      log.warn({ err: error }, 'a thread of detection did not end as it should')
    }
    port.close()
  })()
})
tell({ kind: 'ready' })
