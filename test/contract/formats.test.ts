import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isFormat, type Reading } from '#src/call/format.ts'
import { readCall } from '#src/call/read.ts'
import { REJECT_REASONS } from '#src/call/reasons.ts'
import { discover } from '#src/discover.ts'
import { PLANTED, plantedIn } from '#test/call/planted.ts'

const folder = new URL('../../schemas/', import.meta.url)
const formats = await discover(folder, 'format.ts', isFormat)
const utf8 = new TextEncoder()

interface Sample {
  readonly name: string
  readonly lines: readonly string[]
  readonly expected: readonly unknown[]
}

/** The samples of a format: a file of lines, and beside it `<name>.calls.json`, one entry a line. */
function samplesOf(format: string): Sample[] {
  const at = new URL(`${format}/samples/`, folder)
  const files = readdirSync(at).filter((file) => !file.endsWith('.calls.json'))
  return files.map((name) => ({
    name,
    lines: readFileSync(new URL(name, at), 'utf8').trimEnd().split('\n'),
    expected: JSON.parse(readFileSync(new URL(name.replace(/\.\w+$/, '.calls.json'), at), 'utf8')) as unknown[],
  }))
}

/** What a sample's expectation says of a reading: the call, or why there is none. */
function told(reading: Reading): unknown {
  if (reading.kind === 'call') return reading.call
  return reading.kind === 'skipped' ? { skipped: reading.reason } : { rejected: reading.reason }
}

/** Rejected with a reason of the list and a detail, skipped with a reason, or a call. */
function expectSound(reading: Reading): void {
  if (reading.kind === 'call') return
  expect(reading.reason).not.toBe('')
  if (reading.kind === 'skipped') return
  expect(Object.keys(REJECT_REASONS)).toContain(reading.reason)
  expect(reading.reason).not.toBe('format-failed')
  expect(reading.detail.length).toBeGreaterThan(0)
  expect(reading.detail.length).toBeLessThanOrEqual(500)
}

test('there are formats', () => {
  expect([...formats.keys()]).toEqual(expect.arrayContaining(['apache-combined', 'native']))
})

describe.each([...formats.values()])('$name', (format) => {
  const samples = samplesOf(format.name)

  test('has samples, a page and a sentence', () => {
    expect(samples.length).toBeGreaterThan(0)
    expect(format.about).toMatch(/\.$/)
    expect(readFileSync(new URL(`${format.name}/README.md`, folder), 'utf8')).toContain(`# `)
  })

  test.each(samples)('reads $name', ({ lines, expected }) => {
    const readings = lines.map((line) => readCall(format, utf8.encode(line)))
    for (const reading of readings) expectSound(reading)
    expect(readings.map(told)).toEqual(expected)
    expect(readings.some((reading) => reading.kind === 'call')).toBe(true)
  })

  test('every call has the same keys in the same order', () => {
    const calls = samples.flatMap(({ lines }) => lines.map((line) => readCall(format, utf8.encode(line))))
    const orders = calls.flatMap((reading) => (reading.kind === 'call' ? [Object.keys(reading.call).join()] : []))
    expect(new Set(orders).size).toBe(1)
  })

  test('detects its own samples', () => {
    const own = samples.flatMap(({ lines }) =>
      lines.filter((line) => readCall(format, utf8.encode(line)).kind === 'call'),
    )
    for (const line of own) expect(format.detect(format.encoding === 'json' ? JSON.parse(line) : line)).toBe(true)
  })

  test.each([
    ['nothing', ''],
    ['blanks', ' \r\n'],
    ['words', 'lorem ipsum dolor sit amet'],
    ['a number', '42'],
    ['null', 'null'],
    ['an array', '[]'],
    ['an empty object', '{}'],
    ['deep nesting', '['.repeat(200_000)],
    ['a harmful prototype', '{"__proto__":{"status":200,"method":"GET","path":"/","ts":1795339800123}}'],
    ['quotes', '"'.repeat(5000)],
    ['brackets', ' ['.repeat(5000)],
  ])('rejects %s', (_, text) => {
    const reading = readCall(format, utf8.encode(text))
    expect(reading.kind).toBe('rejected')
    expectSound(reading)
  })

  test('any bytes end as a call, a skip or a tag', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => expectSound(readCall(format, bytes))))
  })

  test('a sample damaged anywhere ends as a call, a skip or a tag', () => {
    const lines = samples.flatMap((sample) => sample.lines)
    const damage = fc.tuple(
      fc.constantFrom(...lines),
      fc.nat(),
      fc.nat(40),
      fc.string({ unit: 'binary', maxLength: 20 }),
    )
    fc.assert(
      fc.property(damage, ([line, at, cut, extra]) => {
        const from = at % (line.length + 1)
        expectSound(readCall(format, utf8.encode(line.slice(0, from) + extra + line.slice(from + cut))))
      }),
      { numRuns: 1000 },
    )
  })

  test.each(Object.entries(PLANTED))('keeps no %s, wherever it stands in a sample', (_, secret) => {
    for (const line of samples.flatMap((sample) => sample.lines)) {
      for (let at = 0; at <= line.length; at++) {
        const reading = readCall(format, utf8.encode(line.slice(0, at) + secret + line.slice(at)))
        expect(plantedIn(JSON.stringify(reading), secret)).toBe(false)
      }
    }
  })
})

test('two formats do not take each other for their own', () => {
  for (const format of formats.values()) {
    for (const other of formats.values()) {
      if (other === format || other.encoding !== format.encoding) continue
      const lines = samplesOf(other.name).flatMap((sample) => sample.lines)
      const taken = lines.filter((line) => format.detect(format.encoding === 'json' ? JSON.parse(line) : line))
      expect({ format: format.name, other: other.name, taken }).toEqual({
        format: format.name,
        other: other.name,
        taken: [],
      })
    }
  }
})
