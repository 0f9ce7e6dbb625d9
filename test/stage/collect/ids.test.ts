import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HashSet } from '#src/stage/collect/ids.ts'

describe('a set of hashes', () => {
  // Few high halves, so that slots collide; the low half counts but for its last bit.
  const hashes = fc.array(fc.tuple(fc.constantFrom(0, 1, 255, 256, 0xffff_ffff, 0x8000_0000), fc.nat(0xffff_ffff)), {
    maxLength: 900,
  })

  test('holds what was added and nothing else, however often it grows', () => {
    fc.assert(
      fc.property(hashes, hashes, (added, others) => {
        const set = new HashSet()
        const known = new Set<string>()
        const nameOf = (high: number, low: number): string => `${high} ${(low | 1) >>> 0}`
        for (const [high, low] of added) {
          expect(set.has(high, low)).toBe(known.has(nameOf(high, low)))
          if (!set.has(high, low)) set.add(high, low)
          known.add(nameOf(high, low))
        }
        expect(set.size).toBe(known.size)
        for (const [high, low] of [...added, ...others]) expect(set.has(high, low)).toBe(known.has(nameOf(high, low)))
      }),
      { numRuns: 40 },
    )
  })
})
