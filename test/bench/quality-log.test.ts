import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import native from '#schemas/native/format.ts'
import { readCall } from '#src/call/read.ts'
import type { Label } from '../../bench/quality/effect.ts'
import { endpointName, type WorldSize, worldSizes } from '../../bench/quality/endpoints.ts'
import { families } from '../../bench/quality/families.ts'
import { qualityLog } from '../../bench/quality/log.ts'
import { neededIn, planOf } from '../../bench/quality/plan.ts'
import { isHeldOut, seedsOf } from '../../bench/quality/seeds.ts'
import { createWorld } from '../../bench/quality/world.ts'

/** Large enough for every kind of attack, small enough for a test. */
const size: WorldSize = { endpoints: 75, identities: 300, hours: 24, callsPerDay: 30_000, attacks: 21 }

interface Line {
  readonly ts: number
  readonly service: string
  readonly method: string
  readonly route?: string
  readonly status: number
  readonly identity: string
  readonly request_id: string
  readonly response_bytes: number
}

function logOf(seed: number, of: WorldSize = size) {
  const world = createWorld(seed, of)
  const log = qualityLog(world, planOf(world))
  const lines = [...log.lines()]
  const calls = lines.map((line) => {
    const read = JSON.parse(line)
    return { ...read, ts: Date.parse(read.ts) } as Line
  })
  return { world, labels: log.labels, lines, calls }
}

const { world, labels, lines, calls } = logOf(3)
const attacks = labels.filter(({ kind }) => !kind.startsWith('benign_'))
const within = ({ from, to }: Label) => calls.filter(({ ts }) => ts >= from && ts < to)
const named = ({ service, method, route }: Line) => `${service} ${method} ${route}`

describe('a generated log', () => {
  it('is the same bytes for the same seed, and others for another', () => {
    const digest = (text: readonly string[]) => createHash('sha256').update(text.join('\n')).digest('hex')
    const again = logOf(3)
    expect(digest(again.lines)).toBe(digest(lines))
    expect(again.labels).toEqual(labels)
    expect(digest(logOf(4).lines)).not.toBe(digest(lines))
  })

  it('is read whole by the native format', () => {
    const encoder = new TextEncoder()
    for (const line of lines) expect(readCall(native, encoder.encode(line), 1e6).kind).toBe('call')
  })

  it('has about as many calls as were asked for, and lasts as long', () => {
    expect(lines.length).toBeGreaterThan(0.6 * size.callsPerDay)
    expect(lines.length).toBeLessThan(2.5 * size.callsPerDay)
    for (const { ts } of calls) {
      expect(ts).toBeGreaterThan(world.from - 20_000)
      expect(ts).toBeLessThan(world.to + 20_000)
    }
  })

  it('has late lines, repeated lines, and hardly any that are out of order by more than a minute', () => {
    let latest = 0
    let [late, behind] = [0, 0]
    for (const { ts } of calls) {
      if (ts < latest - 60_000) late++
      else if (ts < latest) behind++
      latest = Math.max(latest, ts)
    }
    expect(late / calls.length).toBeGreaterThan(0.0003)
    expect(late / calls.length).toBeLessThan(0.003)
    expect(behind).toBeGreaterThan(0.05 * calls.length)
    const repeated = calls.length - new Set(calls.map(({ request_id }) => request_id)).size
    expect(repeated / calls.length).toBeGreaterThan(0.0005)
    expect(repeated / calls.length).toBeLessThan(0.002)
  })
})

describe('labels', () => {
  it('lie inside the log and name what is in it', () => {
    const endpoints = new Set(world.endpoints.map(endpointName))
    const identities = new Set(world.identities.map(({ name }) => name))
    for (const label of labels) {
      expect(label.from).toBeGreaterThanOrEqual(world.from)
      expect(label.to).toBeGreaterThan(label.from)
      expect(label.to).toBeLessThanOrEqual(world.to)
    }
    for (const label of attacks) {
      expect(label.endpoints.length + label.identities.length).toBeGreaterThan(0)
      for (const name of label.endpoints) expect(endpoints).toContain(name)
      for (const name of label.identities) expect(identities).toContain(name)
    }
  })

  it('have every kind once, each known to a family, with baselines to compare with before it', () => {
    expect(attacks.map(({ kind }) => kind).sort()).toEqual(Object.keys(families).sort())
    for (const { from } of attacks) expect(from).toBeGreaterThan(world.from + 7 * 3_600_000)
  })

  it('have entities that no other attack shares', () => {
    const identities = attacks.flatMap((label) => label.identities)
    expect(new Set(identities).size).toBe(identities.length)
  })

  it('count the evidence of failures as it can be counted in the log', () => {
    const label = attacks.find(({ kind }) => kind === '5xx-burst')!
    const endpoint = world.endpoints.find((one) => endpointName(one) === label.endpoints[0])!
    // Repeated lines are one event; calls of the last minutes may be still on their way.
    const events = new Map(
      within(label)
        .filter((call) => named(call) === label.endpoints[0])
        .map((call) => [call.request_id, call]),
    )
    let nats = 0
    for (const { status } of events.values()) {
      nats +=
        status >= 500
          ? Math.log(label.intensity / endpoint.failing)
          : Math.log((1 - label.intensity) / (1 - endpoint.failing))
    }
    expect(events.size).toBeGreaterThan(0)
    expect(label.nats).toBeCloseTo(nats, 6)
  })

  it('are seen in the traffic: silence is silent, floods flood', () => {
    const silent = attacks.find(({ kind }) => kind === 'silence-endpoint')!
    const before = { ...silent, from: silent.from - (silent.to - silent.from), to: silent.from }
    const count = (label: Label) => within(label).filter((call) => named(call) === label.endpoints[0]).length
    expect(count(silent)).toBeLessThan(0.6 * count(before))
    const flood = attacks.find(({ kind }) => kind === 'cardinality')!
    expect(within(flood).filter(({ route }) => route === undefined).length).toBeGreaterThan(0.9 * flood.intensity)
  })
})

