import { type Random, randomFor } from '#src/demo/random.ts'
import { anyOrder, gammaMood, pareto } from '../calibration/laws.ts'

/** Bytes of one window of five minutes after the other, in order; windows are numbered from Monday midnight UTC on. */
export type Law = (window: number) => number

/** A kind of benign volume: every entity is another one, made from the seed and its number. */
export interface World {
  readonly says: string
  readonly law: (random: Random) => Law
}

export const DAY = 288
const HOUR = 12
const MB = 1e6

/** Usual bytes in five minutes. */
const usualBytes = (random: Random): number => anyOrder(random, 0.2 * MB, 200 * MB)

/** Log-normal around 1. */
export function scattered(random: Random, spread: number): number {
  return Math.exp(spread * random.normal() - (spread * spread) / 2)
}

/** Wanders in its logarithm, with that standard deviation and hours of memory. */
function moodOf(random: Random, spread: number, hours: number): () => number {
  const kept = Math.exp(-1 / (HOUR * hours))
  let mood = spread * random.normal()
  return () => {
    mood = kept * mood + Math.sqrt(1 - kept * kept) * spread * random.normal()
    return Math.exp(mood)
  }
}

function moods(spread: number, hours: number): World {
  return {
    says: `wanders: standard deviation ${spread} in the logarithm, over ${hours} hours; windows scatter by 0.2 to 0.6`,
    law: (random) => {
      const [usual, noise, mood] = [usualBytes(random), 0.2 + 0.4 * random.unit(), moodOf(random, spread, hours)]
      return () => usual * mood() * scattered(random, noise)
    },
  }
}

const hourOf = (window: number): number => (window / HOUR) % 24
const dayOf = (window: number): number => Math.floor(window / DAY)

const even: World = {
  says: 'steady, windows scatter by 0.05 to 1 in the logarithm',
  law: (random) => {
    const [usual, noise] = [usualBytes(random), anyOrder(random, 0.05, 1)]
    return () => usual * scattered(random, noise)
  },
}

const heavy: World = {
  says: 'some calls in each window, of Pareto size with an exponent of 1.1 to 2, up to 5 GB',
  law: (random) => {
    const [calls, least, exponent] = [anyOrder(random, 0.3, 30), anyOrder(random, 3e3, 3e5), 1.1 + 0.9 * random.unit()]
    return () => {
      let sum = 0
      for (let left = random.poisson(calls); left > 0; left -= 1) sum += pareto(random, exponent, least, 5e9)
      return sum
    }
  },
}

const days: World = {
  says: 'the day: a busiest hour of 3 to 30 times the quietest, weekends 0.1 to 1 times as much; a mood of 0.3 over 8 hours',
  law: (random) => {
    const [usual, depth, phase] = [usualBytes(random), Math.log(anyOrder(random, 3, 30)) / 2, 24 * random.unit()]
    const [weekend, noise, mood] = [anyOrder(random, 0.1, 1), 0.2 + 0.4 * random.unit(), moodOf(random, 0.3, 8)]
    const start = random.below(7)
    return (window) => {
      const level = Math.exp(depth * Math.sin((2 * Math.PI * (hourOf(window) + phase)) / 24))
      const isWeekend = (dayOf(window) + start) % 7 >= 5
      return usual * level * (isWeekend ? weekend : 1) * mood() * scattered(random, noise)
    }
  },
}

const office: World = {
  says: 'people: nothing at night and at weekends, six windows of ten by day, some lunch; each day has a mood of 0.5',
  law: (random) => {
    const [usual, noise, start] = [usualBytes(random), 0.5 + 0.8 * random.unit(), random.below(7)]
    const phase = 24 * random.unit()
    let [day, mood] = [-1, 1]
    return (window) => {
      if (dayOf(window) !== day) {
        day = dayOf(window)
        mood = Math.exp(0.5 * random.normal())
      }
      const hour = (hourOf(window) + phase) % 24
      const isOpen = (dayOf(window) + start) % 7 < 5 && hour >= 8 && hour < 18
      return random.unit() < (isOpen ? 0.6 : 0.01) ? usual * mood * scattered(random, noise) : 0
    }
  },
}

const sessions: World = {
  says: 'sessions of Pareto length from five minutes to eight hours, every two to twelve hours, each with a level of its own (0.8)',
  law: (random) => {
    const [usual, gap] = [usualBytes(random), HOUR * anyOrder(random, 2, 12)]
    let [from, until, level] = [random.exponential(gap), -1, 1]
    return (window) => {
      if (window >= from && until < from) {
        until = from + pareto(random, 1.5, 1, 8 * HOUR)
        level = Math.exp(0.8 * random.normal())
      }
      if (window > until && until >= from) from = window + random.exponential(gap)
      return window >= from && window <= until ? usual * level * scattered(random, 0.5) : 0
    }
  },
}

