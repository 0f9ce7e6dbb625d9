import type { EpochMs } from '#src/call/call.ts'
import { gammaLevel } from '#src/demo/arrivals.ts'
import { type Random, randomFor } from '#src/demo/random.ts'
import { TENANTS } from './endpoints.ts'
import { DUTY, type Identity } from './identities.ts'
import type { World } from './world.ts'

export const MINUTE_MS = 60_000
/** Correlation of a level from one minute to the next. */
export const PERSISTENCE = 0.9
/** Relative variance of what all clients of a tenant have in common: news, weather, a campaign. */
export const TENANT_PHI = 0.06
/** Shape of the Pareto times for which a client with bursts is on, and the shortest of them. */
const ON_SHAPE = 1.5
const ON_LEAST_MS = 30_000
const ON_MOST_MS = 2 * 3_600_000

/** Calls a second that an identity makes at that time on average: its rate, the time of day, the day of the week. */
export function usualRate(identity: Identity, at: EpochMs): number {
  const hour = (at / 3_600_000) % 24
  const day = 1 + identity.swing * Math.sin((2 * Math.PI * (hour - 8 + identity.shiftHours)) / 24)
  // The first day of 1970 was a Thursday.
  const isWeekend = (Math.floor(at / 86_400_000) + 5) % 7 < 2
  return identity.rate * Math.max(0.02, day) * (isWeekend ? identity.weekend : 1)
}

interface Walker {
  readonly identity: Identity
  readonly random: Random
  driver: number
  /** For bursts: whether it is on, and until when that stays so. */
  on: boolean
  until: EpochMs
}

/** Receives each call to make: at that time, by that identity; draws must come from the identity's own numbers. */
export type Make = (ts: EpochMs, identity: Identity, random: Random) => void

/**
 * Ordinary traffic, minute by minute in order: each call makes the calls of sessions and runs that begin in the minute at `start`; they
 * may reach a few minutes beyond it. Each identity has numbers of its own, so that nothing disturbs another.
 */
export function openArrivals(world: World): (start: EpochMs, make: Make) => void {
  const tenants = TENANTS.map((_, i) => ({ random: randomFor(world.seed, 10, i), driver: 0 }))
  for (const tenant of tenants) tenant.driver = tenant.random.normal()
  const walkers = world.identities.map((identity): Walker => {
    const random = randomFor(world.seed, 11, identity.index)
    return { identity, random, driver: random.normal(), on: false, until: world.from }
  })
  const step = Math.sqrt(1 - PERSISTENCE ** 2)
  return (start, make) => {
    const moods = tenants.map((tenant) => {
      tenant.driver = PERSISTENCE * tenant.driver + step * tenant.random.normal()
      return gammaLevel(tenant.driver, TENANT_PHI)
    })
    for (const walker of walkers) {
      const { identity, random } = walker
      if (identity.pattern === 'cron') {
        cronRun(identity, random, start, make)
        continue
      }
      walker.driver = PERSISTENCE * walker.driver + step * random.normal()
      const level = usualRate(identity, start) * moods[identity.tenant]! * gammaLevel(walker.driver, identity.phi)
      if (identity.pattern === 'bursts') burst(walker, level / DUTY, start, make)
      else sessions(identity, random, level, start, make)
    }
  }
}

/** Exactly every `period` minutes at the identity's own second, as many calls as keep its rate, a tenth of a second apart. */
function cronRun(identity: Identity, random: Random, start: EpochMs, make: Make): void {
  if ((start / MINUTE_MS + identity.index) % identity.period !== 0) return
  const calls = random.poisson(0.2) + Math.max(1, Math.round(identity.rate * 60 * identity.period))
  let ts = start + ((identity.index * 7919) % 50) * 1000
  for (let i = 0; i < calls; i++) {
    make(Math.floor(ts), identity, random)
    ts += random.exponential(100)
  }
}

function burst(walker: Walker, rate: number, start: EpochMs, make: Make): void {
  const { identity, random } = walker
  const end = start + MINUTE_MS
  let at = start
  while (at < end) {
    if (walker.until <= at) {
      walker.on = !walker.on
      const mean = ON_LEAST_MS * (ON_SHAPE / (ON_SHAPE - 1))
      const onFor = Math.min(ON_MOST_MS, ON_LEAST_MS * (1 - random.unit()) ** (-1 / ON_SHAPE))
      walker.until = at + (walker.on ? onFor : random.exponential((mean * (1 - DUTY)) / DUTY))
    }
    const until = Math.min(end, walker.until)
    if (walker.on) {
      const calls = random.poisson((rate * (until - at)) / 1000)
      for (let i = 0; i < calls; i++) make(Math.floor(at + random.unit() * (until - at)), identity, random)
    }
    at = until
  }
}

function sessions(identity: Identity, random: Random, rate: number, start: EpochMs, make: Make): void {
  const count = random.poisson((rate * 60) / identity.session)
  for (let i = 0; i < count; i++) {
    let ts = start + random.below(MINUTE_MS)
    const calls = identity.session === 1 ? 1 : 1 + Math.min(40, Math.round(random.exponential(identity.session - 1)))
    for (let j = 0; j < calls; j++) {
      make(Math.floor(ts), identity, random)
      ts += random.exponential(4_000)
    }
  }
}
