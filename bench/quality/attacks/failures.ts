import { failWith, strangerCall, succeed } from '../calls.ts'
import { expectedCalls, labelOf, WindowCount } from '../effect.ts'
import { intensityFor, logCoin } from '../nats.ts'
import { largestUsual } from '../payload.ts'
import { isBusy } from '../place.ts'
import { type DrawAttack, times } from './attack.ts'

/** An endpoint fails for a share of its calls: every call is one coin. Intensity: that share. */
export const errorBurst: DrawAttack = ({ places, random, id, wanted }) => {
  const { world } = places
  const endpoint = places.endpoint(random, (one) => isBusy(world, one, 0.01))
  const { failing } = endpoint
  // An endpoint that nobody calls at night cannot fail then: it is looked for a time at which the evidence can come together.
  const spans = Array.from({ length: 8 }, () => places.span(random, 0.5, 30))
  const callsIn = ({ from, to }: (typeof spans)[number]) => expectedCalls(world, endpoint, from, to)
  const worth = (calls: number, q: number) =>
    calls * (q * Math.log(q / failing) + (1 - q) * Math.log((1 - q) / (1 - failing)))
  const span = spans.find((one) => worth(callsIn(one), 0.95) >= wanted) ?? spans.at(-1)!
  const share = intensityFor(wanted, 0.01, 0.95, (q) => worth(callsIn(span), q))
  let nats = 0
  return {
    label: labelOf({ id, kind: '5xx-burst', ...span, intensity: share }, [endpoint], []),
    touch(call) {
      if (call.endpoint !== endpoint) return true
      const fails = random.unit() < share
      if (fails) failWith(call, random.pick([500, 502, 503]), random)
      else if (call.status >= 500) succeed(call, random)
      nats += logCoin(fails, share, failing)
      return true
    },
    nats: () => nats,
  }
}

/**
 * Somebody sends payloads larger than nearly all that the endpoint knows, and some of them make it fail. Rare under P twice: as sizes
 * (one in a thousand is as large) and as failures. Intensity: how many are sent.
 */
export const errorsBySize: DrawAttack = ({ places, random, id, wanted }) => {
  const { world } = places
  const endpoint = places.endpoint(random, (one) => one.request !== null && isBusy(world, one, 0.003))
  const attacker = places.identity(random, (one) => one.tenant === endpoint.tenant && one.pattern !== 'cron')
  const span = places.span(random, 1, 20)
  const crashing = 0.5 + 0.5 * random.unit()
  const large = 0.001 * expectedCalls(world, endpoint, span.from, span.to)
  const failed = new WindowCount(large * endpoint.failing, Number.POSITIVE_INFINITY)
  const passed = new WindowCount(large * (1 - endpoint.failing), Number.POSITIVE_INFINITY)
  const sent = intensityFor(wanted, 1, 200, (n) => failed.expected(n * crashing) + passed.expected(n * (1 - crashing)))
  failed.added = sent * crashing
  passed.added = sent * (1 - crashing)
  const least = largestUsual(endpoint.request!)
  return {
    label: labelOf({ id, kind: '500-by-size', ...span, intensity: sent }, [endpoint], [attacker]),
    add(start, end, push) {
      for (const ts of times(random, sent, span, start, end)) {
        const call = succeed(strangerCall(ts, endpoint, attacker, random), random)
        call.requestBytes = Math.round(least * (1 + 9 * random.unit()))
        const crashes = random.unit() < crashing
        if (crashes) failWith(call, 500, random)
        ;(crashes ? failed : passed).seen++
        push(call)
      }
    },
    nats: () => failed.nats() + passed.nats(),
  }
}
