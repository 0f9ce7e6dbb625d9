import { indexOf } from '#src/demo/random.ts'
import { publicAddress } from '#src/demo/world.ts'
import { callTo, failWith, strangerCall, succeed } from '../calls.ts'
import { expectedCalls, labelOf, WindowCount } from '../effect.ts'
import type { Endpoint } from '../endpoints.ts'
import type { Identity } from '../identities.ts'
import { intensityFor, logCoin } from '../nats.ts'
import { isBusy } from '../place.ts'
import type { World } from '../world.ts'
import { type Draw, type DrawAttack, times } from './attack.ts'

/** Share of the attempts that are denied. */
const DENIED = 0.9

/** Evidence of `attempts` mixed among `usual` calls: what share is denied then, and what that is worth on average. */
function mixed(attempts: number, usual: number, denied: number): { share: number; nats: number } {
  const share = (attempts * DENIED + usual * denied) / (attempts + usual)
  const each = share * Math.log(share / denied) + (1 - share) * Math.log((1 - share) / (1 - denied))
  return { share, nats: (attempts + usual) * each }
}

function deniedByOne({ places, random, id, wanted }: Draw, kind: string, shortest: number, longest: number) {
  const { world } = places
  const attacker = places.identity(random, (one) => one.pattern !== 'cron')
  const span = places.span(random, shortest, longest)
  const own = attacker.endpoints.map((index) => world.endpoints[index]!)
  const tried = Array.from({ length: 1 + random.below(20) }, () => random.pick(world.endpoints))
  const denied = own.reduce((sum, one) => sum + one.denied, 0) / own.length
  const usual = expectedCalls(world, attacker, span.from, span.to)
  const most = kind === 'denied-slow' ? (span.to - span.from) / 60_000 : 600
  const attempts = intensityFor(wanted, 3, most, (n) => mixed(n, usual, denied).nats)
  const { share } = mixed(attempts, usual, denied)
  let nats = 0
  return {
    label: labelOf({ id, kind, ...span, intensity: attempts }, tried, [attacker]),
    touch(call: { readonly identity: unknown; readonly status: number }) {
      if (call.identity === attacker) nats += logCoin(call.status === 401 || call.status === 403, share, denied)
      return true
    },
    add(start: number, end: number, push: (call: ReturnType<typeof callTo>) => void) {
      for (const ts of times(random, attempts, span, start, end)) {
        const call = callTo(ts, random.pick(tried), attacker, random, true)
        const isDenied = random.unit() < DENIED
        if (isDenied) failWith(call, random.pick([401, 403]), random)
        else succeed(call, random)
        nats += logCoin(isDenied, share, denied)
        push(call)
      }
    },
    nats: () => nats,
  }
}

/** One identity tries up to twenty endpoints and is denied nearly always. Intensity: attempts. */
export const deniedBurst: DrawAttack = (draw) => deniedByOne(draw, 'denied-single', 1, 10)
/** The same over hours, at most once a minute. */
export const deniedSlowly: DrawAttack = (draw) => deniedByOne(draw, 'denied-slow', 60, 360)

/** Two hundred identities, each tried once or twice, at one endpoint. Intensity: attempts. */
export const deniedSpray: DrawAttack = ({ places, random, id, wanted }) => {
  const { world } = places
  const endpoint = places.endpoint(random, (one) => one.callers.length > 0 && isBusy(world, one, 0.003))
  const span = places.span(random, 1, 20)
  const { denied } = endpoint
  const usual = expectedCalls(world, endpoint, span.from, span.to)
  const attempts = intensityFor(wanted, 5, 400, (n) => mixed(n, usual, denied).nats)
  const { share } = mixed(attempts, usual, denied)
  const victims = Array.from({ length: 200 }, () => random.pick(world.identities))
  const addresses = Array.from({ length: 5 }, () => publicAddress(random))
  let nats = 0
  return {
    label: labelOf({ id, kind: 'denied-spray', ...span, intensity: attempts }, [endpoint], [], victims),
    touch(call) {
      if (call.endpoint === endpoint) nats += logCoin(call.status === 401 || call.status === 403, share, denied)
      return true
    },
    add(start, end, push) {
      for (const ts of times(random, attempts, span, start, end)) {
        const call = strangerCall(ts, endpoint, { ...random.pick(victims), addresses }, random)
        const isDenied = random.unit() < DENIED
        if (isDenied) failWith(call, 401, random)
        else succeed(call, random)
        nats += logCoin(isDenied, share, denied)
        push(call)
      }
    },
    nats: () => nats,
  }
}

/** Picks where the attacker goes next, out of endpoints that the identity does not call. */
type Choice = (world: World, identity: Identity, unseen: readonly Endpoint[], random: Draw['random']) => Endpoint

function lateral({ places, random, id, wanted }: Draw, kind: string, choose: Choice) {
  const { world } = places
  const identity = places.identity(random, (one) => one.kind === 'service' && one.pattern !== 'cron')
  const span = places.span(random, 10, 120)
  const unseen = world.endpoints.filter((one) => !identity.endpoints.includes(one.index) && one.bornAt === world.from)
  // Novelty has no sessions and no mood worth speaking of: Poisson.
  const usual = identity.novelty * expectedCalls(world, identity, span.from, span.to)
  const news = new WindowCount(usual, Number.POSITIVE_INFINITY)
  const edges = intensityFor(wanted, 1, 60, (n) => news.expected(n))
  news.added = edges
  const label = labelOf({ id, kind, ...span, intensity: edges }, [], [identity])
  return {
    label,
    touch(call: { readonly identity: unknown; readonly novel: boolean }) {
      if (call.identity === identity && call.novel) news.seen++
      return true
    },
    add(start: number, end: number, push: (call: ReturnType<typeof callTo>) => void) {
      for (const ts of times(random, edges, span, start, end)) {
        const endpoint = choose(world, identity, unseen, random)
        news.seen++
        push(succeed(callTo(ts, endpoint, identity, random, true), random))
      }
    },
    nats: () => news.nats(),
  }
}

/** A taken-over workload looks around: endpoints it never calls, all alike. Intensity: new edges. */
export const lateralUniform: DrawAttack = (draw) =>
  lateral(draw, 'lateral-uniform', (_world, _identity, unseen, random) => random.pick(unseen))

/** The same, by popularity: as its own rare novelties are. */
export const lateralPopular: DrawAttack = (draw) =>
  lateral(draw, 'lateral-popular', (world, _identity, unseen, random) => {
    const found = world.endpoints[indexOf(world.popularity, random.unit())]!
    return unseen.includes(found) ? found : random.pick(unseen)
  })

/** The same, within the services of its own tenant. */
export const lateralByRole: DrawAttack = (draw) =>
  lateral(draw, 'lateral-role', (_world, identity, unseen, random) => {
    const near = unseen.filter((endpoint) => endpoint.tenant === identity.tenant)
    return random.pick(near.length > 0 ? near : unseen)
  })
