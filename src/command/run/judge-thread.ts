import { parentPort, workerData } from 'node:worker_threads'
import type { AlertRecord } from '#src/alert/alert.ts'
import type { Config } from '#src/config.ts'
import type { JudgeObserver } from '#src/stage/judge/options.ts'
import type { Gap, Lag } from '#src/stream/stream.ts'
import { createLog } from '#src/telemetry/log.ts'
import { engineOf, loadDetectors, loadFormats } from '../engine.ts'
import { streamOf } from './stream.ts'

/** What the thread tells the process around it. */
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
  | { readonly kind: 'dropped'; readonly stage: string; readonly source: string; readonly reason: string }
  | { readonly kind: 'gap'; readonly gap: Gap }
  | { readonly kind: 'fatal'; readonly reason: string }
  | { readonly kind: 'lag'; readonly lag: readonly Lag[] }
  | { readonly kind: 'told'; readonly record: AlertRecord }
  | { readonly kind: 'held'; readonly state: Held }

export type Held = Parameters<NonNullable<JudgeObserver['held']>>[0]

const LAG_MS = 500

const port = parentPort
if (port === null) throw new Error('judge-thread.ts runs as a thread of tidemark run')
const tell = (told: Told): void => port.postMessage(told)

const config = workerData as Config
const log = createLog(config.log.level)
const stream = streamOf(
  config,
  {
    opened: (stage, source, resume) => tell({ kind: 'opened', stage, source, resume }),
    stepped: (stage, source, records, stepMs, commitMs) =>
      tell({ kind: 'stepped', stage, source, records, stepMs, commitMs }),
    dropped: (stage, source, reason) => tell({ kind: 'dropped', stage, source, reason }),
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
  observer: { told: (record) => tell({ kind: 'told', record }), held: (state) => tell({ kind: 'held', state }) },
})
const running = await stream.transform(engine.judge)
const timer = setInterval(() => tell({ kind: 'lag', lag: stream.lag() }), LAG_MS)
port.once('message', () => {
  clearInterval(timer)
  void (async () => {
    try {
      await running.stop()
      await stream.close()
    } catch (error) {
      log.warn({ err: error }, 'the thread of judge did not end as it should')
    }
    port.close()
  })()
})
tell({ kind: 'ready' })
