import * as z from 'zod'
import { novel } from '#src/baseline/measure.ts'
import { originOf, patternOfOrigin } from '#src/call/origin.ts'
import { defineDetector } from '#src/detection/detector.ts'
import { leastNew, mostNew, NOVELTY_ALTERNATIVES, noveltyEvidence } from '#src/detection/novelty-evidence.ts'
import { listText, round, sqlText } from '#src/detection/words.ts'

/** From so many new networks on it is no journey. */
const MANY = 5

export default defineDetector({
  name: 'new-origin',
  about: {
    title: 'Networks that an identity never came from',
    catches: 'An identity calls from several networks that it had never called from, within a short time.',
    misses: 'One new network, a network that three others use already, and identities younger than twelve hours.',
  },
  scopes: ['identity'],
  share: 1,
  measures: { origins: novel('origins', (call) => originOf(call.clientIp), 'shared') },
  params: z.strictObject({
    leastNew: z.int().min(1).default(2).describe('Fewer new networks are never told: people move.'),
  }),
  sample: [],
  alternatives: { origins: NOVELTY_ALTERNATIVES.length },
  silence: false,
  single: false,
  earlyMargin: 2,
  judge({ origins }, evidence) {
    if (!origins.armed || origins.calls === 0) return false
    noveltyEvidence(origins, evidence, 0)
    return true
  },
  floor(sums, _peaks, params) {
    const [fresh, , , bound] = sums as unknown as [number, number, number, number]
    return fresh >= params.leastNew && fresh >= 2 * bound
  },
  explain({ sums, peaks, needed, names }, params) {
    const [fresh, calls, expected, most] = sums as unknown as [number, number, number, number]
    const least = Math.max(leastNew(calls, peaks[0] as number, needed), params.leastNew)
    return {
      severity: fresh >= MANY ? 'high' : 'medium',
      observed: { new_origins: fresh, calls },
      expected: { new_origins: round(expected), low: 0, high: mostNew(most) },
      reason: `${calls} calls came from ${fresh} networks that it had never used; ${round(expected)} expected: ${listText(names, fresh)}`,
      silentIf: `fewer than about ${Math.min(least, fresh)} of these ${fresh} networks had been new to it`,
      condition: `match(client_ip, ${sqlText(`^(?i:${names.map(patternOfOrigin).join('|')})`)})`,
    }
  },
})
