import { grouped } from '../figures.ts'
import { isCovered } from './families.ts'
import type { Recall, Run, Summary } from './summary.ts'
import type { World } from './world.ts'

/** What people read about one budget. */
export function summaryText(summary: Summary, detectors: ReadonlySet<string>): string {
  const { perDay, covered, all } = summary
  return [
    `## Budget: ${summary.budget} false alarms a day`,
    '',
    `${summary.seeds.length} worlds (seeds ${summary.seeds.join(', ')}), ${round(summary.days)} days, ${grouped(summary.calls)} calls. Detectors: ${[...detectors].sort().join(', ')}.`,
    '',
    `False alarms: ${summary.falseAlarms}, ${round(perDay.rate)} a day (95%: ${round(perDay.low)} to ${round(perDay.high)}). By detector: ${counts(summary.byDetector)}. During: ${counts(summary.during)}.`,
    `Told: ${covered.told} of ${covered.attacks} attacks that a detector exists for, ${all.told} of ${all.attacks} in all; ${round(summary.duplicatesPerHit)} further alerts for each.`,
    '',
    ...table('evidence (kinds with a detector)', summary.byEvidence, () => ''),
    '',
    ...table('kind', summary.byKind, (kind) => (isCovered(kind, detectors) ? '' : ' (no detector yet)')),
    '',
    `Replay: ${round(summary.replaySeconds)} s in all, ${grouped(summary.calls / summary.replaySeconds)} calls a second.`,
  ].join('\n')
}

function table(title: string, rows: readonly Recall[], remark: (name: string) => string): string[] {
  return [
    `| ${title} | attacks | told | recall | median delay, s | 95%, s |`,
    '|---|---|---|---|---|---|',
    ...rows.map(
      ({ name, attacks, told, medianSeconds, p95Seconds }) =>
        `| ${name}${remark(name)} | ${attacks} | ${told} | ${attacks === 0 ? '–' : (told / attacks).toFixed(2)} | ${seconds(medianSeconds)} | ${seconds(p95Seconds)} |`,
    ),
  ]
}

/** Each false alarm and each missed attack of a world: for tuning, so never for held-out seeds. */
export function detailsText({ seed, needed, score, played, world }: Run): string {
  const lines = [
    `### Seed ${seed}, budget ${played.budget}: ${score.falseAlarms.length} false alarms, ${score.hits.length} of ${score.attacks.length} attacks told`,
  ]
  for (const { alert, during } of score.falseAlarms) {
    const { entity } = alert
    const name = [entity.identity, entity.service, entity.method, entity.route]
      .filter((part) => part !== null)
      .join(' ')
    lines.push(
      `- false: ${alert.detector} on ${entity.kind} ${name}, ${alert.detected_at}, ${alert.surprise_bits} bits, ${alert.baseline.readiness} on ${alert.baseline.calls} calls: ${alert.reason} [${during === null ? 'nothing' : `${during.id} ${during.kind}`}]${habits(world, entity.identity)}`,
    )
  }
  for (const { id, kind, nats, intensity, endpoints, identities, from, to } of score.missed) {
    const who = [...identities, ...endpoints].slice(0, 2).join(', ')
    lines.push(
      `- missed: ${id} ${kind}, ${(nats / needed).toFixed(2)} times the needed evidence, intensity ${round(intensity)}, ${round((to - from) / 60_000)} min from ${new Date(from).toISOString()}: ${who}`,
    )
  }
  return lines.join('\n')
}

function counts(of: Readonly<Record<string, number>>): string {
  const entries = Object.entries(of)
  return entries.length === 0 ? 'none' : entries.map(([name, count]) => `${name} ${count}`).join(', ')
}

function seconds(value: number | null): string {
  return value === null ? '–' : String(Math.round(value))
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)))
}

/** How the identity behind an alarm calls in ordinary times: what a baseline would have had to learn. */
function habits(world: World, name: string | null): string {
  const identity = world.identities.find((one) => one.name === name)
  if (identity === undefined) return ''
  const { pattern, period, session, rate, phi } = identity
  const how =
    pattern === 'cron' ? `cron every ${period} min` : pattern === 'sessions' ? `sessions of ${session}` : pattern
  return ` {${how}, ${round(3600 * rate)} calls an hour, phi ${round(phi)}}`
}
