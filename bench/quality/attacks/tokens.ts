import { publicAddress } from '#src/demo/world.ts'
import { callTo, ROAMING, succeed, type Token, tokenOf } from '../calls.ts'
import { expectedCalls, labelOf, WindowCount } from '../effect.ts'
import { intensityFor } from '../nats.ts'
import { type Draw, type DrawAttack, times } from './attack.ts'

/** What ten thousand clean tokens leave open: the share of them that may be as odd. */
const ODD_TOKENS = 1e-4

/** Tokens that live thirty to three hundred times as long as their issuer's, or are used long after they ran out. Intensity: tokens. */
export const tokenLifetime: DrawAttack = ({ places, random, id, wanted }) => {
  const { world } = places
  const owner = places.identity(random, (one) => one.tokenSeconds <= 3600 && one.pattern !== 'cron')
  const span = places.span(random, 5, 60)
  const isForged = random.unit() < 0.5
  const count = Math.max(1, Math.round(intensityFor(wanted, 1, 12, (n) => n * -Math.log(ODD_TOKENS))))
  const tokens = Array.from({ length: count }, (): Token => {
    const issuedAt = Math.floor(span.from / 1000) - (isForged ? 60 : 30 * owner.tokenSeconds)
    const lives = owner.tokenSeconds * (isForged ? 30 * 10 ** random.unit() : 1)
    return { id: random.hex(16), issuedAt, expiresAt: issuedAt + Math.round(lives) }
  })
  const used = new Set<Token>()
  return {
    label: labelOf({ id, kind: 'token-lifetime', ...span, intensity: count }, [], [owner]),
    add(start, end, push) {
      for (const ts of times(random, 8 * count, span, start, end)) {
        const endpoint = world.endpoints[random.pick(owner.endpoints)]!
        const token = random.pick(tokens)
        used.add(token)
        push({ ...succeed(callTo(ts, endpoint, owner, random), random), token })
      }
    },
    // Once for each token, however often it is used.
    nats: () => used.size * -Math.log(ODD_TOKENS),
  }
}

function origins({ places, random, id, wanted }: Draw, isOneToken: boolean) {
  const { world } = places
  const owner = places.identity(random, (one) => one.kind === 'user')
  const span = places.span(random, 3, 45)
  // Roaming is a coin of its own for each call.
  const roamed = new WindowCount(ROAMING * expectedCalls(world, owner, span.from, span.to), Number.POSITIVE_INFINITY)
  const count = intensityFor(wanted, 1, 60, (n) => roamed.expected(n))
  roamed.added = count
  const stolen = tokenOf(owner, span.from)
  const kind = isOneToken ? 'token-origins' : 'new-origin'
  return {
    label: labelOf({ id, kind, ...span, intensity: count }, [], [owner]),
    touch(call: { readonly identity: unknown; readonly ip: string }) {
      if (call.identity === owner && !owner.addresses.includes(call.ip)) roamed.seen++
      return true
    },
    add(start: number, end: number, push: (call: ReturnType<typeof callTo>) => void) {
      for (const ts of times(random, count, span, start, end)) {
        roamed.seen++
        const endpoint = world.endpoints[random.pick(owner.endpoints)]!
        const call = { ...succeed(callTo(ts, endpoint, owner, random), random), ip: publicAddress(random) }
        push(isOneToken ? { ...call, token: stolen } : call)
      }
    },
    nats: () => roamed.nats(),
  }
}

/** One stolen token is used from many networks. Intensity: networks. */
export const tokenFromManyOrigins: DrawAttack = (draw) => origins(draw, true)
/** A person's credentials are used from networks that this person never uses. */
export const newOrigins: DrawAttack = (draw) => origins(draw, false)
