import { type Random, randomFor } from '#src/demo/random.ts'
import { anyOrder, clusterMean, clusterSize, gammaMood, pareto } from './laws.ts'

/** Calls of one benign entity: told tick by tick, in order, where there are any. Ticks are of 10 s, from Monday midnight UTC on. */
export type Visit = (tick: number, k: number) => void

/** A kind of benign traffic: every entity is another one, made from the seed and its number. */
export interface World {
  readonly name: string
  readonly says: string
  readonly play: (seed: number, entity: number, ticks: number, visit: Visit) => void
}

export const TICKS_A_DAY = 8640
const MINUTE = 6
const HOUR = 360

interface Stream {
  /** Calls a tick at a minute. */
  readonly rate: (minute: number) => number
  /** Variance over mean of what comes at once, and relative variance of a minute's mood. */
  readonly fano: (minute: number) => number
  readonly phi: (minute: number) => number
  /** How much of the logarithm of a minute's mood is that of the minute before; 0: moods are gamma and independent. */
  readonly memory: number
}

function flow(random: Random, ticks: number, stream: Stream, visit: Visit): void {
  const counts = new Float64Array(MINUTE)
  let mood = 0
  for (let minute = 0; minute * MINUTE < ticks; minute += 1) {
    const phi = stream.phi(minute)
    const fano = stream.fano(minute)
    mood = stream.memory * mood + Math.sqrt((1 - stream.memory ** 2) * phi) * (stream.memory > 0 ? random.normal() : 0)
    const factor = stream.memory > 0 ? Math.exp(mood - phi / 2) : gammaMood(random, phi)
    const clusters = random.poisson((MINUTE * stream.rate(minute) * factor) / clusterMean(fano))
    if (clusters === 0) continue
    counts.fill(0)
    for (let i = 0; i < clusters; i += 1) counts[random.below(MINUTE)]! += clusterSize(random, fano)
    for (let i = 0; i < MINUTE; i += 1) if (counts[i]! > 0) visit(minute * MINUTE + i, counts[i]!)
  }
}

const steady = (value: number) => (): number => value

/** Most entities are quiet: a call in an hour to three a tick. */
const usualRate = (random: Random): number => anyOrder(random, 0.003, 3)

const independent: World = {
  name: 'independent',
  says: 'negative binomial counts, independent from minute to minute: F 1 to 6, phi 0.05 to 0.3',
  play(seed, entity, ticks, visit) {
    const random = randomFor(seed, entity, 1)
    const stream = { rate: steady(usualRate(random)), fano: steady(1 + 5 * random.unit()), memory: 0 }
    flow(random, ticks, { ...stream, phi: steady(0.05 + 0.25 * random.unit()) }, visit)
  },
}

const misspecified: World = {
  name: 'misspecified',
  says: 'every eight hours another law: F - 1 and phi halved, doubled, or the mean 1.2 times as large',
  play(seed, entity, ticks, visit) {
    const random = randomFor(seed, entity, 2)
    const [rate, excess, phi] = [usualRate(random), 3 * random.unit(), 0.05 + 0.15 * random.unit()]
    const turn = (minute: number): number => (Math.floor(minute / 480) + entity) % 3
    const spread = (minute: number): number => [0.5, 2, 1][turn(minute)]!
    const stream = {
      rate: (minute: number) => rate * (turn(minute) === 2 ? 1.2 : 1),
      fano: (minute: number) => 1 + excess * spread(minute),
      phi: (minute: number) => phi * spread(minute),
      memory: 0,
    }
    flow(random, ticks, stream, visit)
  },
}

const moods: World = {
  name: 'moods',
  says: 'dependent ticks: log-normal AR(1) moods, 0.9 a minute, of variance 0.05 to 0.3; F 1 to 4',
  play(seed, entity, ticks, visit) {
    const random = randomFor(seed, entity, 3)
    const stream = { rate: steady(usualRate(random)), fano: steady(1 + 3 * random.unit()), memory: 0.9 }
    flow(random, ticks, { ...stream, phi: steady(0.05 + 0.25 * random.unit()) }, visit)
  },
}

const sessions: World = {
  name: 'sessions',
  says: 'people: sessions of Pareto 1.5 length from a minute to four hours, every one to eight hours, 0.3 to 5 calls a tick in them',
  play(seed, entity, ticks, visit) {
    const random = randomFor(seed, entity, 4)
    const [gap, usual] = [HOUR * anyOrder(random, 1, 8), anyOrder(random, 0.3, 5)]
    let tick = Math.ceil(random.exponential(gap))
    while (tick < ticks) {
      const end = Math.min(ticks, tick + pareto(random, 1.5, MINUTE, 4 * HOUR))
      const rate = usual * gammaMood(random, 0.1)
      for (; tick < end; tick += 1) {
        const k = random.poisson(rate)
        if (k > 0) visit(tick, k)
      }
      tick += Math.ceil(random.exponential(gap))
    }
  },
}

const shifts: World = {
  name: 'shifts',
  says: 'deploys: about every second day the level is 0.5 to 2 times what it was; F 1 to 3, phi 0.1',
  play(seed, entity, ticks, visit) {
    const random = randomFor(seed, entity, 5)
    const base = usualRate(random)
    let level = base
    let next = random.exponential(2 * 1440)
    const rate = (minute: number): number => {
      if (minute >= next) {
        level = base * anyOrder(random, 0.5, 2)
        next = minute + random.exponential(2 * 1440)
      }
      return level
    }
    flow(random, ticks, { rate, fano: steady(1 + 2 * random.unit()), phi: steady(0.1), memory: 0 }, visit)
  },
}

