import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Config } from '#src/config.ts'
import type { JudgeObserver } from '#src/stage/judge/options.ts'
import type { Lag, Running, StreamEvents } from '#src/stream/stream.ts'
import type { Told } from './judge-thread.ts'

/** How long the thread may take to end. */
const STOP_MS = 20_000

/** Judge in a thread of its own. */
export interface JudgeThread extends Running {
  lag(): readonly Lag[]
}

/**
 * Runs judge beside collect instead of in turn with it: both parse and count, and a second processor is there for the taking. Only
 * over Kafka, where each has connections of its own; SQLite has one owner. What the thread tells comes as messages.
 */
export async function startJudgeThread(
  config: Config,
  events: StreamEvents,
  observer: JudgeObserver,
): Promise<JudgeThread> {
  const worker = new Worker(new URL('./judge-thread.ts', import.meta.url), { workerData: structuredClone(config) })
  let lag: readonly Lag[] = []
  let stopping = false
  const ready = Promise.withResolvers<void>()
  worker.on('message', (told: Told) => {
    if (told.kind === 'ready') ready.resolve()
    else if (told.kind === 'lag') lag = told.lag
    else hear(told, events, observer)
  })
  worker.on('error', (error) => {
    ready.reject(error)
    events.fatal?.(error instanceof Error ? error : new Error(String(error)))
  })
  const ended = once(worker, 'exit').then(([code]) => {
    const error = new Error(`the thread of judge ended with code ${String(code)}`)
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

function hear(told: Exclude<Told, { kind: 'ready' | 'lag' }>, events: StreamEvents, observer: JudgeObserver): void {
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
    case 'gap':
      events.gap?.(told.gap)
      break
    case 'fatal':
      events.fatal?.(new Error(told.reason))
      break
    case 'told':
      observer.told?.(told.record)
      break
    case 'held':
      observer.held?.(told.state)
      break
  }
}
