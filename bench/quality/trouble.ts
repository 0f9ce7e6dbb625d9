import type { EpochMs } from '#src/call/call.ts'
import { type Random, randomFor } from '#src/demo/random.ts'
import { publicAddress } from '#src/demo/world.ts'
import { type Call, callTo, failWith, strangerCall } from './calls.ts'
import { type Effect, labelOf } from './effect.ts'
import { type Endpoint, TENANTS } from './endpoints.ts'
import type { Caller, Identity } from './identities.ts'
import type { Places } from './place.ts'
import type { World } from './world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** For so long after a lasting change an alert is counted as being about it. */
const AFTERMATH_MS = 6 * HOUR_MS

/** What goes on in any company and must not be told. */
export function drawTrouble(world: World, places: Places): readonly Effect[] {
  const days = (world.to - world.from) / DAY_MS
  const perService = world.endpoints.length / world.services.length
  const random = randomFor(world.seed, 20)
  const some = (count: number, make: (random: Random, i: number) => Effect) =>
    Array.from({ length: count }, (_, i) => make(random, i))
  return [
    // One route in a hundred changes on each day; a service's routes change together.
    ...some(Math.ceil((0.01 * world.endpoints.length * days) / perService), (r, i) => deploy(world, places, r, i)),
    ...world.endpoints.filter((endpoint) => endpoint.bornAt > world.from).map((endpoint, i) => newRoute(endpoint, i)),
    ...rotations(places, random, Math.ceil(0.01 * world.identities.length * days)),
    ...some(Math.ceil(days / 2), (r, i) => crowd(world, places, r, i)),
    ...some(Math.ceil(days), (r, i) => retryStorm(places, r, i)),
    scanner(world),
    ...backups(world, places, random, 'nightly', 1500),
    ...(days >= 7 ? backups(world, places, random, 'weekly', 10_000) : []),
    skewedClock(world, random),
  ]
}

/** A new version: rate, sizes and durations of a service shift for good, by half to double; its first minute fails now and then. */
function deploy(world: World, places: Places, random: Random, i: number): Effect {
  const { from } = places.span(random, 5, 5)
  const service = random.pick(world.services)
  const endpoints = world.endpoints.filter((endpoint) => endpoint.service === service)
  places.keep(endpoints)
  const shift = () => 0.5 * 4 ** random.unit()
  const [rate, sizes, durations] = [shift(), shift(), shift()]
  const label = labelOf(
    { id: `deploy-${i + 1}`, kind: 'benign_deploy', from, to: from + AFTERMATH_MS, intensity: rate },
    endpoints,
    [],
  )
  return {
    label: { ...label, to: Math.min(label.to, world.to) },
    lasts: true,
    touch(call, push) {
      if (call.endpoint.service !== service) return true
      if (random.unit() > rate) return false
      if (call.identity !== null && random.unit() < rate - 1)
        push(callTo(call.ts, call.endpoint, call.identity, random))
      if (call.status < 400) call.responseBytes = Math.round(call.responseBytes * sizes)
      call.durationMs = Math.round(10 * call.durationMs * durations) / 10
      if (call.ts < from + MINUTE_MS && random.unit() < 0.01) failWith(call, 503, random)
      return true
    },
  }
}

/** The route itself begins in `usualCall`. */
function newRoute(endpoint: Endpoint, i: number): Effect {
  const [from, to] = [endpoint.bornAt, endpoint.bornAt + AFTERMATH_MS]
  return {
    label: labelOf({ id: `new-route-${i + 1}`, kind: 'benign_new_route', from, to, intensity: 1 }, [endpoint], []),
  }
}

/** Workloads get new names and do what they always did. The earliest does the work for all: there may be hundreds, and each call asks. */
function rotations(places: Places, random: Random, count: number): readonly Effect[] {
  const { to: end } = places.world
  const drawn = Array.from({ length: count }, () => {
    const { from } = places.span(random, 5, 5)
    const identity = places.identity(random, (one) => one.kind === 'service')
    return { from, identity, renamed: { ...identity, name: `${identity.name}-v2`, key: random.word() } }
  }).sort((a, b) => a.from - b.from)
  const byIdentity = new Map<Identity, { readonly from: EpochMs; readonly renamed: Caller }>()
  for (const { identity, ...rest } of drawn) byIdentity.set(identity, rest)
  const touch = (call: Call): boolean => {
    const rotation = call.identity === null ? undefined : byIdentity.get(call.identity)
    if (rotation !== undefined && call.ts >= rotation.from) call.caller = rotation.renamed
    return true
  }
  return drawn.map(({ from, identity, renamed }, i): Effect => {
    const to = Math.min(end, from + AFTERMATH_MS)
    const named = { id: `rotation-${i + 1}`, kind: 'benign_rotation', from, to, intensity: 1 }
    const label = labelOf(named, [], [identity, renamed])
    return i === 0 ? { label, lasts: true, touch } : { label }
  })
}