const cron: World = {
  name: 'cron',
  says: 'jobs every 1 to 60 minutes, 50 to 300 calls within ten seconds, in one tick or two; some vary by a third, some come late',
  play(seed, entity, ticks, visit) {
    const random = randomFor(seed, entity, 6)
    const period = MINUTE * random.pick([1, 2, 5, 10, 15, 20, 30, 60])
    const [usual, phi] = [anyOrder(random, 50, 300), random.pick([0, 0, 0.01, 0.1])]
    const late = random.pick([0, 0, 0.5, 2])
    const offset = random.unit() * period
    let last = -1
    for (let due = offset; due < ticks; due += period) {
      const at = due + random.unit() * late
      const k = Math.max(1, random.poisson(usual * gammaMood(random, phi)))
      const first = Math.max(last + 1, Math.floor(at))
      const here = Math.round(k * (1 - (at - Math.floor(at))))
      if (here > 0) visit(first, here)
      if (k > here) visit(first + 1, k - here)
      last = k > here ? first + 1 : first
    }
  },
}

const diurnal: World = {
  name: 'diurnal',
  says: 'days: a sine of amplitude 0.6 ± 0.15 with a phase of ± 2 h, weekends 0.3 to 1 times as much, 0.2 to 5 calls a tick; F 1 to 3, phi 0.1',
  play(seed, entity, ticks, visit) {
    const random = randomFor(seed, entity, 7)
    const rate = anyOrder(random, 0.2, 5)
    const amplitude = Math.min(0.95, Math.max(0, 0.6 + 0.15 * random.normal()))
    const phase = 2 * random.normal()
    const weekend = 0.3 + 0.7 * random.unit()
    const stream = {
      rate: (minute: number) =>
        rate *
        (1 + amplitude * Math.sin((2 * Math.PI * (minute / 60 - 8 + phase)) / 24)) *
        (Math.floor(minute / 1440) % 7 >= 5 ? weekend : 1),
      fano: steady(1 + 2 * random.unit()),
      phi: steady(0.1),
      memory: 0,
    }
    flow(random, ticks, stream, visit)
  },
}

const nightly: World = {
  name: 'nightly',
  says: 'jobs of the night: 5 to 30 minutes at 20 to 100 times the usual 0.1 to 1 calls a tick, every night at the same time or once a week',
  play(seed, entity, ticks, visit) {
    const random = randomFor(seed, entity, 8)
    const [rate, start] = [anyOrder(random, 0.1, 1), random.below(300)]
    const [length, times] = [5 + random.below(26), anyOrder(random, 20, 100)]
    const weekday = random.unit() < 0.3 ? random.below(7) : null
    const stream = {
      rate: (minute: number) => {
        const [day, at] = [Math.floor(minute / 1440) % 7, minute % 1440]
        const runs = at >= start && at < start + length && (weekday === null || weekday === day)
        return runs ? rate * times : rate
      },
      fano: steady(1 + 2 * random.unit()),
      phi: steady(0.1),
      memory: 0,
    }
    flow(random, ticks, stream, visit)
  },
}

const ramps: World = {
  name: 'ramps',
  says: 'office hours: from 0.5 to 5 calls a tick up to 1.5 to 4 times as many within two to five hours, six hours there, and back',
  play(seed, entity, ticks, visit) {
    const random = randomFor(seed, entity, 10)
    const [base, times] = [anyOrder(random, 0.5, 5), anyOrder(random, 1.5, 4)]
    const [start, rise] = [300 + random.below(180), 120 + random.below(180)]
    const rate = (minute: number): number => {
      const at = (minute % 1440) - start
      const height = Math.min(1, Math.max(0, Math.min(at, 2 * rise + 360 - at) / rise))
      return base * times ** height
    }
    flow(random, ticks, { rate, fano: steady(1 + random.unit()), phi: steady(0.1), memory: 0 }, visit)
  },
}

/** Bursts of calls at low rates: what a relative variance cannot say. */
const clusters: World = {
  name: 'clusters',
  says: 'calls of people in clusters: F 8 to 20 at 0.02 to 0.5 calls a tick',
  play(seed, entity, ticks, visit) {
    const random = randomFor(seed, entity, 9)
    const stream = { rate: steady(anyOrder(random, 0.02, 0.5)), fano: steady(8 + 12 * random.unit()), memory: 0 }
    flow(random, ticks, { ...stream, phi: steady(0.1) }, visit)
  },
}

/** Clients that are on for a fifth of their time: what is independent from tick to tick comes in runs of minutes to hours. */
const stretches: World = {
  name: 'stretches',
  says: 'clients that are on and off: on for Pareto 1.5 times of 30 s to two hours, off four times as long; 0.005 to 0.2 calls a tick on average, moods of variance 0.2',
  play(seed, entity, ticks, visit) {
    const random = randomFor(seed, entity, 10)
    const usual = 5 * anyOrder(random, 0.005, 0.2)
    let tick = 0
    while (tick < ticks) {
      tick += Math.ceil(random.exponential(4 * 9))
      const end = Math.min(ticks, tick + pareto(random, 1.5, 3, 2 * HOUR))
      const rate = usual * gammaMood(random, 0.2)
      for (; tick < end; tick += 1) {
        const k = random.poisson(rate)
        if (k > 0) visit(tick, k)
      }
    }
  },
}

export const WORLDS = {
  independent,
  misspecified,
  moods,
  sessions,
  shifts,
  cron,
  diurnal,
  nightly,
  ramps,
  clusters,
  stretches,
} as const
