import type { EpochMs } from '#src/call/call.ts'
import { mix, randomFor } from './random.ts'
import type { DemoIdentity, World } from './world.ts'

const minuteMs = 60_000
/** Correlation of the level from one minute to the next. */
const persistence = 0.9
/** After so many minutes less than 2% of an influence is left. */
const memoryMinutes = 40

/** Calls a second that an identity makes around that time: its rate, the time of day, and its mood of the minute. */
export function rateAt(world: World, identity: DemoIdentity, at: EpochMs): number {
  return identity.rate * timeOfDay(identity, at) * mood(world, identity, Math.floor(at / minuteMs))
}

/** Mean 1 over the day; the company wakes in Europe. */
function timeOfDay(identity: DemoIdentity, at: EpochMs): number {
  const hour = (at / 3_600_000 + identity.shiftHours) % 24
  return 1 + identity.swing * Math.sin((2 * Math.PI * (hour - 8)) / 24)
}

/**
 * A gamma level with mean 1 whose logarithm remembers: neighbouring minutes are alike, as in real traffic. The normal
 * driver is a moving average of independent minutes (an AR(1) cut off when it has faded), so any minute can be had
 * without walking there from the beginning; Wilson and Hilferty turn it into a gamma.
 */
function mood(world: World, identity: DemoIdentity, minute: number): number {
  let driver = 0
  let weight = Math.sqrt(1 - persistence ** 2)
  for (let back = 0; back < memoryMinutes; back++) {
    driver += weight * standardNormal(mix(world.seed, 5, identity.index, minute - back))
    weight *= persistence
  }
  return gammaLevel(driver, identity.wander)
}

/** A gamma variable of mean 1 and that variance, from a standard normal one (Wilson and Hilferty 1931); never below 8e-6. */
export function gammaLevel(normal: number, variance: number): number {
  const ninth = variance / 9
  return Math.max(0.02, 1 - ninth + normal * Math.sqrt(ninth)) ** 3
}

/** Nearly normal and cheap: four uniform bytes of a hashed word, centred and scaled (variance of one: (256^2 - 1) / 12). */
function standardNormal(word: number): number {
  const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24)
  return (sum - 510) / 147.8
}

/** When an identity's sessions of one slot start, in milliseconds after the slot's beginning, with their lengths in calls. */
export function sessionsIn(
  world: World,
  identity: DemoIdentity,
  rate: number,
  slot: number,
  slotMs: number,
): readonly { readonly at: number; readonly calls: number }[] {
  const random = randomFor(world.seed, 6, identity.index, slot)
  const count = random.poisson((rate * slotMs) / 1000 / identity.session)
  return Array.from({ length: count }, () => ({
    at: random.below(slotMs),
    calls:
      identity.session === 1
        ? 1
        : 1 + Math.min(3 * identity.session, Math.round(random.exponential(identity.session - 1))),
  }))
}
