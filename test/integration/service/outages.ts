import { sendPaced } from './log.ts'
import {
  brokenPromises,
  partitions,
  patienceMs,
  rehearsed,
  storedCalls,
  untilSettled,
  untilStored,
  untilTold,
} from './rehearsed.ts'
import { openRig } from './rig.ts'
import { until } from './until.ts'

export interface OutageOptions {
  readonly brokers: readonly string[]
  readonly name: string
  readonly calls: number
  readonly perSecond: number
  /** The engine refuses for at least so long, and until everything is told. */
  readonly outageMs: number
}

export interface OutageReport {
  readonly calls: number
  readonly outageSeconds: number
  /** Rows that were there when the engine began to refuse, and when it stopped to. */
  readonly before: number
  readonly during: number
  /** From the end of the outage until every call was stored. */
  readonly catchUpSeconds: number
  readonly alerts: number
  /** Notices that arrived during the outage, and in all. */
  readonly told: number
  readonly notices: number
  readonly problems: readonly string[]
}

/** Share of the calls that are sent and stored before the engine begins to refuse inserts: the attacks come later. */
const from = 0.2

/** The engine refuses inserts in the middle of a log with attacks, until all alerts are told: none may wait for it. */
export async function rehearseOutage(options: OutageOptions): Promise<OutageReport> {
  const play = await rehearsed(options.calls)
  const { calls } = play.log
  const rig = await openRig({ ...options, partitions })
  try {
    const tidemark = await rig.start()
    await until('its tables are there', patienceMs, async () =>
      (await fetch(`${tidemark.url}/readyz`)).ok ? true : null,
    )
    let most = from * calls.length
    const sending = sendPaced(rig, calls, options.perSecond, () => most)
    await untilStored(rig, Math.floor(most), tidemark)
    await rig.engine.meet('refuse')
    const began = performance.now()
    const before = await storedCalls(rig.store)
    most = calls.length
    await sending
    // Deliver has nothing left to read, so everything is told, or under way.
    await untilSettled(play, tidemark, ['collect', 'judge', 'deliver.siem'])
    await untilTold(rig, play, patienceMs)
    await until('the outage is over', options.outageMs + patienceMs, () =>
      performance.now() - began >= options.outageMs ? true : null,
    )
    const during = await storedCalls(rig.store)
    const told = rig.receiver.received.length
    const outageSeconds = (performance.now() - began) / 1000
    await rig.engine.meet('serve')
    const over = performance.now()
    await untilStored(rig, calls.length, tidemark)
    const catchUpSeconds = (performance.now() - over) / 1000
    const dropped = tidemark.log.filter(({ msg }) => msg.startsWith('lane dropped'))
    const problems = [
      ...(during < calls.length ? [] : ['nothing was refused: all calls were stored during the outage']),
      ...dropped.map((line) => JSON.stringify(line)),
      ...(await brokenPromises(rig, play, tidemark)),
    ]
    const notices = rig.receiver.received.length
    const alerts = play.expected.alerts.length
    return { calls: calls.length, outageSeconds, before, during, catchUpSeconds, alerts, told, notices, problems }
  } finally {
    await rig.close()
  }
}
