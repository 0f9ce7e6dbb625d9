/**
 * Whether silence keeps its part of the alert budget on traffic that never truly falls silent, and how soon it tells of what does.
 * `npm run silences -- [--seeds 9101-9103] [--hours 672] [--endpoints 40] [--worlds NAME,…|none] [--power 20] [--list] [--report text|json]`
 */
import { parseArgs } from 'node:util'
import silence from '#detectors/silence/detector.ts'
import { loadDetectors } from '#src/command/engine.ts'
import type { Detector } from '#src/detection/detector.ts'
import { type Plan, planOf } from '#src/detection/plan.ts'
import { TWINS } from '#src/detection/surprise.ts'
import { progress, report } from './figures.ts'
import { type Counts, countsOf, Listener, TICKS_A_DAY } from './silences/lab.ts'
import { type Power, powerOf } from './silences/power.ts'
import { qualityCounts } from './silences/quality.ts'
import { WORLDS } from './silences/worlds.ts'

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '9101-9103' },
    hours: { type: 'string', default: '672' },
    endpoints: { type: 'string', default: '40' },
    worlds: { type: 'string' },
    power: { type: 'string', default: '20' },
    list: { type: 'boolean', default: false },
    report: { type: 'string', default: 'text' },
  },
})

/** Delays are those of one endpoint of so many. */
const FLEET = 10_000
const QUALITY = 'quality'
/** What is closed for the first time may be an outage, as far as anybody knows: told apart, and not added up. */
const TRULY_SILENT = new Set(['windows'])

/** What silence made of one kind of traffic. */
interface Found {
  readonly world: string
  readonly says: string
  readonly endpointDays: number
  readonly alarms: number
  /** Of endpoints that had an alarm before. */
  readonly again: number
  readonly allowed: number
  /** Crossings of the twins: at most so many times `allowed` are expected. */
  readonly crossed: readonly number[]
}

/** The plan of silence alone with the part of the budget that it has beside all others. */
async function planAlone(budget: number): Promise<Plan> {
  const all = [...(await loadDetectors()).values()].map((detector) => ({ detector, params: detector.params.parse({}) }))
  const part = planOf(all, budget, 1).endpoint.watches.find(({ detector }) => detector.name === 'silence')!
  const detector = silence as unknown as Detector
  // Alone it shares with none but itself, in its other scope.
  return planOf([{ detector, params: detector.params.parse({}) }], Math.exp(part.logBudget) * detector.scopes.length, 1)
}

function countsIn(name: string, seed: number, hours: number, endpoints: number): Counts[] {
  const world = Object.values(WORLDS).find((one) => one.name === name)
  if (world === undefined) return qualityCounts(seed, hours)
  return Array.from({ length: endpoints }, (_, endpoint) => countsOf(world, seed, endpoint, hours * 360))
}

function play(name: string, plan: Plan, seeds: readonly number[], hours: number): Found {
  const sum = { alarms: 0, again: 0, allowed: 0, endpointDays: 0, crossed: TWINS.map(() => 0) }
  for (const seed of seeds) {
    const counts = countsIn(name, seed, hours, Number(flags.endpoints))
    const listener = new Listener(
      plan,
      counts.map((_, i) => [`s${i >> 3}`, `/${i}`] as const),
    )
    listener.play(counts, hours * 360)
    const { allowed, crossed } = listener.shard.meters.endpoint[0]!.run
    const before = new Set<number>()
    for (const { endpoint, tick, opened } of listener.told) {
      if (before.has(endpoint)) sum.again += 1
      before.add(endpoint)
      if (!flags.list) continue
      const rate = counts[endpoint]!.calls.reduce((total, k) => total + k, 0) / (hours * 60)
      const days = [opened, tick].map((one) => (one / TICKS_A_DAY).toFixed(3)).join(', told ')
      progress(
        `${name} seed ${seed} endpoint ${endpoint} of ${rate.toPrecision(2)} calls a minute: silent from day ${days}`,
      )
    }
    sum.alarms += listener.told.length
    sum.allowed += allowed
    sum.endpointDays += (counts.length * hours) / 24
    crossed.forEach((count, i) => {
      sum.crossed[i]! += count
    })
  }
  const says =
    Object.values(WORLDS).find((one) => one.name === name)?.says ??
    'the endpoints of `npm run quality`, without attacks'
  return { world: name, says, ...sum }
}

function rangeOf(text: string): number[] {
  const [first, last = first] = text.split('-').map(Number) as [number, number?]
  return Array.from({ length: last! - first + 1 }, (_, i) => first + i)
}

async function main(): Promise<void> {
  const [seeds, hours] = [rangeOf(flags.seeds), Number(flags.hours)]
  const all = [...Object.keys(WORLDS), QUALITY]
  const names = flags.worlds === 'none' ? [] : (flags.worlds?.split(',') ?? all)
  const unknown = names.filter((name) => !all.includes(name))
  if (unknown.length > 0) throw new Error(`worlds are: ${all.join(', ')}`)
  const worlds: Found[] = []
  for (const name of names) {
    // One false alarm a day in all: each kind of traffic is a shard with its part of that.
    worlds.push(play(name, await planAlone(1 / all.length), seeds, hours))
    progress(line(worlds.at(-1)!))
  }
  const power: Power[] = []
  const setup = { seed: seeds[0]!, endpoints: Number(flags.power), plan: await planAlone(1 / FLEET) }
  for (const one of setup.endpoints > 0 ? powerOf(setup) : []) {
    power.push(one)
    progress(delays(one))
  }
  const benign = worlds.filter(({ world }) => !TRULY_SILENT.has(world))
  const days = (hours / 24) * seeds.length
  const total = (of: (found: Found) => number): string =>
    (benign.reduce((sum, one) => sum + of(one), 0) / days).toFixed(3)
  const text = [
    `${flags.endpoints} endpoints of each kind of traffic, ${seeds.length} seeds of ${hours / 24} days: alarms, repeated ones, allowed, crossings of the twins and what is allowed of them`,
    ...worlds.map(line),
    `false alarms a day, but for those of windows: ${total(({ alarms }) => alarms)}, allowed ${total(({ allowed }) => allowed)}`,
    `one endpoint of ${FLEET} that falls silent in the morning: calls a minute, days that it was known, part that is left; told within a day, median and 95% in seconds`,
    ...power.map(delays),
  ]
  report(flags.report === 'json' ? 'json' : 'text', { seeds, hours, worlds, power }, text.join('\n'))
}

function line({ world, alarms, again, allowed, crossed, says }: Found): string {
  const twins = crossed.map((count, i) => `${count} of ${(TWINS[i]! * allowed).toFixed(0)}`).join(', ')
  return `  ${world.padEnd(9)} ${String(alarms).padStart(3)} ${String(again).padStart(3)} ${allowed.toFixed(2).padStart(6)}  twins ${twins.padEnd(20)} ${says}`
}

function delays({ kind, perMinute, days, left, told, median, p95 }: Power): string {
  const seconds = (value: number | null): string => (value === null ? '–' : String(value)).padStart(6)
  const setup = `${kind.padEnd(6)} ${String(perMinute).padStart(4)} ${days} ${String(left).padEnd(3)}`
  return `  ${setup} ${(100 * told).toFixed(0).padStart(4)}% ${seconds(median)} ${seconds(p95)}`
}

await main()
