import type { Alert, AlertRecord } from '#src/alert/alert.ts'
import type { Rig } from './rig.ts'

/** Each answer is a list of sentences, one for each thing that is wrong; empty where nothing is. */

/**
 * The last settled state of each alert, as a replay reports it. Of one that the replay leaves open: the state of that version,
 * as a topic has no end, and event time goes on when it falls silent.
 */
export function settledAlerts(records: readonly AlertRecord[], expected: readonly Alert[]): Map<string, Alert> {
  const open = new Map(expected.filter(({ status }) => status === 'open').map(({ id, version }) => [id, version]))
  const settled = new Map<string, Alert>()
  for (const { alert } of records) {
    if (alert.settled && alert.version <= (open.get(alert.id) ?? alert.version)) settled.set(alert.id, alert)
  }
  return settled
}

/** Every field of every alert, byte for byte. */
export function differingAlerts(expected: readonly Alert[], found: ReadonlyMap<string, Alert>): string[] {
  const problems: string[] = []
  const name = (alert: Alert) => `${alert.detector} ${alert.id}`
  for (const alert of expected) {
    const other = found.get(alert.id)
    if (other === undefined) problems.push(`${name(alert)} is missing`)
    else if (JSON.stringify(other) !== JSON.stringify(alert)) {
      const fields = Object.keys(alert) as (keyof Alert)[]
      const differing = fields.filter((field) => JSON.stringify(alert[field]) !== JSON.stringify(other[field]))
      const values = differing.map(
        (field) => `${field}: ${JSON.stringify(alert[field])} became ${JSON.stringify(other[field])}`,
      )
      problems.push(`${name(alert)} differs: ${values.join('; ')}`)
    }
  }
  const ids = new Set(expected.map(({ id }) => id))
  for (const alert of found.values()) if (!ids.has(alert.id)) problems.push(`${name(alert)} should not be there`)
  return problems
}

/** Every notice that the alerts topic holds has arrived, each under one webhook-id, in order; each alert was opened once, and first. */
export function wronglyTold(records: readonly AlertRecord[], { receiver }: Rig, expected: readonly Alert[]): string[] {
  const problems: string[] = []
  const told = records.filter(({ telling }) => telling !== null)
  const arrived = new Map(receiver.received.map(({ webhookId, event }) => [webhookId, event]))
  for (const { alert, telling } of told) {
    const id = `${alert.id}_${telling!.notice}`
    const event = arrived.get(id)
    if (event !== telling!.event) problems.push(`${id} is ${telling!.event} and arrived as ${event ?? 'nothing'}`)
  }
  const noticed = new Set(told.map(({ alert, telling }) => `${alert.id}_${telling!.notice}`))
  if (noticed.size !== told.length) problems.push(`${told.length - noticed.size} notices are in the topic twice`)
  for (const id of arrived.keys()) if (!noticed.has(id)) problems.push(`${id} arrived and is not in the topic`)
  if (receiver.refused > 0) problems.push(`the receiver refused ${receiver.refused} requests`)
  const resolved = new Set(expected.filter(({ status }) => status === 'resolved').map(({ id }) => id))
  // What belongs to another alert may have been taken back before it settled: then nothing more is told of it.
  const attached = new Set(expected.filter(({ parent }) => parent !== null).map(({ id }) => id))
  const settled = new Set(expected.map(({ id }) => id))
  for (const alertId of new Set(receiver.received.map((one) => one.alertId))) {
    const events = receiver.of(alertId).map(({ event }) => event)
    const opened = events.filter((event) => event === 'opened').length
    if (opened !== 1 || events[0] !== 'opened') problems.push(`${alertId} was told as ${events.join(', ')}`)
    const last = events.at(-1)
    const isTakenBack = attached.has(alertId) && last === 'withdrawn'
    if (resolved.has(alertId) && last !== 'resolved' && !isTakenBack) problems.push(`${alertId} was left ${last}`)
    if (!settled.has(alertId) && last !== 'withdrawn') problems.push(`${alertId} never settled and was left ${last}`)
  }
  return problems
}

/** One row of `api_calls` for each record that was appended: `appended` counts them by partition, from position 0 on. */
export async function wronglyStored({ store, callsTopic }: Rig, appended: readonly number[]): Promise<string[]> {
  const rows = await store.query<{ source: string; rows: number; positions: number; first: number; last: number }>(
    `SELECT source, toUInt32(count()) AS rows, toUInt32(uniqExact(position)) AS positions,
       toUInt32(min(position)) AS first, toUInt32(max(position)) AS last FROM api_calls GROUP BY source`,
  )
  const problems: string[] = []
  appended.forEach((count, partition) => {
    const source = `${callsTopic}/${partition}`
    const { rows: found = 0, positions = 0, first = -1, last = -1 } = rows.find((row) => row.source === source) ?? {}
    if (found === count && positions === count && first === 0 && last === count - 1) return
    problems.push(`${source}: ${count} calls, ${found} rows of ${positions} positions from ${first} to ${last}`)
  })
  const known = new Set(appended.map((_, partition) => `${callsTopic}/${partition}`))
  for (const { source } of rows) if (!known.has(source)) problems.push(`rows of ${source}, which nobody appended to`)
  return problems
}
