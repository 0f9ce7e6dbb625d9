import { describe, expect, test } from 'vitest'
import { databaseOf } from '#src/store/options.ts'

describe('databaseOf', () => {
  test('is tidemark unless given', () => {
    expect(databaseOf({ kind: 'embedded', directory: 'x' })).toBe('tidemark')
    expect(databaseOf({ kind: 'embedded', directory: 'x', database: 'mine_2' })).toBe('mine_2')
  })

  test.each(['', '1a', 'a-b', 'a;b', 'a b', 'a'.repeat(65)])('%j is no name', (database) => {
    expect(() => databaseOf({ kind: 'embedded', directory: 'x', database })).toThrow(/store\.database/)
  })
})
