import { publicAddress } from '#src/demo/world.ts'
import { MINUTE_MS } from '../arrivals.ts'
import { callTo, strangerCall, succeed } from '../calls.ts'
import { expectedCalls, labelOf, WindowCount } from '../effect.ts'
import type { Caller } from '../identities.ts'
import { intensityFor } from '../nats.ts'
import { isBusy } from '../place.ts'
import { type Draw, type DrawAttack, times } from './attack.ts'

function spike({ places, random, id, wanted }: Draw, isSensitive: boolean) {
  const { world } = places
  const endpoint = places.endpoint(
    random,
    (one) =>
      one.method === 'GET' &&
      one.sensitive === isSensitive &&
      one.callers.length > 0 &&
      isBusy(world, one, isSensitive ? 0 : 0.003),
  )
  const span = places.span(random, 1, 20)
  const isOneClient = random.unit() < 0.5
  const callers = endpoint.callers.map(({ identity }) => world.identities[identity]!)
  const client = isOneClient ? random.pick(callers) : null
  const onEndpoint = WindowCount.of(world, endpoint, span.from, span.to)
  const onClient = client === null ? null : WindowCount.of(world, client, span.from, span.to)
  const most = (added: number) => Math.max(onEndpoint.expected(added), onClient?.expected(added) ?? 0)
  // Twice to fifty times as many; an endpoint that nobody reads gets three hundred at most.
  const low = Math.max(1, 0.5 * onEndpoint.mean)
  const added = intensityFor(wanted, low, Math.max(300, 49 * onEndpoint.mean), most)
  onEndpoint.added = added
  if (onClient !== null) onClient.added = added
  const kind = isSensitive ? 'get-spike-sensitive' : 'get-spike'
  return {
    label: labelOf(
      { id, kind, ...span, intensity: 1 + added / Math.max(onEndpoint.mean, 1) },
      [endpoint],
      client === null ? [] : [client],
      client === null ? callers : [],
    ),
    touch(call: { readonly endpoint: unknown; readonly identity: unknown }) {
      if (call.endpoint === endpoint) onEndpoint.seen++
      if (onClient !== null && call.identity === client) onClient.seen++
      return true
    },
    add(start: number, end: number, push: (call: ReturnType<typeof callTo>) => void) {
      for (const ts of times(random, added, span, start, end)) {
        onEndpoint.seen++
        if (onClient !== null) onClient.seen++
        push(succeed(callTo(ts, endpoint, client ?? random.pick(callers), random), random))
      }
    },
    nats: () => Math.max(onEndpoint.nats(), onClient?.nats() ?? 0),
  }
}

/** Far more reads of one endpoint, by one of its clients or by all. Counted at the endpoint and at the client; the larger evidence counts. */
export const getSpike: DrawAttack = (draw) => spike(draw, false)
/** The same on an endpoint with secrets, keys or administrators behind it, which few read. */
export const sensitiveSpike: DrawAttack = (draw) => spike(draw, true)

/** Five per cent more every hour, so that a baseline follows; then a spike of ten minutes, which alone is counted. Intensity: its factor. */
export const poisoningRamp: DrawAttack = ({ places, random, id, wanted }) => {
  const { world } = places
  const endpoint = places.endpoint(random, (one) => one.method === 'GET' && !one.sensitive && isBusy(world, one, 0.01))
  const span = places.span(random, 16 * 60, 24 * 60)
  const spikeFrom = span.to - 10 * MINUTE_MS
  const callers = endpoint.callers.map(({ identity }) => world.identities[identity]!)
  const hours = (at: number) => (at - span.from) / 3_600_000
  const usual = WindowCount.of(world, endpoint, spikeFrom, span.to)
  const grown = 1.05 ** hours(spikeFrom)
  // The spike is measured against what the ramp has made of the baseline: that is what it hides behind.
  const hidden = new WindowCount(grown * usual.mean, usual.shape)
  const factor = intensityFor(wanted, 1.5, 50, (g) => hidden.expected((g - 1) * grown * usual.mean))
  hidden.added = (factor - 1) * grown * usual.mean
  return {
    label: labelOf(
      { id, kind: 'poisoning', ...span, strikesAt: spikeFrom, intensity: factor },
      [endpoint],
      [],
      callers,
    ),
    touch(call) {
      if (call.endpoint === endpoint && call.ts >= spikeFrom) hidden.seen++
      return true
    },
    add(start, end, push) {
      const extra = 1.05 ** hours(start) * (start >= spikeFrom ? factor : 1) - 1
      const usualHere = expectedCalls(world, endpoint, start, end)
      const count = random.poisson(extra * usualHere)
      for (let i = 0; i < count; i++) {
        const call = callTo(Math.floor(start + random.unit() * (end - start)), endpoint, random.pick(callers), random)
        if (call.ts >= spikeFrom) hidden.seen++
        push(call)
      }
    },
    nats: () => hidden.nats(),
  }
}

/** A flood of made-up paths by made-up identities: who counts each by itself runs out of memory. Intensity: how many. */
export const cardinalityFlood: DrawAttack = ({ places, random, id }) => {
  const { world } = places
  const endpoint = places.endpoint(random, (one) => one.method === 'GET')
  const span = places.span(random, 2, 10)
  // As many as the whole log has in two hours: enough to hurt, whatever the size of the world.
  const flood = Math.min(1_000_000, Math.round(world.size.callsPerDay / 12))
  const stranger = (): Caller => ({
    name: `user:${random.hex(16)}`,
    userAgent: 'curl/8.9',
    tokenSeconds: 3600,
    addresses: [publicAddress(random)],
    key: random.word(),
  })
  // No ordinary call comes from a name that nobody has seen; a new name is worth what a finite log can tell.
  const news = new WindowCount(1e-4 * expectedCalls(world, endpoint, span.from, span.to), Number.POSITIVE_INFINITY)
  news.added = flood
  return {
    label: labelOf({ id, kind: 'cardinality', ...span, intensity: flood }, [endpoint], []),
    add(start, end, push) {
      for (const ts of times(random, flood, span, start, end)) {
        news.seen++
        const call = strangerCall(ts, endpoint, stranger(), random)
        push({ ...call, path: `/${letters(random)}/${letters(random)}`, status: 404, responseBytes: 150 })
      }
    },
    nats: () => news.nats(),
  }
}

function letters(random: { below(end: number): number }): string {
  return Array.from({ length: 7 }, () => 'abcdefghijklmnopqrstuvwxyz'[random.below(26)]).join('')
}
