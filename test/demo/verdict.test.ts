import { describe, expect, it } from 'vitest'
import type { Alert, EntityName } from '#src/alert/alert.ts'
import { attackScript, expectedAlerts } from '#src/demo/script.ts'
import { type ToldAlert, toldByAlert, toldByMessage } from '#src/demo/told.ts'
import { verdict } from '#src/demo/verdict.ts'
import { createWorld } from '#src/demo/world.ts'
import { messageOf } from '#src/sink/message.ts'

const liveFrom = Date.UTC(2026, 2, 3, 12)
const world = createWorld(7)
const expected = expectedAlerts(world, attackScript(world, liveFrom))

function alertOf(detector: string, entity: EntityName, seconds: number): ToldAlert {
  return toldByAlert(sampleAlert(detector, entity, seconds))
}

function sampleAlert(detector: string, entity: EntityName, seconds: number): Alert {
  const time = new Date(liveFrom + seconds * 1000).toISOString()
  return {
    id: `${detector}-${entity.route}-${entity.identity}-${seconds}`,
    detector,
    status: 'open',
    settled: false,
    severity: 'high',
    entity,
    parent: null,
    opened_at: time,
    last_seen_at: time,
    resolved_at: null,
    detected_at: time,
    window_seconds: 10,
    surprise_bits: 40,
    observed: {},
    expected: {},
    baseline: { calls: 1, readiness: 'ready' },
    reason: 'many',
    contributors: [],
    examples: [],
    query: '',
    silent_if: '',
    version: 0,
  }
}

const told = expected.map((one) => alertOf(one.detector, one.entity, (one.from - liveFrom) / 1000 + 5))

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

  it('does not mind when an anomaly is thought to have begun before its attack', () => {
    const early = { ...sampleAlert('error-burst', expected[1]!.entity, 20), opened_at: '2026-03-03T11:50:00.000Z' }
    expect(verdict(expected, [toldByAlert(early)]).delivered).toHaveLength(1)
  })

  it('misses what was not told, and what was withdrawn', () => {
    expect(verdict(expected, told.slice(1)).missing).toEqual([expected[0]])
    const result = verdict(expected, [...told, { ...told[0]!, notice: 2, status: 'withdrawn' }])
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
    const update = { ...told[1]!, notice: 2 }
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

  it('keeps the last notice when an older one arrives after it', () => {
    const withdrawn = { ...told[0]!, notice: 2, status: 'withdrawn' } as const
    expect(verdict(expected, [withdrawn, ...told]).missing).toEqual([expected[0]])
  })
})

describe('what a receiver was told', () => {
  it.each([
    ['an endpoint', { kind: 'endpoint', service: 'payments', method: 'POST', route: '/v1/charges', identity: null }],
    [
      'an identity',
      { kind: 'identity', service: null, method: null, route: null, identity: 'spiffe://a.example/sa/b' },
    ],
    ['a service', { kind: 'service', service: 'payments', method: null, route: null, identity: null }],
  ] as const)('is read from the message that the webhook sends about %s', (_, entity) => {
    const alert = sampleAlert('error-burst', entity, 0)
    const body = messageOf({ alert, telling: { notice: 1, event: 'opened' } }, { source: 'urn:test', version: '1.0.0' })
    expect(toldByMessage(JSON.parse(body))).toEqual(toldByAlert(alert))
  })

  it('must be a message of Tidemark', () => {
    expect(() => toldByMessage({ data: {} })).toThrow()
  })
})