/** A tenant's endpoints become five times as popular within 20 minutes, stay so for 20, and fall back: many new people, a few calls each. */
function crowd(world: World, places: Places, random: Random, i: number): Effect {
  const { from } = places.span(random, 60, 60)
  const to = from + HOUR_MS
  const tenant = random.below(TENANTS.length)
  const endpoints = world.endpoints.filter((endpoint) => endpoint.tenant === tenant)
  const label = labelOf({ id: `crowd-${i + 1}`, kind: 'benign_crowd', from, to, intensity: 5 }, endpoints, [])
  return {
    label,
    touch(call, push) {
      if (call.endpoint.tenant !== tenant || call.endpoint.sensitive || call.identity?.kind !== 'user') return true
      const through = (call.ts - from) / (to - from)
      const more = 4 * Math.min(1, 3 * through, 3 * (1 - through))
      const count = random.poisson(more)
      for (let n = 0; n < count; n++) {
        const visitor = {
          ...call.caller,
          name: `user:${random.hex(8)}`,
          key: random.word(),
          addresses: [publicAddress(random)],
        }
        push(strangerCall(call.ts + random.below(5_000), call.endpoint, visitor, random))
      }
      return true
    },
  }
}

/** An endpoint fails for 20 s, and for a minute its callers try three times as often. */
function retryStorm(places: Places, random: Random, i: number): Effect {
  const { from } = places.span(random, 5, 5)
  const endpoint = places.endpoint(random, (one) => one.callers.length > 0)
  const to = from + 80_000
  return {
    label: labelOf({ id: `retries-${i + 1}`, kind: 'benign_retries', from, to, intensity: 3 }, [endpoint], []),
    touch(call, push) {
      if (call.endpoint !== endpoint) return true
      const { identity } = call
      if (call.ts < from + 20_000) failWith(call, 503, random)
      if (identity !== null)
        for (let n = 0; n < 2; n++) push(callTo(call.ts + 500 * (n + 1), endpoint, identity, random))
      return true
    },
  }
}

/** Asks every service for its health, once a minute to the second. */
function scanner(world: World): Effect {
  const random = randomFor(world.seed, 21)
  const prober: Caller = {
    name: 'spiffe://watch.example.org/ns/probe/sa/prober',
    userAgent: 'probe/2',
    tokenSeconds: 3600,
    addresses: ['10.9.9.9'],
    key: 1,
  }
  const probes = world.services.map((service): Endpoint => {
    const first = world.endpoints.find((endpoint) => endpoint.service === service)!
    const body = { kind: 'constant', bytes: 15 } as const
    return {
      ...first,
      method: 'GET',
      route: '/health',
      sensitive: false,
      request: null,
      response: body,
      denied: 0,
      missing: 0,
      callers: [],
    }
  })
  return {
    label: labelOf(
      { id: 'scanner', kind: 'benign_scanner', from: world.from, to: world.to, intensity: probes.length },
      probes,
      [prober],
    ),
    add(start, end, push) {
      for (let ts = Math.ceil(start / MINUTE_MS) * MINUTE_MS; ts < end; ts += MINUTE_MS) {
        for (const probe of probes) push(strangerCall(ts + random.below(200), probe, prober, random))
      }
    },
  }
}

/** Reads so many objects of one endpoint one after the other, always at the same time of the day (or of the week's last day). */
function backups(
  world: World,
  places: Places,
  random: Random,
  how: 'nightly' | 'weekly',
  objects: number,
): readonly Effect[] {
  const endpoint = places.endpoint(
    random,
    (one) => one.method === 'GET' && !one.sensitive && one.route.endsWith('{id}'),
  )
  const job: Caller = {
    name: `spiffe://watch.example.org/ns/backup/sa/${how}`,
    userAgent: 'backup/5',
    tokenSeconds: 3600,
    addresses: ['10.9.8.7'],
    key: 2,
  }
  const gapMs = 400
  const days = Array.from({ length: Math.ceil((world.to - world.from) / DAY_MS) }, (_, i) => world.from + i * DAY_MS)
  const runs = days.filter((day) => how === 'nightly' || new Date(day).getUTCDay() === 0)
  return runs
    .map((day, i): Effect => {
      const from = day + HOUR_MS * (how === 'nightly' ? 2 : 3)
      const to = Math.min(world.to, from + objects * gapMs)
      return {
        label: labelOf(
          { id: `backup-${how}-${i + 1}`, kind: 'benign_backup', from, to, intensity: objects },
          [endpoint],
          [job],
        ),
        add(start, end, push) {
          for (let n = Math.ceil((start - from) / gapMs); from + n * gapMs < end; n++) {
            push(strangerCall(from + n * gapMs, endpoint, job, random, n % endpoint.objects))
          }
        },
      }
    })
    .filter(({ label }) => label.from < label.to)
}

/** One service's clock is up to 15 s off, all the time. */
function skewedClock(world: World, random: Random): Effect {
  const service = random.pick(world.services)
  const offMs = Math.round(30_000 * (random.unit() - 0.5))
  const endpoints = world.endpoints.filter((endpoint) => endpoint.service === service)
  return {
    label: labelOf(
      { id: 'skew', kind: 'benign_skew', from: world.from, to: world.to, intensity: offMs },
      endpoints,
      [],
    ),
    touch(call) {
      if (call.endpoint.service === service) {
        call.ts += offMs
        call.delayMs -= offMs
      }
      return true
    },
  }
}
