import { describe, expect, it } from 'vitest'
import {
  benchEndpoints,
  closingLines,
  endOf,
  fixedWorkload,
  partitions,
  spanMs,
  wideWorkload,
  workloadLines,
} from '../../bench/workload.ts'

const now = Date.UTC(2026, 2, 3, 12)

describe.each([
  ['fixed', { ...fixedWorkload(now), calls: 40_000 }],
  ['wide', { ...wideWorkload(now), calls: 40_000 }],
])('the %s workload', (_, options) => {
  const lines = [...workloadLines(options)]
  const calls = lines.map((line) => JSON.parse(line))

  it('is made of lines of 350 to 370 bytes', () => {
    const sizes = [...lines, ...closingLines(options)].map((line) => Buffer.byteLength(line))
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(350)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(370)
  })

  it('is the same every time', () => {
    expect([...workloadLines({ ...options, calls: 500 })]).toHaveLength(500)
    expect([...workloadLines(options)]).toEqual(lines)
  })

  it('spreads thirty minutes of event time evenly, in order', () => {
    const times = calls.map((call) => Date.parse(call.ts))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times[0]).toBe(options.from)
    expect(times[20_000]).toBe(options.from + spanMs / 2)
    expect(times.at(-1)).toBeLessThan(endOf(options))
  })

  it('calls endpoints of forty services, fails now and then', () => {
    expect(new Set(calls.map((call) => call.service)).size).toBe(40)
    const failed = calls.filter((call) => call.status >= 500).length / calls.length
    expect(failed).toBeGreaterThan(0.001)
    expect(failed).toBeLessThan(0.004)
    for (const call of calls.slice(0, 1_000)) {
      expect(call.path.startsWith(call.route.replace('{id}', ''))).toBe(true)
      expect(call.request_id).toMatch(/^[0-9a-f]{32}$/)
    }
  })

  it('ends with one call a partition, ten minutes later and not in the future', () => {
    const closing = closingLines(options).map((line) => Date.parse(JSON.parse(line).ts))
    expect(closing).toEqual(Array.from({ length: partitions }, () => endOf(options) + 600_000))
    expect(endOf(options) + 600_000).toBeLessThan(now)
  })
})

it('has 2 million calls to a thousand endpoints, by ten thousand identities or by a hundred thousand', () => {
  expect(fixedWorkload(now)).toMatchObject({ calls: 2_000_000, identities: 10_000, zipf: 1.1 })
  expect(wideWorkload(now)).toMatchObject({ calls: 2_000_000, identities: 100_000, zipf: null })
  expect(new Set(benchEndpoints().map((e) => `${e.service} ${e.method} ${e.route}`)).size).toBe(1_000)
})

it('lets the most popular identity make the Zipf share of the calls, and all the same when there is none', () => {
  const shareOfFirst = (options: ReturnType<typeof fixedWorkload>) => {
    const names = Array.from(
      workloadLines({ ...options, calls: 20_000 }),
      (line) => JSON.parse(line).identity as string,
    )
    return names.filter((name) => name.endsWith('/w0')).length / names.length
  }
  let sum = 0
  for (let rank = 1; rank <= 10_000; rank++) sum += rank ** -1.1
  expect(shareOfFirst(fixedWorkload(now)) * sum).toBeCloseTo(1, 1)
  expect(shareOfFirst(wideWorkload(now))).toBeLessThan(0.001)
})
