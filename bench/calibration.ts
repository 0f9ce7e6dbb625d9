/**
 * Whether the count detector keeps its alert budget on traffic without any attack, what each of its guards is for, and how fast it
 * tells. `npm run calibration -- [--entities 1000] [--days 7] [--seed 9001] [--worlds NAME,…] [--report text|json]`
 */
import { parseArgs } from 'node:util'
import { calibrate, SHIPPED, type Variant, WITHOUT } from './calibration/lab.ts'
import { type Power, powerOfJobs, powerTable } from './calibration/power.ts'
import { WORLDS, type World } from './calibration/worlds.ts'
import { progress, report } from './figures.ts'

const { values: flags } = parseArgs({
  options: {
    entities: { type: 'string', default: '1000' },
    days: { type: 'string', default: '7' },
    seed: { type: 'string', default: '9001' },
    worlds: { type: 'string', default: Object.keys(WORLDS).join(',') },
    report: { type: 'string', default: 'text' },
  },
})

/** Restart weights: a scaled budget, so that there is something to count, and that of one false alarm a day over 10,000 endpoints and 8 families. */
const SCALED = 1e-6
const ONE_A_DAY = Math.exp(-20.4)

const ABLATIONS: readonly (readonly [finding: number, without: string, world: World, variant: Variant])[] = [
  [6, 'the envelope', WORLDS.diurnal, WITHOUT.envelope],
  [7, 'freezing only near the alarm', WORLDS.ramps, WITHOUT.lateFreeze],
  [8, 'seasons that are earned', WORLDS.diurnal, WITHOUT.earnedSeason],
  [11, 'the Fano factor', WORLDS.clusters, WITHOUT.fano],
  [2, 'the law of bursts', WORLDS.cron, WITHOUT.bursts],
  [11, 'the Fano factor of blocks', WORLDS.stretches, WITHOUT.blockFano],
]

function main(): void {
  const [entities, days, seed] = [Number(flags.entities), Number(flags.days), Number(flags.seed)]
  const names = flags.worlds.split(',')
  const chosen = Object.values(WORLDS).filter(({ name }) => names.includes(name))
  if (chosen.length !== names.length) throw new Error(`worlds are: ${Object.keys(WORLDS).join(', ')}`)
  const measured = (world: World, variant: Variant, some: number) => {
    const found = calibrate(world, variant, { seed, entities: some, days, weight: SCALED })
    progress(`${world.name}: ${found.alarms} alarms, ${found.allowed.toFixed(1)} allowed`)
    return {
      world: world.name,
      entities: some,
      ...found,
      alarmsADay: found.alarms / days,
      allowedADay: found.allowed / days,
    }
  }
  const benign = chosen.map((world) => ({ says: world.says, ...measured(world, SHIPPED, entities) }))
  const guards = ABLATIONS.filter(([, , world]) => chosen.includes(world)).map(
    ([finding, without, world, variant]) => ({
      finding,
      without,
      ...measured(world, variant, Math.ceil(entities / 10)),
    }),
  )
  const setup = { seed, times: [2, 3, 5, 10, 50], entities: 10, spikes: 40, weight: ONE_A_DAY }
  const power = powerTable({ ...setup, rates: [0.01, 0.1, 1, 10, 100] })
  const jobs = powerOfJobs({ ...setup, rates: [], entities: 100 })
  const rows = [
    `false alarms a day on ${entities} benign entities, ${days} days, restart weight ${SCALED}; repeated: not the first of their entity`,
    ...benign.map((one) => line(one.world, one.alarmsADay, one.allowedADay, `${one.repeated} repeated; ${one.says}`)),
    'with one guard less, a tenth of the entities',
    ...guards.map((one) => line(one.world, one.alarmsADay, one.allowedADay, `without ${one.without}`)),
    'spikes of ten minutes at one false alarm a day: calls a second, times as many, told, median and 95% in seconds',
    ...power.map(delays),
    'jobs of a hundred calls every five minutes: bursts so many times as large (1), so many times as many of them (30)',
    ...jobs.map(delays),
  ]
  report(flags.report === 'json' ? 'json' : 'text', { seed, days, benign, guards, power, jobs }, rows.join('\n'))
}

function line(name: string, alarms: number, allowed: number, says: string): string {
  return `  ${name.padEnd(13)} ${alarms.toFixed(2).padStart(8)} of ${allowed.toFixed(2).padStart(6)} allowed  ${says}`
}

function delays({ rate, times, told, median, p95 }: Power): string {
  const seconds = (value: number | null): string => (value === null ? '–' : String(value)).padStart(4)
  return `  ${String(rate).padStart(5)} x${String(times).padEnd(3)} ${(100 * told).toFixed(0).padStart(4)}% ${seconds(median)} ${seconds(p95)}`
}

main()
