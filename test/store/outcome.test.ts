import { describe, expect, test } from 'vitest'
import { insertFailure, queryFailure } from '#src/store/outcome.ts'

function engineError(code: number, message = 'told'): Error {
  return Object.assign(new Error(message), { code: String(code) })
}

describe('insertFailure', () => {
  test.each([6, 25, 26, 27, 32, 38, 41, 53, 69, 70, 72, 117, 131, 349])('code %d is the rows’ fault', (code) => {
    expect(insertFailure(engineError(code)).kind).toBe('permanent')
  })

  test.each([16, 60, 81, 159, 160, 164, 202, 241, 242, 319, 516, 999, 1002])('code %d may mend', (code) => {
    expect(insertFailure(engineError(code)).kind).toBe('retry')
  })

  test('code 252 is too many parts for now, or too many partitions for ever', () => {
    expect(insertFailure(engineError(252, 'Too many parts (3000). Merges are slower')).kind).toBe('retry')
    expect(insertFailure(engineError(252, 'Too many partitions for single INSERT block')).kind).toBe('permanent')
  })

  test('what did not come from the engine may mend', () => {
    expect(insertFailure(Object.assign(new Error('no'), { code: 'ECONNREFUSED' })).kind).toBe('retry')
    expect(insertFailure('odd')).toEqual({ kind: 'retry', reason: 'odd' })
  })

  test('a reason carries no batch', () => {
    const outcome = insertFailure(engineError(27, 'x'.repeat(100_000)))
    expect(outcome).toMatchObject({ kind: 'permanent', reason: `27: ${'x'.repeat(496)}` })
  })
})

describe('queryFailure', () => {
  test.each([
    [engineError(396), 'costly'],
    [engineError(241), 'costly'],
    [engineError(164), 'refused'],
    [engineError(47), 'failed'],
    [engineError(210), 'away'],
    [new Error('socket hang up'), 'away'],
  ])('%s', (error, kind) => {
    expect(queryFailure(error).kind).toBe(kind)
  })
})
