import { describe, expect, test } from 'vitest'
import { parseRows } from '#src/store/json.ts'

describe('parseRows', () => {
  test('reads each line, and nothing from nothing', () => {
    expect(parseRows('{"a":1}\n{"a":[1.5,null]}\n')).toEqual([{ a: 1 }, { a: [1.5, null] }])
    expect(parseRows('')).toEqual([])
  })

  test('keeps every digit of a whole number, and numbers where a number can', () => {
    const line =
      '{"big":18446744073709551615,"low":-9223372036854775808,"safe":9007199254740991,"part":0.1234567890123456789}'
    expect(parseRows(line)).toEqual([
      { big: '18446744073709551615', low: '-9223372036854775808', safe: 9007199254740991, part: 0.12345678901234568 },
    ])
  })
})
