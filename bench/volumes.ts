/**
 * Whether data-exfiltration keeps its part of the alert budget on volumes without any theft, however they wander, and what it tells of
 * those with one. `node bench/volumes.ts [--entities 100] [--days 42] [--seed 9101] [--identities 300] [--worlds NAME;…] [--only benign|thefts]`
 */
import { parseArgs } from 'node:util'
import { progress, report } from './figures.ts'
import { type Benign, benign, THEFTS, type Told, thefts } from './volumes/measure.ts'
import { WORLDS } from './volumes/worlds.ts'

const { values: flags } = parseArgs({
  options: {
    entities: { type: 'string', default: '100' },
    days: { type: 'string', default: '42' },
    seed: { type: 'string', default: '9101' },
    identities: { type: 'string', default: '300' },
    worlds: { type: 'string', default: Object.keys(WORLDS).join(';') },
    only: { type: 'string', default: '' },
    report: { type: 'string', default: 'text' },
  },
})

/** Days that identities have behind them when something is stolen. */
const AFTERS = [0.5, 2, 9, 16, 30]

function main(): void {
  const [entities, days, seed, identities] = [flags.entities, flags.days, flags.seed, flags.identities].map(Number) as [
    number,
    number,
    number,
    number,
  ]
  const worlds = flags.worlds.split(';')
  if (worlds.some((name) => WORLDS[name] === undefined))
    throw new Error(`worlds are: ${Object.keys(WORLDS).join('; ')}`)
  const setup = { seed, entities, identities }
  const quiet: Benign[] = []
  const told: Told[] = []
  for (const world of worlds) {
    if (flags.only !== 'thefts') quiet.push(benign(world, days, setup))
    if (flags.only !== 'benign') told.push(...thefts(world, AFTERS, { ...setup, entities: Math.ceil(entities / 4) }))
    progress(world)
  }
  const rows = [
    `false alarms on ${entities} identities in ${days} days, with their share of one a day over ${identities}; repeated: not the first of their identity`,
    ...quiet.map(lineOf),
    `told of ${THEFTS.map(({ says }) => says).join(' | ')}: per cent, and hours until half of all are told, by days behind them`,
    ...worlds.flatMap((world) => AFTERS.map((after) => powerOf(world, after, told))).filter((line) => line !== ''),
  ]
  report(flags.report === 'json' ? 'json' : 'text', { seed, days, identities, quiet, told }, rows.join('\n'))
}

function lineOf({ world, alarms, allowed, repeated, young }: Benign): string {
  const counts = `${String(alarms).padStart(5)} of ${allowed.toFixed(2).padStart(6)} allowed`
  return `  ${world.padEnd(14)} ${counts}  ${repeated} repeated, ${young} in the first week; ${WORLDS[world]?.says}`
}

function powerOf(world: string, after: number, told: readonly Told[]): string {
  const own = told.filter((one) => one.world === world && one.after === after)
  if (own.length === 0) return ''
  const cells = own.map(
    ({ share, hours }) => `${(100 * share).toFixed(0)}%${hours === null ? '' : ` ${hours.toFixed(1)}`}`,
  )
  return `  ${world.padEnd(14)} ${String(after).padStart(4)} ${cells.map((cell) => cell.padStart(10)).join('')}`
}

main()
