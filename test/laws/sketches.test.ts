import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hashedLow, hashText } from '#src/call/hash.ts'
import { addDistinct, estimateDistinct, mergeDistinct } from '#src/sketch/distinct.ts'
import { addNamed, countAgain, mergeNamed, NAMED_SIZE, type Named } from '#src/sketch/named.ts'

const words = fc.array(
  fc.integer({ min: 0, max: 400 }).map((n) => `object-${n}`),
  { maxLength: 300 },
)

function distinct(texts: readonly string[]): number[] {
  const pairs: number[] = []
  for (const text of texts) addDistinct(pairs, hashText(text), hashedLow())
  return pairs
}

const inOrder = (pairs: readonly number[]) =>
  Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i]!, pairs[2 * i + 1]!]).sort((a, b) => a[0]! - b[0]!)

describe('how many different things', () => {
  test('cut anywhere, merged in any order, counted twice: the same', () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        const whole = distinct([...a, ...b])
        const [left, right] = [distinct(b), distinct(a)]
        mergeDistinct(left, right)
        mergeDistinct(left, right)
        expect(inOrder(left)).toEqual(inOrder(whole))
        expect(estimateDistinct(left)).toBe(estimateDistinct(whole))
      }),
    )
  })

  test('one more thing never lowers the estimate: what was told early must not have to be taken back', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (salt) => {
        const pairs: number[] = []
        let before = 0
        for (let i = 0; i < 1500; i += 1) {
          addDistinct(pairs, hashText(`${salt}/${i}`), hashedLow())
          const now = estimateDistinct(pairs)
          expect(now).toBeGreaterThanOrEqual(before)
          before = now
        }
      }),
      { numRuns: 30 },
    )
  })

  test.each([1, 5, 20, 60, 200, 1_000, 20_000])('%i are told within four standard errors, and without bias', (many) => {
    const rounds = 100
    const errors = Array.from({ length: rounds }, (_, round) => {
      const pairs: number[] = []
      for (let i = 0; i < many; i += 1) addDistinct(pairs, hashText(`${round}/${i}`), hashedLow())
      return estimateDistinct(pairs) / many - 1
    })
    const standard = 1.04 / Math.sqrt(128)
    for (const error of errors) expect(Math.abs(error)).toBeLessThan(4 * standard)
    const mean = errors.reduce((sum, error) => sum + error, 0) / rounds
    expect(Math.abs(mean)).toBeLessThan((4 * standard) / Math.sqrt(rounds))
  })
})

/** Each text with calls of its own: their ids say which came from where. */
function named(texts: readonly string[], part = ''): Named[] {
  const list: Named[] = []
  for (const [i, text] of texts.entries()) {
    const id = `${text}${part}${i}`
    if (!countAgain(list, text, id)) addNamed(list, hashText(text), text, 1, id)
  }
  return list
}

describe('counts by name', () => {
  test('cut anywhere and merged in any order: the same, and what is kept is exact', () => {
    fc.assert(
      fc.property(words, words, words, (a, b, c) => {
        const whole = named([])
        for (const part of [named(a, 'a'), named(b, 'b'), named(c, 'c')]) mergeNamed(whole, part)
        const parts = [named(c, 'c'), named(a, 'a'), named(b, 'b')]
        const merged = parts[0]!
        mergeNamed(merged, parts[1]!)
        mergeNamed(merged, parts[2]!)
        expect(merged).toEqual(whole)
        const counts = Map.groupBy([...a, ...b, ...c], (text) => text)
        expect(whole).toHaveLength(Math.min(NAMED_SIZE, counts.size))
        for (const { name, count, example } of whole) {
          expect(count).toBe(counts.get(name)!.length)
          const ids = [a, b, c].flatMap((part, at) =>
            part.flatMap((text, i) => (text === name ? `${text}${'abc'[at]}${i}` : [])),
          )
          expect(example).toBe(ids.sort()[0])
        }
      }),
    )
  })
})
