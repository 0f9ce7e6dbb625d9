import { describe, expect, it } from 'vitest'
import { companyOffers } from '#src/demo/company.ts'
import { attackScript, benignTrouble } from '#src/demo/script.ts'
import { callsBetween, openTraffic, type Sent } from '#src/demo/traffic.ts'
import { callersOf, createWorld, endpointNamed } from '#src/demo/world.ts'

const minute = 60_000
const noon = Date.UTC(2026, 2, 3, 12)
const world = createWorld(7)

describe('the demo company', () => {
  it('is the same for the same seed and another for another', () => {
    expect(createWorld(7)).toEqual(world)
    expect(createWorld(8).endpoints).not.toEqual(world.endpoints)
  })

  it('has twelve services, 75 endpoints and 300 identities with names of their own', () => {
    expect(new Set(companyOffers.map((offer) => offer.service)).size).toBe(12)
    expect(new Set(world.endpoints.map((e) => `${e.service} ${e.method} ${e.route}`)).size).toBe(75)
    expect(new Set(world.identities.map((identity) => identity.name)).size).toBe(300)
    expect(new Set(world.identities.map((identity) => identity.kind))).toEqual(new Set(['service', 'user']))
  })

  it('gives every workload of the script callers, for a hundred seeds', () => {
    for (let seed = 1; seed <= 100; seed++) {
      expect(attackScript(createWorld(seed), noon)).toHaveLength(5)
    }
  })

  it('lets nobody but workloads read secrets', () => {
    const secret = endpointNamed(world, 'vault', 'GET', '/v1/secrets/{name}')
    expect(new Set(callersOf(world, secret.index).map((caller) => caller.kind))).toEqual(new Set(['service']))
  })

  it('throws for an endpoint that the company does not have', () => {
    expect(() => endpointNamed(world, 'vault', 'GET', '/v2/secrets')).toThrow('no vault GET /v2/secrets')
  })
})

describe('its traffic', () => {
  const sent = [...callsBetween(world, noon, noon + 20 * minute)]

  it('comes at about its rate, unevenly', () => {
    const perSecond = sent.length / (20 * 60)
    expect(perSecond).toBeGreaterThan(6)
    expect(perSecond).toBeLessThan(30)
    const perTick = new Map<number, number>()
    for (const { at } of sent) perTick.set(Math.floor(at / 10_000), (perTick.get(Math.floor(at / 10_000)) ?? 0) + 1)
    const counts = [...perTick.values()]
    const mean = counts.reduce((a, b) => a + b, 0) / counts.length
    const variance = counts.reduce((a, b) => a + (b - mean) ** 2, 0) / counts.length
    // A Poisson process would have 1.
    expect(variance / mean).toBeGreaterThan(1.5)
  })

  it('fails now and then, and is refused a little more often', () => {
    const share = (from: number, to: number) =>
      sent.filter(({ call }) => call.status >= from && call.status < to).length / sent.length
    expect(share(500, 600)).toBeGreaterThan(0.0005)
    expect(share(500, 600)).toBeLessThan(0.005)
    expect(share(400, 500)).toBeGreaterThan(0.003)
    expect(share(400, 500)).toBeLessThan(0.04)
  })

  it('reaches the log in order of arrival, its calls up to a minute out of order', () => {
    expect(sent.map((one) => one.at)).toEqual(sent.map((one) => one.at).sort((a, b) => a - b))
    let newest = 0
    let behind = 0
    let worst = 0
    for (const { ts, at } of sent) {
      if (ts < newest) behind++
      worst = Math.max(worst, newest - ts)
      newest = Math.max(newest, ts)
      expect(at).toBeGreaterThanOrEqual(ts)
    }
    expect(behind).toBeGreaterThan(0)
    expect(worst).toBeLessThan(minute)
  })

  it('is written in the native format', () => {
    for (const { line, call } of sent.slice(0, 2_000)) {
      const read = JSON.parse(line)
      expect(read).toMatchObject({
        ts: new Date(call.ts).toISOString(),
        route: call.endpoint.route,
        status: call.status,
        identity: call.caller.name,
        response_bytes: call.responseBytes,
      })
      expect(read.path).not.toContain('{')
      expect(read.request_id).toMatch(/^[0-9a-f]{32}$/)
      expect(read.token_issued_at * 1000).toBeLessThanOrEqual(call.ts)
      expect(read.token_expires_at * 1000).toBeGreaterThan(call.ts)
    }
    expect(new Set(sent.map(({ call }) => call.requestId)).size).toBe(sent.length)
  })

  it('is the same whatever way it is asked for', () => {
    const lines = (list: Iterable<Sent>) => Array.from(list, (one) => one.line)
    const next = openTraffic(world, noon)
    const steps = [1, 99, 7_000, 10_000, 10_001, 31_234, 5 * minute].flatMap((ms) => lines(next(noon + ms)))
    expect(steps).toEqual(lines(callsBetween(world, noon, noon + 5 * minute)))
    const parts = [3_333, 60_000, 127_001, 5 * minute].flatMap((to, i, cuts) =>
      lines(callsBetween(world, noon + (cuts[i - 1] ?? 0), noon + to)),
    )
    expect(parts).toEqual(steps)
  })
})

