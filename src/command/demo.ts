import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '#src/config.ts'
import { loadConfig, problemText } from '#src/config.ts'
import { startFeed } from '#src/demo/feed.ts'
import { type Receiver, startReceiver } from '#src/demo/receiver.ts'
import { demoScript, type ExpectedAlert } from '#src/demo/script.ts'
import { toldByMessage } from '#src/demo/told.ts'
import { type Verdict, verdict } from '#src/demo/verdict.ts'
import { createLog } from '#src/telemetry/log.ts'
import { defineCommand, type Surroundings, UsageError } from './command.ts'
import { loadPlugins } from './plugins.ts'
import { startService } from './run/service.ts'
import { stopSignal } from './run.ts'

/** How long after the last attack an alert may come: a tick, lateness for what has to settle, and the way. */
const GRACE_MS = 60_000
const LOOK_MS = 200

export default defineCommand({
  about: 'Run the detector on generated traffic with scripted attacks, and a local SIEM that receives the alerts',
  operands: null,
  options: {
    once: {
      type: 'boolean',
      about: 'End by itself when every scripted attack was delivered; exit code 1 if one was not',
    },
    seed: { type: 'string', value: 'N', default: '1', about: 'Seed of the company and its traffic' },
    port: { type: 'string', value: 'PORT', default: '8080', about: 'Port of the console; 0 takes any free one' },
    report: { type: 'string', value: 'text|json', default: 'text', about: 'How to print the verdict' },
  },
  async run({ once, seed, port, report }, _operands, surroundings) {
    if (!/^\d{1,9}$/.test(seed)) throw new UsageError('--seed takes a whole number of at most 9 digits')
    if (!/^\d{1,5}$/.test(port)) throw new UsageError('--port takes a port')
    if (report !== 'text' && report !== 'json') throw new UsageError('--report takes text or json')
    const data = await mkdtemp(join(tmpdir(), 'tidemark-demo-'))
    const secret = `whsec_${randomBytes(32).toString('base64')}`
    const receiver = await startReceiver({ secret })
    try {
      const loaded = loadConfig(null, demoSettings(data, port, receiver.url, secret), await loadPlugins())
      if (loaded.kind === 'wrong') {
        for (const problem of loaded.problems) surroundings.complain(`${problemText(problem)}\n`)
        return 2
      }
      return await play(loaded.config, Number(seed), once === true, report, receiver, surroundings)
    } finally {
      await receiver.close()
      await rm(data, { recursive: true, force: true })
    }
  },
})

/**
 * What the demo sets: where it keeps its data, the port, and its own receiver. Everything that detects is as shipped; a test
 * forbids any other setting here.
 */
export function demoSettings(data: string, port: string, url: string, secret: string): Record<string, string> {
  return {
    TIDEMARK_DATA: data,
    TIDEMARK_HTTP__PORT: port,
    TIDEMARK_SINKS__0__KIND: 'webhook',
    TIDEMARK_SINKS__0__NAME: 'siem',
    TIDEMARK_SINKS__0__URL: url,
    TIDEMARK_SINKS__0__SECRET: secret,
    TIDEMARK_LOG__LEVEL: 'warn',
  }
}

async function play(
  config: Config,
  seed: number,
  once: boolean,
  report: 'text' | 'json',
  receiver: Receiver,
  { write, complain }: Surroundings,
): Promise<0 | 1> {
  const started = performance.now()
  const startedAt = Date.now()
  const elapsed = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`.padStart(7)
  const say = (text: string): void => (report === 'json' ? complain : write)(`${elapsed()}  ${text}\n`)
  const log = createLog(config.log.level)
  const service = await startService({ config, out: nowhere(), log })
  say(`Tidemark runs with its shipped settings. Alerts, live: ${service.address}`)
  const ending = new AbortController()
  receiver.onReceived(({ event, message }) => {
    const told = toldByMessage(message)
    say(`SIEM received: ${event.toUpperCase()} ${told.severity} ${told.detector} on ${told.entity}: ${told.reason}`)
  })
  const feed = startFeed({
    script: demoScript(seed, Date.now()),
    clock: { now: Date.now, sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined) },
    append: (lines) => service.append(lines),
    signal: ending.signal,
    events: {
      live: (_, expected) => say(`Two hours of past calls are in. Live traffic and ${expected.length} attacks begin.`),
      attack: (attack) => say(`Attack: ${attack.id}`),
    },
  })
  const stopped = stopSignal()
  const interrupted = Promise.race([stopped, service.broken, feed.done])
  interrupted.then(
    () => ending.abort(),
    () => ending.abort(),
  )
  try {
    const { expected, overAt } = await feed.live
    const last = await follow(expected, overAt, receiver, ending.signal)
    const seconds = firstAlertSeconds(last, receiver, startedAt)
    write(
      report === 'json'
        ? `${JSON.stringify({ first_alert_seconds: seconds, ...summary(last) }, null, 2)}\n`
        : textOf(last, seconds),
    )
    if (!once && !ending.signal.aborted) {
      say(`Traffic goes on until Ctrl-C. ${service.address}`)
      await interrupted
    }
    return last.missing.length === 0 ? 0 : 1
  } finally {
    ending.abort()
    await service.stop()
    await feed.done
  }
}

/** Waits until every attack was delivered, or until it is too late for that. */
async function follow(
  expected: readonly ExpectedAlert[],
  overAt: number,
  receiver: Receiver,
  signal: AbortSignal,
): Promise<Verdict> {
  for (;;) {
    const now = verdict(
      expected,
      receiver.received.map(({ message }) => toldByMessage(message)),
    )
    if (now.missing.length === 0 || Date.now() > overAt + GRACE_MS || signal.aborted) return now
    await sleep(LOOK_MS)
  }
}

/** From the start to the first alert about a scripted attack; a false alarm before it does not count. */
function firstAlertSeconds({ delivered }: Verdict, receiver: Receiver, startedAt: number): number | null {
  const ids = new Set(delivered.map(({ alert }) => alert.id))
  const first = receiver.received.find(({ alertId }) => ids.has(alertId))
  return first === undefined ? null : Math.round((first.receivedAt - startedAt) / 100) / 10
}

function summary({ delivered, missing, repeated, extra }: Verdict): object {
  return {
    delivered: delivered.map(({ expected, alert }) => ({
      attack: expected.attack,
      alert: alert.id,
      reason: alert.reason,
    })),
    missing: missing.map(({ attack }) => attack),
    repeated: repeated.map(({ id, detector, entity }) => ({ alert: id, detector, entity })),
    extra: extra.map(({ id, detector, entity, reason }) => ({ alert: id, detector, entity, reason })),
  }
}

function textOf({ delivered, missing, repeated, extra }: Verdict, firstAlertSeconds: number | null): string {
  const lines = [
    '',
    `First alert after ${firstAlertSeconds ?? '-'} s. ${delivered.length} of ${delivered.length + missing.length} scripted attacks delivered:`,
  ]
  for (const { expected, alert } of delivered)
    lines.push(`  delivered  ${expected.what}`, `             ${alert.detector}: ${alert.reason}`)
  for (const { what } of missing) lines.push(`  MISSING    ${what}`)
  lines.push(`${repeated.length} further alerts about the same attacks, ${extra.length} false alarms`)
  for (const { detector, entity, reason } of extra) lines.push(`  false      ${detector} on ${entity}: ${reason}`)
  return `${lines.join('\n')}\n`
}

/** The console sink's prints stay out of the demo's own story, which shows what the SIEM received. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