it('spreads evidence: a quarter below what is needed, half at twice that and more', () => {
  const ratios = [5, 6, 7, 8].flatMap((seed) => {
    const other = createWorld(seed, { ...size, hours: 16 })
    const needed = neededIn(other)
    const log = qualityLog(other, planOf(other))
    // The evidence is complete when the lines have been read.
    for (const _line of log.lines());
    return log.labels.filter(({ kind }) => !kind.startsWith('benign_')).map(({ nats }) => nats / needed)
  })
  const share = (from: number, to: number) => ratios.filter((one) => one >= from && one < to).length / ratios.length
  expect(share(Number.NEGATIVE_INFINITY, 1)).toBeGreaterThan(0.15)
  expect(share(Number.NEGATIVE_INFINITY, 1)).toBeLessThan(0.45)
  expect(share(2, Number.POSITIVE_INFINITY)).toBeGreaterThan(0.35)
  expect(share(2, Number.POSITIVE_INFINITY)).toBeLessThan(0.65)
})

it('has counts that vary as real ones do: relative variance from 0.05 to 0.5 at a minute', () => {
  const quiet = { ...size, callsPerDay: 350_000, hours: 6, attacks: 0 }
  const busy = new Map<string, Uint32Array>()
  const minutes = quiet.hours * 60
  const log = logOf(11, quiet)
  for (const call of log.calls) {
    const minute = Math.floor((call.ts - log.world.from) / 60_000)
    const row = busy.get(named(call)) ?? new Uint32Array(minutes)
    busy.set(named(call), row)
    if (minute >= 0 && minute < minutes) row[minute]!++
  }
  const rows = [...busy.values()].sort((a, b) => total(b) - total(a)).slice(0, 10)
  const phis = rows.map(phiOf).sort((a, b) => a - b)
  const median = (phis[4]! + phis[5]!) / 2
  expect(median).toBeGreaterThan(0.05)
  expect(median).toBeLessThan(0.5)
})

function total(row: Uint32Array): number {
  return row.reduce((sum, count) => sum + count, 0)
}

/** (variance - mean) / mean^2, hour by hour so that the time of day does not count, weighted by the mean. */
function phiOf(row: Uint32Array): number {
  let [excess, weight] = [0, 0]
  for (let from = 0; from + 60 <= row.length; from += 60) {
    const hour = row.subarray(from, from + 60)
    const mean = total(hour) / 60
    const variance = hour.reduce((sum, count) => sum + (count - mean) ** 2, 0) / 59
    excess += variance - mean
    weight += mean ** 2
  }
  return excess / weight
}

describe('seeds', () => {
  it('come from their split only', () => {
    expect(seedsOf('dev', undefined)).toHaveLength(20)
    expect(seedsOf('val', '101-103,110')).toEqual([101, 102, 103, 110])
    expect(() => seedsOf('dev', '101')).toThrow('1 to 20')
    expect(() => seedsOf('val', '1')).toThrow('101 to 110')
    expect(() => seedsOf('dev', 'x')).toThrow('numbers and ranges')
  })

  it('that are held out are known as such', () => {
    expect([20, 101].map(isHeldOut)).toEqual([false, true])
  })
})

it('is large where that is asked for', () => {
  const large = createWorld(1, worldSizes.large)
  expect(new Set(large.endpoints.map(endpointName)).size).toBe(10_000)
  expect(new Set(large.identities.map(({ name }) => name)).size).toBe(10_000)
  expect(large.services.length).toBeGreaterThan(100)
})
