import type { TidemarkPart } from '#test/parts/tidemark.ts'
import { sendPaced } from './log.ts'
import {
  brokenPromises,
  partitions,
  patienceMs,
  type Rehearsed,
  rehearsed,
  shareRead,
  untilSettled,
  untilStored,
  untilTold,
} from './rehearsed.ts'
import { openRig, type Rig } from './rig.ts'
import { type Uncommitted, uncommittedOf } from './uncommitted.ts'
import { until } from './until.ts'

export interface KillsOptions {
  readonly brokers: readonly string[]
  readonly name: string
  readonly calls: number
  readonly perSecond: number
  /** Modules that every process loads before its own. */
  readonly imports?: readonly string[]
}

export interface Kill extends Uncommitted {
  /** Where judge's reading stood in the log's event time, as a share of it. */
  readonly at: number
  /** Until the next process listened, milliseconds. */
  readonly restartMs: number
}

export interface KillsReport {
  readonly calls: number
  readonly seconds: number
  readonly alerts: number
  readonly notices: number
  /** Requests under a webhook-id that the receiver had already. */
  readonly repeats: number
  readonly kills: readonly Kill[]
  /** A sentence for each promise that was broken. */
  readonly problems: readonly string[]
}

const shares = [0.25, 0.5, 0.75]
/** Share of the log that may wait for a process that was killed: with more, it would be through before it can be killed again. */
const mostAhead = 0.2
/** A notice on its way takes milliseconds; one that a fault has lost never comes. */
const toldMs = 20_000

/** Kills Tidemark three times in the middle of a log with attacks, and compares what came of it with an undisturbed replay. */
export async function rehearseKills(options: KillsOptions): Promise<KillsReport> {
  const play = await rehearsed(options.calls)
  const rig = await openRig({ ...options, partitions })
  try {
    const began = performance.now()
    const { kills, tidemark } = await live(rig, play, options)
    await untilSettled(play, tidemark)
    await untilTold(rig, play, toldMs)
    await untilStored(rig, play.log.calls.length, tidemark)
    const seconds = (performance.now() - began) / 1000
    const idle = kills.filter(({ written, blocks }) => written + blocks === 0)
    const problems = await brokenPromises(rig, play, tidemark)
    return {
      calls: play.log.calls.length,
      seconds,
      alerts: play.expected.alerts.length,
      notices: rig.receiver.received.length,
      repeats: rig.receiver.repeats,
      kills,
      problems: [...idle.map(({ at }) => `nothing was uncommitted when it was killed at ${at}`), ...problems],
    }
  } finally {
    await rig.close()
  }
}

/** Appends the log and kills on the way; answers when all of it is appended and the last process runs. */
async function live(
  rig: Rig,
  play: Rehearsed,
  { perSecond, imports }: KillsOptions,
): Promise<{ kills: Kill[]; tidemark: TidemarkPart }> {
  let tidemark = await rig.start(imports)
  const { calls } = play.log
  const kills: Kill[] = []
  let reading = 0
  const sending = sendPaced(rig, calls, perSecond, () => (reading + mostAhead) * calls.length)
  const killing = async () => {
    for (const share of shares) {
      const at = await until(`judge has read ${share} of the log`, patienceMs, async () => {
        reading = (await shareRead(play, tidemark)) ?? reading
        return reading >= share ? reading : null
      })
      await tidemark.kill()
      const uncommitted = await uncommittedOf(rig)
      const dead = performance.now()
      tidemark = await rig.start(imports)
      kills.push({ at, restartMs: performance.now() - dead, ...uncommitted })
    }
    reading = 1
  }
  await Promise.all([sending, killing()])
  return { kills, tidemark }
}
