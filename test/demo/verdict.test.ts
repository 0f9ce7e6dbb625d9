import { describe, expect, it } from 'vitest'
import type { Alert, EntityName } from '#src/alert/alert.ts'
import { attackScript, expectedAlerts } from '#src/demo/script.ts'
import { verdict } from '#src/demo/verdict.ts'
import { createWorld } from '#src/demo/world.ts'

const liveFrom = Date.UTC(2026, 2, 3, 12)
const world = createWorld(7)
const expected = expectedAlerts(world, attackScript(world, liveFrom))

function alertOf(detector: string, entity: EntityName, seconds: number, over: Partial<Alert> = {}): Alert {
  const time = new Date(liveFrom + seconds * 1000).toISOString()
  return {
    id: `${detector}-${entity.route}-${entity.identity}-${seconds}`,
    detector,
    status: 'open',
    settled: false,
    severity: 'high',
    entity,
    opened_at: time,
    last_seen_at: time,
    resolved_at: null,
    detected_at: time,
    window_seconds: 10,
    surprise_bits: 40,
    observed: {},
    expected: {},
    baseline: { calls: 1, readiness: 'ready' },
    reason: '',
    contributors: [],
    examples: [],
    query: '',
    silent_if: '',
    version: 0,
    ...over,
  }
}

const told = expected.map((one) => alertOf(one.detector, one.entity, (one.from - liveFrom) / 1000))

describe('the verdict on a demo', () => {
  it('names what every attack must raise', () => {
    expect(expected.map((one) => [one.attack, one.detector])).toEqual([
      ['customer-export', 'payload-outlier'],
      ['charges-failing', 'error-burst'],
      ['secrets-read', 'get-spike'],
      ['document-flood', 'payload-outlier'],
      ['catalog-scraped', 'get-spike'],
    ])
  })

  it('is clean when each was told once', () => {
    const result = verdict(expected, told)
    expect(result.delivered.map((one) => one.alert)).toEqual(told)
    expect(result).toMatchObject({ missing: [], repeated: [], extra: [] })
  })

  it('misses what was not told, and what was withdrawn', () => {
    expect(verdict(expected, told.slice(1)).missing).toEqual([expected[0]])
    const result = verdict(expected, [...told, { ...told[0]!, status: 'withdrawn' }])
    expect(result).toMatchObject({ missing: [expected[0]], extra: [] })
  })

  it('takes an alert about the identity that attacks for one about the attack, once', () => {
    const spike = expected[2]!
    const entity = {
      kind: 'identity',
      service: null,
      method: null,
      route: null,
      identity: spike.identities[0]!,
    } as const
    const about = alertOf('get-spike', entity, 30)
    expect(verdict(expected, [about]).delivered).toEqual([{ expected: spike, alert: about }])
    expect(verdict(expected, [...told, about]).repeated).toEqual([about])
  })

  it('counts a second notice of the same alert once', () => {
    const update = { ...told[1]!, surprise_bits: 90 }
    const result = verdict(expected, [...told, update])
    expect(result.repeated).toEqual([])
    expect(result.delivered[1]!.alert).toEqual(update)
  })

  it.each([
    ['another endpoint', alertOf('get-spike', { ...expected[2]!.entity, route: '/v1/leases/{id}' }, 30)],
    ['another detector', alertOf('error-burst', expected[2]!.entity, 30)],
    ['long before the attack', alertOf('get-spike', expected[2]!.entity, -600)],
    ['long after the attack', alertOf('get-spike', expected[2]!.entity, 600)],
  ])('calls an alert a false alarm that is about %s', (_, alert) => {
    expect(verdict(expected, [...told, alert]).extra).toEqual([alert])
  })
})
