import * as z from 'zod'
import { tokens } from '#src/baseline/measure.ts'
import { shapeOfRatio } from '#src/baseline/ratio.ts'
import type { ApiCall } from '#src/call/call.ts'
import { SKEW_SECONDS, UNNAMED } from '#src/call/token.ts'
import { defineDetector, type Episode, type Explanation, type TokensView } from '#src/detection/detector.ts'
import { logRatio, upperQuantile } from '#src/detection/negative-binomial.ts'
import { leastNew, logCoins, mostNew, NOVELTY_ALTERNATIVES } from '#src/detection/novelty-evidence.ts'
import { leastPart, ratioEvidence, shapeOfEpisode } from '#src/detection/ratio-evidence.ts'
import { durationText, listText, round, sqlText } from '#src/detection/words.ts'

/** How many times the normal share of calls after the end of their token the alternative assumes. */
const TIMES = [100] as const
/** Whether it is over is asked of a bound of at most this: beyond it, half of the calls are no sign of anything. */
const BOUND_MOST = 0.25
/**
 * A token that is good for longer than the rules of the house allow is no matter of chance: while they are kept there is none. So
 * one alone says more than any budget asks for (30 nats or so), and each tick without one says a little less.
 */
const BREACH_NATS = 40
const NO_BREACH_NATS = Math.log(0.99)
/** The place of each among the alternatives. */
const EXPIRED = 0
const NETWORKS = TIMES.length
const BREACH = NETWORKS + NOVELTY_ALTERNATIVES.length
const ALTERNATIVES = BREACH + 1

/** What was refused did no harm: who is told that a token has run out takes a new one. */
function isLetIn({ status, decision }: ApiCall): boolean {
  return status !== 401 && status !== 403 && decision !== 'deny'
}

interface Params {
  readonly maxLifetimeSeconds: number
  readonly leastExpired: number
  readonly leastNetworks: number
}

function isBreach({ life, lifeBefore }: TokensView, { maxLifetimeSeconds }: Params): boolean {
  return life > maxLifetimeSeconds && (lifeBefore <= maxLifetimeSeconds || life >= GROWN * lifeBefore)
}

/** A life beyond the maximum is told again when it has grown so many times. */
const GROWN = 3
/** From here on it is worse: so many times the maximum, so many calls, so many networks. */
const FAR = 12
const MANY_CALLS = 50
const MANY_NETWORKS = 5

export default defineDetector({
  name: 'token-lifetime',
  about: {
    title: 'Tokens used beyond what they are for',
    catches:
      'A token that is good for longer than is allowed, one that is still accepted after it ran out, or one that is used from more networks than any before.',
    misses:
      'Unusual lives within the maximum, tokens of which the log says nothing, and who issued them: no call says that.',
  },
  scopes: ['identity'],
  share: 1,
  measures: {
    tokens: tokens('tokens', isLetIn),
  },
  params: z.strictObject({
    maxLifetimeSeconds: z
      .int()
      .min(60)
      .default(7200)
      .describe('A token that is good for longer is told once of each identity, unless others always had such tokens.'),
    leastExpired: z.int().min(1).default(5).describe('Fewer calls let in after their token ran out are never told.'),
    leastNetworks: z
      .int()
      .min(1)
      .default(3)
      .describe('Fewer networks beyond the most that one of its tokens had are never told: people move.'),
  }),
  sample: [],
  alternatives: { tokens: ALTERNATIVES },
  silence: false,
  single: false,
  earlyMargin: 2,
  judge({ tokens: used }, evidence, params) {
    const { calls, expired } = used
    if (calls === 0) return false
    const breach = isBreach(used, params)
    const watched = used.armed ? calls : 0
    const fresh = used.armed ? used.fresh : 0
    evidence.logE[EXPIRED] = ratioEvidence(expired, TIMES[0])
    for (const [m, share] of NOVELTY_ALTERNATIVES.entries()) {
      evidence.logE[NETWORKS + m] =
        watched === 0 ? 0 : logCoins(watched, fresh, used.bound, Math.max(share, 2 * used.bound))
    }
    evidence.logE[BREACH] = breach ? BREACH_NATS : NO_BREACH_NATS
    const mus = [expired.whole * expired.bound, watched * used.bound] as const
    const odd = expired.part + fresh
    evidence.calm = breach ? -BREACH_NATS : calmOf(calls, odd, (mus[0] + mus[1]) / calls, evidence.strength)
    evidence.sums.set([
      odd + Number(breach),
      calls,
      expired.whole * expired.share + watched * used.share,
      mus[0] + mus[1],
      expired.part,
      fresh,
      mus[0],
      mus[1],
    ])
    const lives = breach ? [used.life, used.lifeBefore] : [0, 0]
    evidence.peaks.set([mus[0], watched > 0 ? used.bound : 0, ...lives, used.networks])
    return true
  },
  floor(sums, peaks, params, _single, scope) {
    // What was counted of an open tick may be any of the three.
    if (scope === undefined) return (sums[0] as number) > 0
    const { expired, fresh, expiredBound, freshBound } = numbersOf(sums)
    return (
      (peaks[2] as number) > 0 ||
      (expired >= params.leastExpired && expired >= 2 * expiredBound) ||
      (fresh >= params.leastNetworks && fresh >= 2 * freshBound)
    )
  },
  explain(episode, params) {
    const { sums, peaks, names } = episode
    const { calls, expired, fresh } = numbersOf(sums)
    const [, , life, , networks] = peaks as unknown as [number, number, number, number, number]
    const max = params.maxLifetimeSeconds
    const isHigh = fresh >= MANY_NETWORKS || expired >= MANY_CALLS
    const isLow = expired === 0 && fresh === 0 && life < FAR * max
    return {
      severity: isHigh ? 'high' : isLow ? 'low' : 'medium',
      observed: {
        calls,
        ...(expired > 0 ? { expired } : {}),
        ...(fresh > 0 ? { networks, networks_beyond: fresh } : {}),
        ...(life > 0 ? { lifetime_seconds: life } : {}),
      },
      ...unlessOf(episode, params),
      reason: reasonOf(episode, params),
      condition: conditionOf(names),
    }
  },
})