const backups: World = {
  says: 'a copy at the same hour of each night (or once a week) from the first on, ten to a hundred times the usual',
  law: (random) => {
    const [usual, times, hour] = [usualBytes(random), anyOrder(random, 10, 100), 24 * random.unit()]
    const [length, weekday] = [0.3 + 1.5 * random.unit(), random.unit() < 0.3 ? random.below(7) : null]
    return (window) => {
      const isDay = weekday === null || dayOf(window) % 7 === weekday
      const runs = isDay && hourOf(window) >= hour && hourOf(window) < hour + length
      return usual * (runs ? times : 1) * scattered(random, 0.3)
    }
  },
}

const reports: World = {
  says: 'now and then, once in one to four days at any time, a report: five to fifty times the usual for five minutes to an hour',
  law: (random) => {
    const [usual, gap, most] = [usualBytes(random), DAY * anyOrder(random, 1, 4), anyOrder(random, 10, 50)]
    let [from, until, times] = [random.exponential(gap), 0, 1]
    return (window) => {
      if (window >= from) {
        times = anyOrder(random, 5, most)
        until = window + 1 + random.below(HOUR)
        from = window + random.exponential(gap)
      }
      return usual * (window < until ? times : 1) * scattered(random, 0.3)
    }
  },
}

const batches: World = {
  says: 'a batch a day at a time that shifts by hours, each of another size (0.8 in the logarithm), over half an hour to four hours',
  law: (random) => {
    const [usual, length, hour] = [usualBytes(random), HOUR * anyOrder(random, 0.5, 4), 24 * random.unit()]
    let [day, from, level] = [-1, 0, 1]
    return (window) => {
      if (dayOf(window) !== day) {
        day = dayOf(window)
        from = day * DAY + HOUR * (hour + 2 * random.normal())
        level = Math.exp(0.8 * random.normal())
      }
      return window >= from && window < from + length ? usual * level * scattered(random, 0.3) : 0
    }
  },
}

const deploys: World = {
  says: 'releases: about once a week the level is half to double what it was, for good; half of them double it; steady otherwise (0.1 to 0.5)',
  law: (random) => {
    const [usual, noise] = [usualBytes(random), 0.1 + 0.4 * random.unit()]
    let [level, next] = [1, random.exponential(5 * DAY)]
    return (window) => {
      if (window >= next) {
        const times = random.unit() < 0.5 ? 2 : anyOrder(random, 0.5, 2)
        level = level * times > 8 ? level / 2 : level * times
        next = window + 4 * DAY + random.exponential(3 * DAY)
      }
      return usual * level * scattered(random, noise)
    }
  },
}

const growth: World = {
  says: 'grows by 1 to 5% a day; a mood of 0.3 over a day',
  law: (random) => {
    const [usual, rate, mood] = [usualBytes(random), 0.01 + 0.04 * random.unit(), moodOf(random, 0.3, 24)]
    return (window) => usual * (1 + rate) ** (window / DAY) * mood() * scattered(random, 0.3)
  },
}

const bursts: World = {
  says: 'uneven: five minutes of gamma size with a relative variance of 2 to 20, independent',
  law: (random) => {
    const [usual, phi] = [usualBytes(random), anyOrder(random, 2, 20)]
    return () => usual * gammaMood(random, phi)
  },
}

/** Benign worlds, in the order of the table. */
export const WORLDS: Readonly<Record<string, World>> = {
  even,
  heavy,
  bursts,
  'mood 0.3, 1 h': moods(0.3, 1),
  'mood 0.3, 8 h': moods(0.3, 8),
  'mood 0.3, 3 d': moods(0.3, 72),
  'mood 0.7, 1 h': moods(0.7, 1),
  'mood 0.7, 8 h': moods(0.7, 8),
  'mood 0.7, 1 d': moods(0.7, 24),
  'mood 0.7, 3 d': moods(0.7, 72),
  'mood 1.2, 2 h': moods(1.2, 2),
  'mood 1.2, 8 h': moods(1.2, 8),
  days,
  office,
  sessions,
  backups,
  reports,
  batches,
  deploys,
  growth,
}

/** The law of one entity of a world. */
export function lawOf(name: string, seed: number, entity: number): Law {
  const index = Object.keys(WORLDS).indexOf(name)
  return (WORLDS[name] as World).law(randomFor(seed, index, entity))
}
