import * as z from 'zod'
import { nameText, refOf } from '#src/baseline/entity.ts'
import { novel } from '#src/baseline/measure.ts'
import { defineDetector } from '#src/detection/detector.ts'
import { leastNew, mostNew, NOVELTY_ALTERNATIVES, noveltyEvidence } from '#src/detection/novelty-evidence.ts'
import { listText, round, sqlText } from '#src/detection/words.ts'

/** Nats that a young endpoint costs: what everybody meets after a release says that there was a release. */
const YOUNG_COST = 2
/** From so many new endpoints on it is a search, not a new task. */
const MANY = 10

export default defineDetector({
  name: 'new-edge',
  about: {
    title: 'Endpoints that an identity never called',
    catches:
      'An identity calls several endpoints that it had never called, far more of them than it and its peers use to.',
    misses:
      'A single new endpoint that is not sensitive, and identities younger than twelve hours or of more than 95 endpoints.',
  },
  scopes: ['identity'],
  share: 1,
  measures: { edges: novel('edges', (_call, endpoint) => endpoint, 'young') },
  params: z.strictObject({
    leastNew: z
      .int()
      .min(1)
      .default(3)
      .describe('Fewer new endpoints are never told, unless one of them is sensitive.'),
  }),
  sample: [],
  alternatives: { edges: NOVELTY_ALTERNATIVES.length },
  silence: false,
  single: false,
  earlyMargin: 2,
  judge({ edges }, evidence) {
    if (!edges.armed || edges.calls === 0) return false
    noveltyEvidence(edges, evidence, YOUNG_COST)
    return true
  },
  floor(sums, peaks, params) {
    const [fresh, , , bound] = sums as unknown as [number, number, number, number]
    const isSensitive = (peaks[1] as number) > 1
    return fresh >= (isSensitive ? 1 : params.leastNew) && fresh >= 2 * bound
  },
  explain({ sums, peaks, needed, names }, params) {
    const [fresh, calls, expected, most] = sums as unknown as [number, number, number, number]
    const [bound, weight] = peaks as unknown as [number, number]
    const isSensitive = weight > 1
    const least = Math.max(leastNew(calls, bound, needed), isSensitive ? 1 : params.leastNew)
    const endpoints = listText(names.map(nameText), fresh)
    return {
      severity: isSensitive && fresh >= MANY ? 'critical' : isSensitive || fresh >= MANY ? 'high' : 'medium',
      observed: { new_endpoints: fresh, calls },
      expected: { new_endpoints: round(expected), low: 0, high: mostNew(most) },
      reason: `${calls} calls reached ${fresh} endpoints that it had never called${
        isSensitive ? ', sensitive ones among them' : ''
      }; ${round(expected)} expected: ${endpoints}`,
      silentIf: `fewer than about ${Math.min(least, fresh)} of these ${fresh} endpoints had been new to it`,
      condition: conditionOf(names),
    }
  },
})

/** SQL for the calls of these endpoints. Where they share services or routes it may show some of its usual ones, too. */
function conditionOf(names: readonly string[]): string {
  const refs = names.map((name) => refOf('endpoint', name))
  const list = (texts: readonly string[]): string => [...new Set(texts)].map(sqlText).join(', ')
  return [
    `service IN (${list(refs.map(({ service }) => service))})`,
    `method IN (${list(refs.map(({ method }) => method))})`,
    `route IN (${list(refs.map(({ route }) => route))})`,
  ].join(' AND ')
}
