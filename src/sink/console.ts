import type { Writable } from 'node:stream'
import type { Delivery, Sink } from './sink.ts'
import { clean, entityText, linkOf, measuresText, numberText, prose, surpriseText, type Told } from './text.ts'

/** Where alerts for people are printed to. */
export interface ConsoleOptions {
  readonly name: string
  readonly out: Writable
  /** Where people reach the console: alerts link to it. */
  readonly consoleUrl?: string
  /** How long a reader may stand still before an attempt has failed, in milliseconds. 10 s unless given. */
  readonly timeoutMs?: number
}

/** Prints alerts for people. The writable stays open: it belongs to whoever gave it. */
export function consoleSink(options: ConsoleOptions): Sink {
  const { out, timeoutMs = 10_000 } = options
  // Without a listener a reader that leaves (EPIPE) would end the process; each write is told of it through its callback.
  // It stays when the sink is closed: the error may come later than that.
  out.on('error', () => undefined)
  return {
    name: options.name,
    kind: 'console',
    deliver: (record, signal) =>
      print(out, linesOf(record, options.consoleUrl), AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])),
    close: async () => undefined,
  }
}

async function print(out: Writable, text: string, signal: AbortSignal): Promise<Delivery> {
  // What is written while the reader stands still piles up in memory, once for each attempt.
  if (out.writable && out.writableNeedDrain) await drained(out, signal)
  return write(out, text, signal)
}

function drained(out: Writable, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => {
    for (const event of ['drain', 'close', 'error']) out.off(event, done)
    signal.removeEventListener('abort', done)
    resolve()
  }
  for (const event of ['drain', 'close', 'error']) out.on(event, done)
  signal.addEventListener('abort', done)
  if (signal.aborted) done()
  return promise
}

function write(out: Writable, text: string, signal: AbortSignal): Promise<Delivery> {
  const { promise, resolve } = Promise.withResolvers<Delivery>()
  const giveUp = () => resolve({ kind: 'retry', status: null, reason: 'nobody reads the output', afterMs: null })
  if (signal.aborted) giveUp()
  else if (!out.writable) resolve(gone)
  else {
    signal.addEventListener('abort', giveUp, { once: true })
    out.write(text, (error) => {
      signal.removeEventListener('abort', giveUp)
      if (error) resolve(gone)
      else resolve({ kind: 'delivered', status: null })
    })
  }
  return promise
}

/** A writable that failed once never works again. */
const gone: Delivery = { kind: 'disabled', status: null, reason: 'the output is closed' }

/** What an analyst reads: what, where, how far from normal, which calls, and what would have made it stay silent. */
export function linesOf({ alert, telling }: Told, consoleUrl?: string): string {
  const link = linkOf(alert, consoleUrl)
  const head = `${alert.last_seen_at}  ${alert.severity.toUpperCase()}  ${telling.event}  ${clean(alert.detector, 64)}  ${entityText(alert.entity)}`
  const contributors = alert.contributors
    .slice(0, 5)
    .map(({ name, share }) => `${prose(name, 120)} (${numberText(share * 100)}%)`)
  const lines = [
    head,
    `  ${prose(alert.reason, 500)}${alert.settled ? '' : ' (told early, not settled yet)'}`,
    ...(alert.parent === null ? [] : [`  part of    alert ${clean(alert.parent, 128)}, of its service`]),
    `  observed   ${measuresText(alert.observed)} in ${numberText(alert.window_seconds)} s`,
    `  expected   ${measuresText(alert.expected)}; baseline of ${numberText(alert.baseline.calls)} calls, ${alert.baseline.readiness}; ${surpriseText(alert)}`,
    ...(contributors.length > 0 ? [`  from       ${contributors.join(', ')}`] : []),
    ...(alert.examples.length > 0
      ? [
          `  examples   ${alert.examples
            .slice(0, 5)
            .map((id) => clean(id, 128))
            .join(' ')}`,
        ]
      : []),
    `  silent if  ${prose(alert.silent_if, 500)}`,
    `  query      ${clean(alert.query, 4000)}`,
    ...(link === null ? [] : [`  link       ${link}`]),
  ]
  return `${lines.join('\n')}\n`
}
