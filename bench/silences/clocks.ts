import type { Random } from '#src/demo/random.ts'

/** What the clock on the wall says at a minute since the start. */
export interface LocalTime {
  /** 0 to 24. */
  readonly hour: number
  /** Days since the Monday of the start. */
  readonly day: number
  readonly isWeekend: boolean
}

export type Clock = (minute: number) => LocalTime

/** Hours ahead of UTC in winter, and from when to when of 2026 clocks are an hour ahead of that. */
const ZONES = [
  [0, null, null],
  [1, Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1)],
  [-5, Date.UTC(2026, 2, 8, 7), Date.UTC(2026, 10, 1, 6)],
  [5.5, null, null],
  [8, null, null],
] as const

/** The clock of one endpoint's callers; `from`: the tick of the start, a Monday's midnight UTC. */
export function clockOf(random: Random, from: number): Clock {
  const [ahead, summer, winter] = random.pick(ZONES)
  const startMs = from * 10_000
  let known: LocalTime = { hour: 0, day: 0, isWeekend: false }
  let last = -1
  return (minute) => {
    if (minute === last) return known
    last = minute
    const at = startMs + minute * 60_000
    const isSummer = summer !== null && at >= summer && at < winter
    const local = minute / 60 + ahead + (isSummer ? 1 : 0)
    const day = Math.floor(local / 24)
    known = { hour: local - 24 * day, day, isWeekend: ((day % 7) + 7) % 7 >= 5 }
    return known
  }
}
