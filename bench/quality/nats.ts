import { PERSISTENCE, TENANT_PHI } from './arrivals.ts'
import type { Endpoint } from './endpoints.ts'
import { DUTY, type Identity } from './identities.ts'
import type { World } from './world.ts'

/**
 * Evidence of an attack in nats: the logarithm of how much likelier its events are in the attacked world (Q) than in the world without
 * it (P), by the laws that this generator draws from. Nobody who only sees the log can have more on average than their mean, the
 * Kullback-Leibler divergence.
 */

/** Nothing is less likely under P than this: a finite log cannot rule it out. */
const LEAST = 1e-6
export const MOST_NATS = -Math.log(LEAST)

/** One event that is a hit with chance `q` under Q and `p` under P. */
export function logCoin(hit: boolean, q: number, p: number): number {
  return hit ? Math.log(q / p) : Math.log1p(-q) - Math.log1p(-p)
}

/**
 * A number of events in the whole window: negative binomial of that shape, with mean `mean` under P and `mean + added` under Q. The
 * window is one event, because its calls share one mood: ratios of single calls or minutes must not be multiplied.
 * An infinite shape is Poisson.
 */
export function logCount(count: number, mean: number, added: number, shape: number): number {
  const base = Math.max(mean, LEAST)
  const altered = Math.max(base + added, LEAST)
  if (shape === Number.POSITIVE_INFINITY) return count * Math.log(altered / base) - (altered - base)
  return count * Math.log(altered / base) + (count + shape) * Math.log((base + shape) / (altered + shape))
}

/** How counts spread: variance = fano * mean + phi * mean^2 from minute to minute. */
export interface Spread {
  readonly fano: number
  readonly phi: number
}

/** The shape of the negative binomial that a window's total has, moods of neighbouring minutes being alike. */
export function shapeOf(mean: number, { fano, phi }: Spread, minutes: number): number {
  const excess = (fano - 1) / Math.max(mean, LEAST) + phi * moodShare(minutes)
  return excess <= 0 ? Number.POSITIVE_INFINITY : 1 / excess
}

/** Variance of the mean of so many minutes of an AR(1), relative to that of one minute. */
export function moodShare(minutes: number): number {
  const n = Math.max(1, Math.round(minutes))
  let sum = 1
  let power = 1
  for (let lag = 1; lag < n && power > 1e-9; lag++) {
    power *= PERSISTENCE
    sum += 2 * (1 - lag / n) * power
  }
  return sum / n
}

export function spreadOfIdentity(identity: Identity): Spread {
  const bursts = identity.pattern === 'bursts' ? (1 - DUTY) / DUTY : 0
  const run = identity.pattern === 'cron' ? identity.rate * 60 * identity.period : 0
  return {
    // The mean of n^2 over that of n: sessions are geometric, runs are all alike.
    fano: Math.max(1, run, identity.session === 1 ? 1 : 2 * identity.session - 1),
    phi: identity.pattern === 'cron' ? 0 : identity.phi + TENANT_PHI + bursts,
  }
}

/** Callers have moods of their own besides the one of their tenant. */
export function spreadOfEndpoint(world: World, endpoint: Endpoint): Spread {
  let rate = 0
  let clusters = 0
  let squares = 0
  for (const caller of endpoint.callers) {
    const identity = world.identities[caller.identity]!
    const part = identity.rate * caller.share
    const { fano, phi } = spreadOfIdentity(identity)
    rate += part
    clusters += part * (1 + (fano - 1) * caller.share)
    squares += part ** 2 * Math.max(0, phi - TENANT_PHI)
  }
  if (rate === 0) return { fano: 1, phi: TENANT_PHI }
  return { fano: clusters / rate, phi: squares / rate ** 2 + TENANT_PHI }
}

/** Detectors and scopes that share a budget: about as many as section 5 of the design names. */
const PARTS = 12

/** ln c: what one alert needs at that budget (false alarms a day), with a test for every entity, detector and tick of ten seconds. */
export function neededNats(entities: number, budget: number): number {
  return Math.log((PARTS * 8640 * entities) / budget)
}

/** The intensity, between the given ones, whose expected evidence is nearest to the wanted; `expected` must grow with it. */
export function intensityFor(
  wanted: number,
  low: number,
  high: number,
  expected: (intensity: number) => number,
): number {
  let [below, above] = [Math.log(low), Math.log(high)]
  for (let i = 0; i < 40; i++) {
    const middle = (below + above) / 2
    if (expected(Math.exp(middle)) < wanted) below = middle
    else above = middle
  }
  return Math.exp((below + above) / 2)
}
