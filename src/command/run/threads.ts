import { once } from 'node:events'
import { availableParallelism, hostname } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Config } from '#src/config.ts'
import type { CollectOptions } from '#src/stage/collect/options.ts'
import type { JudgeObserver } from '#src/stage/judge/options.ts'
import type { Lag, Running, StreamEvents } from '#src/stream/stream.ts'
import type { Told, Work } from './detection-thread.ts'

/** How long a thread may take to end. */
const STOP_MS = 20_000
/** How many threads there are at most unless a number is configured. */
const THREADS_MOST = 4

/** The stages of detection in threads of their own. */
export interface DetectionThreads extends Running {
  lag(): readonly Lag[]
}

/** Who hears what the threads tell. */
export interface Listeners {
  readonly events: StreamEvents
  readonly counted: NonNullable<CollectOptions['counted']>
  readonly observer: JudgeObserver
}

/**
 * Runs collect and judge in several threads, each a member of the stages' groups as a process of its own would be: they parse and
 * count, and share nothing but the topics. Only over Kafka, where each has connections of its own; SQLite has one owner.
 */
export async function startDetectionThreads(
  config: Config,
  stages: Work['stages'],
  listeners: Listeners,
): Promise<DetectionThreads> {
  const { stream } = config
  if (stream.kind !== 'kafka') throw new Error('threads need a stream that several may read')
  const count = stream.threads === 0 ? Math.min(THREADS_MOST, availableParallelism()) : stream.threads
  const name = stream.instance ?? hostname()
  const starting = Array.from({ length: count }, (_, i) =>
    startThread({ config, stages, instance: `${name}.${i + 1}` }, listeners),
  )
  const started = await Promise.allSettled(starting)
  const threads = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const stop = async () => {
    await Promise.all(threads.map((thread) => thread.stop()))
  }
  const failed = started.find((one) => one.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  return { lag: () => threads.flatMap((thread) => thread.lag()), stop }
}

async function startThread(work: Work, listeners: Listeners): Promise<DetectionThreads> {
  const { events } = listeners
  const worker = new Worker(new URL('./detection-thread.ts', import.meta.url), { workerData: structuredClone(work) })
  let lag: readonly Lag[] = []
  let stopping = false
  const ready = Promise.withResolvers<void>()
  worker.on('message', (told: Told) => {
    if (told.kind === 'ready') ready.resolve()
    else if (told.kind === 'lag') lag = told.lag
    else hear(told, listeners)
  })
  worker.on('error', (error) => {
    ready.reject(error)
    events.fatal?.(error instanceof Error ? error : new Error(String(error)))
  })
  const ended = once(worker, 'exit').then(([code]) => {
    const error = new Error(`a thread of detection ended with code ${String(code)}`)
    ready.reject(error)
    if (!stopping) events.fatal?.(error)
  })
  await ready.promise
  return {
    lag: () => lag,
    async stop() {
      if (!stopping) {
        stopping = true
        worker.postMessage('stop')
      }
      const timer = setTimeout(() => void worker.terminate(), STOP_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

function hear(told: Exclude<Told, { kind: 'ready' | 'lag' }>, { events, counted, observer }: Listeners): void {
  switch (told.kind) {
    case 'opened':
      events.opened?.(told.stage, told.source, told.resume)
      break
    case 'stepped':
      events.stepped?.(told.stage, told.source, told.records, told.stepMs, told.commitMs)
      break
    case 'dropped':
      events.dropped?.(told.stage, told.source, told.reason)
      break
    case 'lost':
      events.lost?.(told.stage, told.source, told.reason)
      break
    case 'gap':
      events.gap?.(told.gap)
      break
    case 'fatal':
      events.fatal?.(new Error(told.reason))
      break
    case 'counted':
      counted(told.counts)
      break
    case 'told':
      observer.told?.(told.record)
      break
    case 'held':
      observer.held?.(told.state)
      break
  }
}
