import { describe, expect, it } from 'vitest'
import { cumulative, indexOf, mix, randomFor, zipfTable } from '#src/demo/random.ts'

const draws = 20_000

function mean(draw: () => number): number {
  let sum = 0
  for (let i = 0; i < draws; i++) sum += draw()
  return sum / draws
}

describe('seeded randomness', () => {
  it('gives the same numbers for the same keys and others for others', () => {
    const take = (...keys: number[]) => Array.from({ length: 5 }, randomFor(...keys).word)
    expect(take(1, 2)).toEqual(take(1, 2))
    expect(take(1, 2)).not.toEqual(take(2, 1))
    expect(new Set(Array.from({ length: draws }, (_, i) => mix(i))).size).toBeGreaterThan(draws - 5)
  })

  it('tells keys apart that differ above 32 bits', () => {
    expect(mix(5)).not.toBe(mix(5 + 2 ** 32))
  })

  it('has the means that are asked for', () => {
    const random = randomFor(3)
    expect(mean(random.unit)).toBeCloseTo(0.5, 1)
    expect(Math.abs(mean(random.normal))).toBeLessThan(0.05)
    expect(mean(() => random.normal() ** 2)).toBeCloseTo(1, 1)
    expect(mean(() => random.exponential(4)) / 4).toBeCloseTo(1, 1)
    for (const rate of [0.1, 3, 200]) expect(mean(() => random.poisson(rate)) / rate).toBeCloseTo(1, 1)
  })

  it('draws from tables by weight', () => {
    const table = cumulative([1, 0, 3])
    expect([...table]).toEqual([0.25, 0.25, 1])
    expect([0, 0.2, 0.25, 0.9, 0.9999].map((unit) => indexOf(table, unit))).toEqual([0, 0, 2, 2, 2])
    const zipf = zipfTable(1_000, 1.1)
    expect(zipf[0]! / (zipf[1]! - zipf[0]!)).toBeCloseTo(2 ** 1.1)
    expect(zipf.at(-1)).toBe(1)
  })

  it('writes hexadecimal digits', () => {
    expect(randomFor(9).hex(32)).toMatch(/^[0-9a-f]{32}$/)
  })
})
