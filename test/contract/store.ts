import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Insert, Store } from '#src/store/store.ts'

/** A store with empty tables, and a way to see what is in one. */
export interface StoreUnderTest {
  readonly store: Store
  /** Positions of the dead letters that are there, ascending. */
  letters(): Promise<readonly number[]>
  close(): Promise<void>
}

const COLUMNS = ['appended_at', 'source', 'position', 'reason', 'sample', 'letter_source', 'letter_position']

export function letters(positions: readonly number[], token: string, sample = 'x'): Insert {
  const rows = positions.map((position) => [
    '1795336200.123',
    'calls/0',
    position,
    'not-json',
    sample,
    'dead/0',
    position,
  ])
  return {
    table: 'dead_letters',
    columns: COLUMNS,
    rows: rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    count: rows.length,
    token,
  }
}

/** What is in `after` and, as often, not in `before`. */
function without(after: readonly number[], before: readonly number[]): readonly number[] {
  const left = new Map<number, number>()
  for (const position of before) left.set(position, (left.get(position) ?? 0) + 1)
  return after.filter((position) => {
    const times = left.get(position) ?? 0
    left.set(position, times - 1)
    return times <= 0
  })
}

/** What the archive relies on, for every kind of store. */
export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`store: ${name}`, () => {
    let it: StoreUnderTest
    beforeAll(async () => {
      it = await open()
    })
    afterAll(() => it.close())

    const adds = async (insert: Insert): Promise<readonly number[]> => {
      const before = await it.letters()
      const outcome = await it.store.insert(insert)
      expect(outcome).toEqual({ kind: 'stored' })
      return without(await it.letters(), before)
    }

    test('stores rows, and nothing where the token has been there', async () => {
      expect(await adds(letters([1, 2], 't:1-2'))).toEqual([1, 2])
      expect(await adds(letters([1, 2], 't:1-2'))).toEqual([])
    })

    test('keeps a token to its own insert and its own table', async () => {
      expect(await adds(letters([10], 't:10'))).toEqual([10])
      expect(await adds(letters([11], 't:11'))).toEqual([11])
      expect(await adds(letters([10], 't:10 again'))).toEqual([10])
    })

    test('takes tokens and texts with quotes, backslashes, semicolons and line ends for what they are', async () => {
      const odd = `a'b\\'c";-- \n\t}${String.fromCharCode(0)} é𝒳;`
      expect(await adds(letters([20], `t:${odd}`, odd))).toEqual([20])
      expect(await adds(letters([20], `t:${odd}`, odd))).toEqual([])
      expect(await adds(letters([21], 't:21', '\ud800 lone'))).toEqual([21])
    })

    test('stores all rows of the largest insert as one', async () => {
      const positions = Array.from({ length: 50_000 }, (_, i) => 100_000 + i)
      expect(await adds(letters(positions, 't:many'))).toHaveLength(50_000)
      expect(await adds(letters(positions, 't:many'))).toEqual([])
    })

    test('stores an insert once, however many come at the same time', async () => {
      const before = (await it.letters()).length
      const outcomes = await Promise.all(Array.from({ length: 6 }, () => it.store.insert(letters([30, 31], 't:30-31'))))
      expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['stored']))
      expect((await it.letters()).length).toBe(before + 2)
    })

    test('answers a ping', async () => {
      expect(await it.store.ping()).toBe(true)
    })
  })
}
