import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Rows } from '#src/detection/rows.ts'
import { bytesText, percentText, round } from '#src/detection/words.ts'

describe('rows', () => {
  test('keep what was written to them, through growth, release and use again', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(30), { nil: null }), { maxLength: 80 }), (acts) => {
        const rows = new Rows(3, 2, 1)
        const held = new Map<number, number>()
        acts.forEach((release, i) => {
          const victim = release === null ? undefined : [...held.keys()][release % Math.max(1, held.size)]
          if (victim !== undefined) {
            rows.release(victim)
            held.delete(victim)
            return
          }
          const row = rows.take()
          expect(held.has(row)).toBe(false)
          expect([...rows.numbers.subarray(3 * row, 3 * row + 3), ...rows.bins.subarray(2 * row, 2 * row + 2)]).toEqual(
            [0, 0, 0, 0, 0],
          )
          rows.numbers.fill(i + 1, 3 * row, 3 * row + 3)
          rows.bins.fill(i + 1, 2 * row, 2 * row + 2)
          held.set(row, i + 1)
        })
        expect(rows.size).toBe(held.size)
        for (const [row, value] of held) {
          const scratch = new Rows(3, 2, 1)
          rows.copyTo(row, scratch)
          expect([...scratch.numbers, ...scratch.bins]).toEqual([value, value, value, value, value])
        }
      }),
    )
  })
})

describe('words', () => {
  test.for([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [5_240_000, '5.2 MB'],
    [99_600, '100 kB'],
    [999_600, '1 MB'],
    [3.2e13, '32 TB'],
    [3.2e16, '32000 TB'],
  ] as const)('%d bytes are %s', ([bytes, text]) => {
    expect(bytesText(bytes)).toBe(text)
  })

  test.for([
    [0, 0],
    [0.004, 0],
    [1.236, 1.24],
    [12.36, 12.4],
    [123.6, 124],
    [-12.36, -12.4],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 0],
  ] as const)('%d is rounded to %d', ([value, expected]) => {
    expect(round(value)).toBeCloseTo(expected, 12)
  })

  test.for([
    [0.123, '12%'],
    [0.0123, '1.2%'],
    [0.00123, '0.1%'],
    [1, '100%'],
    [0, '0%'],
  ] as const)('a share of %d is %s', ([share, text]) => {
    expect(percentText(share)).toBe(text)
  })
})