describe('disturbances', () => {
  const liveFrom = noon + 2 * minute
  const attacks = attackScript(world, liveFrom)
  const plain = [...callsBetween(world, noon, noon + 5 * minute)]
  const attacked = [...callsBetween(world, noon, noon + 5 * minute, attacks)]
  const during = (list: readonly Sent[], id: string) => {
    const attack = attacks.find((one) => one.id === id)!
    return list.filter(
      ({ ts, call }) => ts >= attack.from && ts < attack.to && call.endpoint.index === attack.endpoint.index,
    )
  }

  it('are all over a minute after the live part began', () => {
    expect(Math.max(...attacks.map((attack) => attack.to))).toBeLessThanOrEqual(liveFrom + minute)
    expect(Math.min(...attacks.map((attack) => attack.from))).toBeGreaterThan(liveFrom)
  })

  it('leave alone what came before them', () => {
    const earlier = (list: readonly Sent[]) => list.filter(({ at }) => at < liveFrom).map(({ line }) => line)
    expect(earlier(attacked)).toEqual(earlier(plain))
  })

  it('make charges fail', () => {
    const calls = during(attacked, 'charges-failing')
    const failed = calls.filter(({ call }) => call.status >= 500)
    expect(calls.length).toBeGreaterThan(60)
    expect(failed.length / calls.length).toBeGreaterThan(0.5)
  })

  it('export far more, and take far more, than anybody ever did', () => {
    const responses = during(attacked, 'customer-export').map(({ call }) => call.responseBytes)
    const requests = during(attacked, 'document-flood').map(({ call }) => call.requestBytes)
    expect(responses.filter((bytes) => bytes > 90_000_000)).toHaveLength(12)
    expect(requests.filter((bytes) => bytes > 45_000_000)).toHaveLength(6)
    expect(Math.max(...plain.map(({ call }) => Math.max(call.requestBytes, call.responseBytes)))).toBeLessThan(5e6)
  })

  it('read secrets with one identity and the catalogue with many', () => {
    const secrets = during(attacked, 'secrets-read')
    const names = secrets.map(({ call }) => call.caller.name)
    const commonest = Math.max(...[...new Set(names)].map((name) => names.filter((other) => other === name).length))
    expect(commonest).toBeGreaterThan(250)
    const catalogue = during(attacked, 'catalog-scraped')
    expect(catalogue.length).toBeGreaterThan(20 * Math.max(1, during(plain, 'catalog-scraped').length / 3))
    expect(new Set(catalogue.map(({ call }) => call.caller.name)).size).toBeGreaterThan(500)
  })

  it('that are benign shift sizes and gather a crowd, mildly', () => {
    // The crowd is at its peak 35 minutes before the live part.
    const trouble = benignTrouble(noon + 40 * minute)
    const quiet = [...callsBetween(world, noon, noon + 10 * minute)]
    const troubled = [...callsBetween(world, noon, noon + 10 * minute, trouble)]
    const bytes = (list: readonly Sent[]) =>
      list
        .filter(({ call }) => call.endpoint.service === 'search' && call.status < 400)
        .reduce((sum, { call }) => sum + call.responseBytes, 0)
    expect(bytes(troubled) / bytes(quiet)).toBeCloseTo(1.25, 1)
    const crowd = (list: readonly Sent[]) => list.filter(({ call }) => call.endpoint.service === 'cart').length
    expect(crowd(troubled) / crowd(quiet)).toBeGreaterThan(1.2)
    expect(crowd(troubled) / crowd(quiet)).toBeLessThan(1.7)
  })
})