/** All of the three that there is. */
function reasonOf({ sums, peaks, names }: Episode, { maxLifetimeSeconds }: Params): string {
  const { calls, expired, fresh } = numbersOf(sums)
  const [, , life, lifeBefore, networks] = peaks as unknown as [number, number, number, number, number]
  const [is, may] = [durationText(1000 * life), durationText(1000 * maxLifetimeSeconds)]
  const said: string[] = []
  if (expired > 0) said.push(`${expired} of ${calls} calls were let in with ${RAN_OUT}`)
  if (fresh > 0) said.push(`one token came from ${networks} networks, any other from ${networks - fresh} at most`)
  if (life > 0) said.push(`a token is good for ${is}, ${beforeText(lifeBefore)}; allowed are ${may}`)
  const which = names.length > 0 ? ` (${listText(names, names.length)})` : ''
  return said.join('; ') + which
}

const RAN_OUT = `tokens that had run out more than ${durationText(1000 * SKEW_SECONDS)} before`

function beforeText(life: number): string {
  return life > 0 ? `the longest before for ${durationText(1000 * life)}` : 'the longest that it was seen with'
}

/** Against "still as odd as it was", all of it together: at half of the share that the episode has shown so far. */
function calmOf(calls: number, odd: number, most: number, strength: number): number {
  const bound = Math.min(BOUND_MOST, most)
  if (bound === 0) return 0
  return -logCoins(calls, Math.min(odd, calls), bound, Math.min(0.5, Math.max(2 * bound, (bound * strength) / 2)))
}

function numbersOf(sums: Float64Array) {
  const [, calls, expected, , expired, fresh, expiredBound, freshBound] = sums as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return { calls, expected, expired, fresh, expiredBound, freshBound }
}

/** What was expected, and what would have kept it silent: of what there is of the three, the first. */
function unlessOf({ sums, peaks, needed }: Episode, params: Params): Pick<Explanation, 'expected' | 'silentIf'> {
  const { calls, expected, expired, fresh, expiredBound, freshBound } = numbersOf(sums)
  const [tick, bound, , , networks] = peaks as unknown as [number, number, number, number, number]
  if (expired > 0) {
    const part = leastPart(
      expired,
      expiredBound,
      tick,
      0,
      { larger: TIMES, oftener: [] },
      needed + Math.log(pastOf(tick)),
    )
    const least = Math.max(params.leastExpired, Math.ceil(Math.min(1, part) * expired))
    const high = upperQuantile(expiredBound, shapeOfEpisode(expiredBound, tick), 0.001)
    return {
      expected: { expired: round(expected), low: 0, high },
      silentIf: `fewer than about ${Math.min(least, expired)} of these ${calls} calls had come after their token ran out`,
    }
  }
  if (fresh > 0) {
    const least = Math.max(params.leastNetworks, leastNew(calls, bound, needed))
    const before = networks - fresh
    return {
      expected: { networks: before, low: 0, high: before + mostNew(freshBound) },
      silentIf: `fewer than about ${Math.min(least, fresh)} of these ${fresh} networks had been new to its token`,
    }
  }
  const max = params.maxLifetimeSeconds
  return {
    expected: { lifetime_seconds: max, low: 0, high: max },
    silentIf: `no token had been good for longer than ${durationText(1000 * max)}`,
  }
}

/**
 * How much of the weight is left to earn: a tick without expired tokens takes away next to nothing, so what the ticks before it
 * brought along is still there. In the long run that is the weight over what one tick takes away, for one alternative of all.
 */
function pastOf(mu: number): number {
  const taken = mu > 0 ? -logRatio(0, mu, shapeOfRatio(mu), TIMES[0]) : 1
  return ALTERNATIVES * Math.min(1, taken)
}

/** SQL for the calls with these tokens. Those without an id have an empty one. */
function conditionOf(names: readonly string[]): string {
  const ids = names.some((name) => name.startsWith(UNNAMED)) ? [...names, ''] : names
  return ids.length === 0 ? "token_id != ''" : `token_id IN (${ids.map(sqlText).join(', ')})`
}
