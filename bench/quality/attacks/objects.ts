import { callTo, FOREIGN, failWith, strangerCall, succeed } from '../calls.ts'
import { expectedCalls, labelOf, WindowCount } from '../effect.ts'
import type { Endpoint } from '../endpoints.ts'
import type { Identity } from '../identities.ts'
import { intensityFor, logCoin, shapeOf, spreadOfIdentity } from '../nats.ts'
import { logLarger } from '../payload.ts'
import { isBusy } from '../place.ts'
import { type Draw, type DrawAttack, times } from './attack.ts'

const reads = (endpoint: Endpoint): boolean =>
  endpoint.method === 'GET' && endpoint.route.endsWith('{id}') && !endpoint.sensitive

/** Chance that a made-up object does not exist, or is refused. */
const MISSES = 0.4

function enumeration({ places, random, id, wanted }: Draw, isSequential: boolean) {
  const { world } = places
  const attacker = places.identity(
    random,
    (one) => one.kind === 'user' && one.endpoints.some((index) => reads(world.endpoints[index]!)),
  )
  const endpoint = random.pick(attacker.endpoints.map((index) => world.endpoints[index]!).filter(reads))
  const span = places.span(random, 1, 15)
  // A person's calls to objects of others, anywhere: what enumerating adds to.
  const mean = FOREIGN * expectedCalls(world, attacker, span.from, span.to)
  const spread = spreadOfIdentity(attacker)
  const thinned = { fano: 1 + (spread.fano - 1) * FOREIGN, phi: spread.phi }
  const foreign = new WindowCount(mean, shapeOf(mean, thinned, (span.to - span.from) / 60_000))
  const objects = intensityFor(wanted, 5, 6000, (n) => foreign.expected(n))
  foreign.added = objects
  const first = random.below(endpoint.objects)
  let sent = 0
  let outcomes = 0
  const kind = isSequential ? 'bola-sequential' : 'bola-random'
  return {
    label: labelOf({ id, kind, ...span, intensity: objects }, [endpoint], [attacker]),
    touch(call: { readonly identity: unknown; readonly own: boolean }) {
      if (call.identity === attacker && !call.own) foreign.seen++
      return true
    },
    add(start: number, end: number, push: (call: ReturnType<typeof callTo>) => void) {
      for (const ts of [...times(random, objects, span, start, end)].sort((a, b) => a - b)) {
        const object = isSequential ? (first + sent++) % endpoint.objects : random.below(endpoint.objects)
        foreign.seen++
        const call = { ...strangerCall(ts, endpoint, attacker, random, object), identity: attacker }
        const isMiss = !isSequential && random.unit() < MISSES
        if (isMiss) failWith(call, random.pick([403, 404, 404]), random)
        else succeed(call, random)
        if (!isSequential) outcomes += logCoin(isMiss, MISSES, endpoint.missing + endpoint.denied)
        push(call)
      }
    },
    nats: () => foreign.nats() + outcomes,
  }
}

/** One object after the other, all of which exist. Intensity: objects. */
export const sequentialEnumeration: DrawAttack = (draw) => enumeration(draw, true)
/** Guessed objects, of which many do not exist. */
export const randomEnumeration: DrawAttack = (draw) => enumeration(draw, false)

function exfiltration(
  { places, random, id, wanted }: Draw,
  kind: string,
  shortest: number,
  longest: number,
  mostCalls: number,
) {
  const { world } = places
  const has = (one: Identity) => one.endpoints.some((index) => bulky(world.endpoints[index]!))
  const thief = places.identity(random, (one) => one.pattern !== 'cron' && has(one))
  const endpoint = random.pick(thief.endpoints.map((index) => world.endpoints[index]!).filter(bulky))
  const span = places.span(random, shortest, longest)
  const factor = 3 * 33 ** random.unit()
  const total = WindowCount.of(world, thief, span.from, span.to)
  const larger = () => {
    const call = succeed(callTo(span.from, endpoint, thief, random), random)
    call.responseBytes = Math.round(call.responseBytes * factor)
    return { call, worth: logLarger(endpoint.response!, call.responseBytes, factor) }
  }
  // What one such answer is worth: the mean over a fixed sample, so that the search is monotone.
  const each = Array.from({ length: 64 }, () => larger().worth).reduce((sum, worth) => sum + worth, 0) / 64
  const calls = intensityFor(wanted, 1, mostCalls, (n) => n * each + total.expected(n))
  total.added = calls
  let sizes = 0
  return {
    label: labelOf({ id, kind, ...span, intensity: calls }, [endpoint], [thief]),
    touch(call: { readonly identity: unknown }) {
      if (call.identity === thief) total.seen++
      return true
    },
    add(start: number, end: number, push: (call: ReturnType<typeof callTo>) => void) {
      for (const ts of times(random, calls, span, start, end)) {
        const { call, worth } = larger()
        call.ts = ts
        total.seen++
        sizes += worth
        push(call)
      }
    },
    nats: () => sizes + total.nats(),
  }
}

function bulky(endpoint: Endpoint): boolean {
  return endpoint.response !== null && endpoint.method !== 'DELETE' && endpoint.response.kind !== 'constant'
}

/** A client takes out answers three to a hundred times as large as usual, within minutes. Intensity: how many. */
export const fastExfiltration: DrawAttack = (draw) => exfiltration(draw, 'exfiltration-fast', 3, 20, 600)
/** The same drop by drop, for up to a day. */
export const slowExfiltration: DrawAttack = (draw) => exfiltration(draw, 'exfiltration-slow', 12 * 60, 24 * 60, 1500)

function silence({ places, random, id, wanted }: Draw, kind: string, one: Endpoint | Identity) {
  const { world } = places
  const { from } = places.span(random, 5, 5)
  const left = 0.3 * random.unit()
  // How long it lasts is how strong it is: the rate can fall no lower than to nothing.
  const until = (minutes: number) => Math.min(world.to - 60_000, from + Math.round(60_000 * minutes))
  const expected = (minutes: number) => {
    const count = WindowCount.of(world, one, from, until(minutes))
    count.added = (left - 1) * count.mean
    return count.expected(count.added)
  }
  const to = until(intensityFor(wanted, 1, 240, expected))
  const count = WindowCount.of(world, one, from, to)
  count.added = (left - 1) * count.mean
  const isEndpoint = 'callers' in one
  return {
    label: labelOf({ id, kind, from, to, intensity: left }, isEndpoint ? [one] : [], isEndpoint ? [] : [one]),
    touch(call: { readonly endpoint: unknown; readonly identity: unknown }) {
      if ((isEndpoint ? call.endpoint : call.identity) !== one) return true
      if (random.unit() >= left) return false
      count.seen++
      return true
    },
    nats: () => count.nats(),
  }
}

/** An endpoint gets no more than 30% of its calls. Intensity: the share that is left; what it is worth grows with its length. */
export const endpointSilence: DrawAttack = (draw) => {
  const { places, random } = draw
  const endpoint = places.endpoint(random, (one) => isBusy(places.world, one, 0.02))
  return silence(draw, 'silence-endpoint', endpoint)
}

/** A workload makes no more than 30% of its calls. */
export const identitySilence: DrawAttack = (draw) => {
  const rate = Math.min(0.02, draw.places.world.size.callsPerDay / 86_400 / 100)
  const steady = (one: Identity) => one.pattern === 'single' && one.kind === 'service' && one.rate > rate
  return silence(draw, 'silence-identity', draw.places.identity(draw.random, steady))
}
