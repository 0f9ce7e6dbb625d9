import { describe, expect, it } from 'vitest'
import { rehearse } from '#src/demo/rehearsal.ts'

const from = Date.UTC(2026, 2, 3, 12)
const options = { seed: 3, from, calls: 16_000, partitions: 8 }
const { attacks, calls, expected } = rehearse(options)

describe('a rehearsal', () => {
  it('is the same every time', () => {
    const text = (all: typeof calls) => all.map(({ partition, line }) => `${partition} ${line}`).join('\n')
    expect(text(rehearse(options).calls) === text(calls)).toBe(true)
    expect(text(rehearse({ ...options, seed: 4 }).calls) === text(calls)).toBe(false)
  })

  it('has so many calls and one more for each partition, ten minutes later', () => {
    expect(calls).toHaveLength(16_008)
    const times = calls.map(({ line }) => Date.parse(JSON.parse(line).ts))
    const closing = times.slice(-8)
    const newest = Math.max(...times.slice(0, -8))
    expect(closing).toEqual(Array.from({ length: 8 }, () => newest + 600_000))
    expect(calls.slice(-8).map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(new Set(calls.map(({ line }) => JSON.parse(line).request_id)).size).toBe(16_008)
  })

  it('spreads over all partitions and about an hour', () => {
    const counts = Array.from({ length: 8 }, (_, p) => calls.filter(({ partition }) => partition === p).length)
    expect(Math.min(...counts)).toBeGreaterThan(16_000 / 16)
    const last = Math.max(...calls.slice(0, -8).map(({ line }) => Date.parse(JSON.parse(line).ts)))
    expect((last - from) / 60_000).toBeGreaterThan(50)
    expect((last - from) / 60_000).toBeLessThan(75)
  })

  it('has one call in twenty out of order, and none by a minute', () => {
    const newest = new Map<number, number>()
    let behind = 0
    let worst = 0
    for (const { line, partition } of calls) {
      const ts = Date.parse(JSON.parse(line).ts)
      const latest = newest.get(partition) ?? ts
      if (latest - ts > 4_000) behind++
      worst = Math.max(worst, latest - ts)
      newest.set(partition, Math.max(latest, ts))
    }
    expect(behind / calls.length).toBeGreaterThan(0.045)
    expect(behind / calls.length).toBeLessThan(0.08)
    expect(worst).toBeLessThan(60_000)
  })

  it('has four attacks, all before its end', () => {
    expect(attacks).toHaveLength(4)
    expect(new Set(expected.map((one) => one.detector))).toEqual(
      new Set(['error-burst', 'payload-outlier', 'get-spike']),
    )
    const last = Math.max(...calls.slice(0, -8).map(({ line }) => Date.parse(JSON.parse(line).ts)))
    expect(Math.max(...attacks.map((attack) => attack.to))).toBeLessThan(last)
  })
})
