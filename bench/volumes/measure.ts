import { randomFor } from '#src/demo/random.ts'
import { Watched } from './lab.ts'
import { DAY, type Law, lawOf } from './worlds.ts'

const HOUR = 12

export interface Setup {
  readonly seed: number
  readonly entities: number
  /** How many identities share the budget of one false alarm a day. */
  readonly identities: number
}

export interface Benign {
  readonly world: string
  readonly alarms: number
  readonly allowed: number
  /** Alarms that were not the first of their identity. */
  readonly repeated: number
  /** Alarms within the first week of their identity. */
  readonly young: number
}

/** What is told of identities of one world, none of which does anything wrong. */
export function benign(world: string, days: number, { seed, entities, identities }: Setup): Benign {
  let [alarms, repeated, young, allowed] = [0, 0, 0, 0]
  for (let entity = 0; entity < entities; entity += 1) {
    const law = lawOf(world, seed, entity)
    const watched = new Watched(identities)
    let own = 0
    for (let window = 0; window < days * DAY; window += 1) {
      if (watched.take(window, law(window)) === null) continue
      own += 1
      if (window < 7 * DAY) young += 1
    }
    alarms += own
    repeated += Math.max(0, own - 1)
    allowed += watched.allowed
  }
  return { world, alarms, allowed, repeated, young }
}

/** What somebody reads in addition to the usual: bytes in a window, for so many windows. `hour` is what an hour usually brings. */
export interface Theft {
  readonly says: string
  readonly windows: number
  readonly bytes: (hour: number) => number
}

/** So many times the usual, within so many hours, beside the usual. */
const copied = (says: string, times: number, hours: number): Theft => ({
  says,
  windows: Math.round(hours * HOUR),
  bytes: (hour) => ((times - 1) * hour) / HOUR,
})

export const THEFTS: readonly Theft[] = [
  { says: 'ten usual hours in ten minutes', windows: 2, bytes: (hour) => (10 * hour) / 2 },
  { says: 'forty usual hours in half an hour', windows: 6, bytes: (hour) => (40 * hour) / 6 },
  copied('x10 for an hour', 10, 1),
  copied('x3 for a day', 3, 24),
  copied('x5 for a day', 5, 24),
  copied('x10 for a day', 10, 24),
]

export interface Told {
  readonly world: string
  /** Days that the identity had behind it. */
  readonly after: number
  readonly theft: string
  /** Share that was told before it was over, and the median of the hours until then; null: less than half were told. */
  readonly share: number
  readonly hours: number | null
}

/** How much of what is stolen is told, and when, after so many days of one world. */
export function thefts(world: string, afters: readonly number[], { seed, entities, identities }: Setup): Told[] {
  const delays = new Map<string, number[]>()
  const keyOf = (after: number, theft: Theft): string => `${after} ${theft.says}`
  for (let entity = 0; entity < entities; entity += 1) {
    const random = randomFor(seed, entity, 7)
    const law = lawOf(world, seed, entity)
    const watched = new Watched(identities)
    const day: number[] = []
    let window = 0
    for (const after of afters) {
      const start = Math.round(after * DAY) + random.below(DAY)
      for (; window < start; window += 1) day[window % DAY] = usual(watched, law, window)
      const rest = Array.from({ length: DAY }, (_, i) => law(start + i))
      for (const theft of THEFTS) {
        const delay = delayOf(theft, watched.copy(), start, hourOf(day), rest)
        delays.set(keyOf(after, theft), [...(delays.get(keyOf(after, theft)) ?? []), delay])
      }
      for (; window < start + DAY; window += 1) {
        const bytes = rest[window - start] as number
        watched.take(window, bytes)
        day[window % DAY] = bytes
      }
    }
  }
  return afters.flatMap((after) =>
    THEFTS.map((theft) => {
      const sorted = (delays.get(keyOf(after, theft)) as number[]).sort((a, b) => a - b)
      const median = sorted[(sorted.length - 1) >> 1] as number
      const share = sorted.filter(Number.isFinite).length / sorted.length
      return { world, after, theft: theft.says, share, hours: Number.isFinite(median) ? median : null }
    }),
  )
}

function usual(watched: Watched, law: Law, window: number): number {
  const bytes = law(window)
  watched.take(window, bytes)
  return bytes
}

/** What an hour with anything in it brought on the day before. */
function hourOf(day: readonly number[]): number {
  const hours = Array.from({ length: 24 }, (_, i) => day.slice(i * HOUR, (i + 1) * HOUR).reduce((a, b) => a + b, 0))
  const active = hours.filter((bytes) => bytes > 0)
  return active.reduce((a, b) => a + b, 0) / Math.max(1, active.length)
}

/** Hours from the beginning of a theft to the end of the tick that tells it. */
function delayOf(theft: Theft, watched: Watched, start: number, hour: number, rest: readonly number[]): number {
  for (let i = 0; i < theft.windows; i += 1) {
    const opened = watched.take(start + i, (rest[i] as number) + theft.bytes(hour), 10)
    if (opened !== null) return (i + opened / 30) / HOUR
  }
  return Number.POSITIVE_INFINITY
}
