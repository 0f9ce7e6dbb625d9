import { type Random, randomFor } from '#src/demo/random.ts'
import type { Plan } from '#src/detection/plan.ts'
import { negativeBinomial } from '../calibration/laws.ts'
import { type Counts, Listener, TICKS_A_DAY } from './lab.ts'

/** How soon it is told that an endpoint has fallen silent. */
export interface Power {
  readonly kind: string
  /** Calls a minute as usual, days that it was known, and which part of its calls is left. */
  readonly perMinute: number
  readonly days: number
  readonly left: number
  /** Share that is told within a day; seconds until then, `null` beyond what is told. */
  readonly told: number
  readonly median: number | null
  readonly p95: number | null
}

const RATES = [60, 6, 1, 0.1]
const DAYS = [1, 8]
const LEFT = [0, 0.1]

/** Calls a tick. */
type Rate = (tick: number) => number

const KINDS: Readonly<Record<string, (random: Random, rate: number) => (tick: number, part: number) => number>> = {
  /** Independent minutes with a gamma mood. */
  steady: (random, rate) => mooded(random, () => rate),
  /** Three times as many calls at two in the afternoon as at two in the night. */
  daily: (random, rate) => mooded(random, (tick) => rate * (1 + 0.5 * Math.sin((2 * Math.PI * (tick / 360 - 8)) / 24))),
  /** One client by the clock: a call each time, or as many as a tick has. */
  clock: (random, rate) => {
    const phase = random.unit()
    return (tick, part) => {
      const calls = Math.floor((tick + 1) * rate + phase) - Math.floor(tick * rate + phase)
      return part === 1 ? calls : thinned(random, calls, part)
    }
  },
}

function mooded(random: Random, rate: Rate): (tick: number, part: number) => number {
  let mood = 1
  return (tick, part) => {
    if (tick % 6 === 0) mood = negativeBinomial(random, 1000, 0.1) / 1000
    return random.poisson(rate(tick) * mood * part)
  }
}

function thinned(random: Random, calls: number, part: number): number {
  let left = 0
  for (let i = 0; i < calls; i += 1) if (random.unit() < part) left += 1
  return left
}

export interface PowerSetup {
  readonly seed: number
  readonly endpoints: number
  /** The plan of one endpoint of so many that share the budget. */
  readonly plan: Plan
}

/** Endpoints that fall silent, or nearly so, at some time in the morning after so many days: told, and after how long. */
export function* powerOf({ seed, endpoints, plan }: PowerSetup): Generator<Power> {
  for (const [kind, draw] of Object.entries(KINDS)) {
    for (const rate of RATES) {
      for (const known of DAYS) {
        for (const part of LEFT) {
          const delays = Array.from({ length: endpoints }, (_, endpoint) => {
            const random = randomFor(seed, endpoint, Math.round(1000 * rate), known)
            const stop = Math.floor(known) * TICKS_A_DAY + 9 * 360 + random.below(4 * 360)
            const counts = countsOf(draw(random, rate / 6), stop, part)
            const listener = new Listener(plan, [['s', '/a']])
            listener.play([counts], stop + TICKS_A_DAY)
            const told = listener.told.find(({ tick }) => tick > stop)
            return told === undefined ? Number.POSITIVE_INFINITY : 10 * (told.tick - stop)
          }).sort((a, b) => a - b)
          const at = (share: number): number | null => {
            const delay = delays[Math.min(delays.length - 1, Math.floor(share * delays.length))]!
            return Number.isFinite(delay) ? delay : null
          }
          const told = delays.filter(Number.isFinite).length / delays.length
          yield { kind, perMinute: rate, days: known, left: part, told, median: at(0.5), p95: at(0.95) }
        }
      }
    }
  }
}

function countsOf(draw: (tick: number, part: number) => number, stop: number, part: number): Counts {
  const [ticks, calls]: [number[], number[]] = [[], []]
  const end = part === 0 ? stop : stop + TICKS_A_DAY
  for (let tick = 0; tick < end; tick += 1) {
    const k = draw(tick, tick < stop ? 1 : part)
    if (k === 0) continue
    ticks.push(tick)
    calls.push(k)
  }
  return { ticks: Int32Array.from(ticks), calls: Int32Array.from(calls) }
}
