import { type Random, randomFor } from '#src/demo/random.ts'
import { anyOrder, gammaMood, pareto } from '../calibration/laws.ts'
import { clockOf } from './clocks.ts'
import { anyRate, DAY_MINUTES, flow, HOUR, MINUTE, type Visit, type World } from './stream.ts'

export const machines: World = {
  name: 'machines',
  says: 'workloads, day and night: negative binomial, F 1 to 6, phi 0.05 to 0.3, from a call in 80 minutes to two a second',
  play(seed, endpoint, _from, ticks, visit) {
    const random = randomFor(seed, endpoint, 1)
    const rate = anyRate(random)
    flow(
      random,
      ticks,
      { rate: () => rate, fano: 1 + 5 * random.unit() ** 2, phi: 0.05 + 0.25 * random.unit(), memory: 0 },
      visit,
    )
  },
}

export const moods: World = {
  name: 'moods',
  says: 'dependent minutes: log-normal AR(1) moods, 0.9 to 0.99 a minute, of variance 0.05 to 0.4',
  play(seed, endpoint, _from, ticks, visit) {
    const random = randomFor(seed, endpoint, 2)
    const rate = anyRate(random)
    const memory = 1 - 0.1 * 10 ** -random.unit()
    flow(
      random,
      ticks,
      { rate: () => rate, fano: 1 + 2 * random.unit(), phi: 0.05 + 0.35 * random.unit(), memory },
      visit,
    )
  },
}

/** One client by the clock: every so many ticks, some late, some left out. */
function cronInto(random: Random, ticks: number, counts: Map<number, number>): void {
  const period = MINUTE * random.pick([1, 2, 5, 10, 15, 20, 30, 60])
  const [usual, phi] = [anyOrder(random, 1, 100), random.pick([0, 0.01, 0.1])]
  const late = random.pick([0, 0.5, 2])
  const left = random.pick([0, 0, 0.01])
  for (let due = random.unit() * period; due < ticks; due += period) {
    if (random.unit() < left) continue
    const tick = Math.floor(due + random.unit() * late)
    counts.set(tick, (counts.get(tick) ?? 0) + Math.max(1, random.poisson(usual * gammaMood(random, phi))))
  }
}

function inOrder(counts: ReadonlyMap<number, number>, ticks: number, visit: Visit): void {
  for (const [tick, k] of [...counts].sort(([a], [b]) => a - b)) if (tick < ticks) visit(tick, k)
}

export const cron: World = {
  name: 'cron',
  says: 'one client by the clock, every 1 to 60 minutes; some come up to 20 s late, some leave out one run in a hundred',
  play(seed, endpoint, _from, ticks, visit) {
    const counts = new Map<number, number>()
    cronInto(randomFor(seed, endpoint, 7), ticks, counts)
    inOrder(counts, ticks, visit)
  },
}

export const crons: World = {
  name: 'crons',
  says: 'two to six such clients of one endpoint',
  play(seed, endpoint, _from, ticks, visit) {
    const random = randomFor(seed, endpoint, 8)
    const counts = new Map<number, number>()
    for (let client = 2 + random.below(5); client > 0; client -= 1) cronInto(random, ticks, counts)
    inOrder(counts, ticks, visit)
  },
}

export const sessions: World = {
  name: 'sessions',
  says: 'one person after the other: sessions of Pareto 1.5 length from a minute to four hours, a quarter of an hour to eight hours apart, 0.1 to 5 calls a tick in them',
  play(seed, endpoint, _from, ticks, visit) {
    const random = randomFor(seed, endpoint, 10)
    const [gap, usual] = [HOUR * anyOrder(random, 0.25, 8), anyOrder(random, 0.1, 5)]
    let tick = Math.ceil(random.exponential(gap))
    while (tick < ticks) {
      const end = Math.min(ticks, Math.round(tick + pareto(random, 1.5, MINUTE, 4 * HOUR)))
      const rate = usual * gammaMood(random, 0.1)
      for (; tick < end; tick += 1) {
        const k = random.poisson(rate)
        if (k > 0) visit(tick, k)
      }
      tick += Math.ceil(random.exponential(gap))
    }
  },
}

export const bursts: World = {
  name: 'bursts',
  says: 'one to eight clients that are on for Pareto 1.5 times from half a minute to two hours, and off five times as long',
  play(seed, endpoint, _from, ticks, visit) {
    const random = randomFor(seed, endpoint, 11)
    const counts = new Map<number, number>()
    for (let client = 1 + random.below(8); client > 0; client -= 1) {
      const rate = anyOrder(random, 0.1, 5)
      for (let tick = 0; tick < ticks; ) {
        const end = Math.min(ticks, tick + pareto(random, 1.5, 3, 720))
        for (; tick < end; tick += 1) {
          const k = random.poisson(rate)
          if (k > 0) counts.set(Math.floor(tick), (counts.get(Math.floor(tick)) ?? 0) + k)
        }
        tick += Math.ceil(random.exponential(5 * 9))
      }
    }
    inOrder(counts, ticks, visit)
  },
}

export const deploys: World = {
  name: 'deploys',
  says: 'about every second day the level is half to twice what it was, and nothing comes for 0 to 40 s meanwhile',
  play(seed, endpoint, from, ticks, visit) {
    const random = randomFor(seed, endpoint, 12)
    const base = anyRate(random)
    let level = base
    let next = random.exponential(2 * DAY_MINUTES)
    const closed: [number, number][] = []
    const amplitude = random.unit() < 0.5 ? 0 : 0.6
    const clock = clockOf(random, from)
    const rate = (minute: number): number => {
      if (minute >= next) {
        level = base * anyOrder(random, 0.7, 1.4)
        closed.push([next * MINUTE, next * MINUTE + 4 * random.unit()])
        next = minute + random.exponential(2 * DAY_MINUTES)
      }
      return level * (1 + amplitude * Math.sin((2 * Math.PI * (clock(minute).hour - 8)) / 24))
    }
    const stream = { rate, fano: 1 + 2 * random.unit(), phi: 0.1, memory: 0 }
    flow(random, ticks, stream, (tick, k) => {
      const gone = closed.at(-1)
      if (gone === undefined || tick < gone[0] || tick > gone[1]) visit(tick, k)
    })
  },
}

export const wander: World = {
  name: 'wander',
  says: 'a level that strays: a random walk of its logarithm, 0.2 to 0.6 a day, drawn back to the usual',
  play(seed, endpoint, _from, ticks, visit) {
    const random = randomFor(seed, endpoint, 13)
    const [base, step] = [anyRate(random), (0.2 + 0.4 * random.unit()) / Math.sqrt(DAY_MINUTES)]
    let log = 0
    const rate = (): number => {
      log = log * (1 - 0.5 / DAY_MINUTES) + step * random.normal()
      return base * Math.exp(log)
    }
    flow(random, ticks, { rate, fano: 1 + 2 * random.unit(), phi: 0.1, memory: 0 }, visit)
  },
}
