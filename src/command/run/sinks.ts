import type { Writable } from 'node:stream'
import type { Config } from '#src/config.ts'
import { consoleSink } from '#src/sink/console.ts'
import type { Sink } from '#src/sink/sink.ts'
import { webhookOptions, webhookSink } from '#src/sink/webhook.ts'

export interface SinkSurroundings {
  readonly out: Writable
  readonly version: string
  readonly consoleUrl: string
}

/** The configured sinks, and the console before them. */
export function sinksOf(config: Config, { out, version, consoleUrl }: SinkSurroundings): readonly Sink[] {
  const sinks: Sink[] = [consoleSink({ name: 'console', out, consoleUrl })]
  for (const { kind, ...options } of config.sinks) {
    if (kind !== 'webhook') throw new Error(`sinks: there is no sink of kind ${kind}`)
    const source = `urn:tidemark:${config.stream.kind}`
    sinks.push(webhookSink(webhookOptions.parse(options), { now: Date.now, version, source, consoleUrl }))
  }
  return sinks
}
