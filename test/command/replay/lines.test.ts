import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { loadFormats } from '#src/command/engine.ts'
import { detectFormat } from '#src/command/replay/detect.ts'
import { linesOf } from '#src/command/replay/lines.ts'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-lines-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(text: string | Uint8Array): string {
  const file = join(folder, randomUUID())
  writeFileSync(file, text)
  return file
}

const nothing = Readable.from([])

async function linesIn(chunks: readonly string[], most = 100): Promise<string[]> {
  const lines: string[] = []
  const stdin = Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
  for await (const some of linesOf('-', stdin, most)) lines.push(...some.map((line) => Buffer.from(line).toString()))
  return lines
}

describe('lines', () => {
  test.for([
    ['', []],
    ['\n\n\r\n', []],
    ['a', ['a']],
    ['a\nb\n', ['a', 'b']],
    ['a\r\nb\r\n\r\nc', ['a', 'b', 'c']],
    ['é\n😀', ['é', '😀']],
  ] as const)('of %j', async ([text, expected]) => {
    expect(await linesIn([text])).toEqual(expected)
  })

  test('are the same wherever the input is cut, and long ones are seen to be too long', async () => {
    const text = fc.array(
      fc.oneof(
        fc.string({ maxLength: 12 }),
        fc.nat(40).map((n) => 'x'.repeat(n)),
      ),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), async (drawn, cuts) => {
        const plain = drawn.map((line) => line.replaceAll(/[\r\n]/g, ' '))
        const bytes = Buffer.from(plain.join('\n'))
        const chunks: Buffer[] = []
        for (let at = 0, i = 0; at < bytes.length; i += 1) {
          const size = cuts[i % cuts.length] as number
          chunks.push(bytes.subarray(at, at + size))
          at += size
        }
        const lines: string[] = []
        for await (const some of linesOf('-', Readable.from(chunks), 20))
          lines.push(...some.map((line) => Buffer.from(line).toString('latin1')))
        const expected = plain
          .filter((line) => line !== '')
          .map((line) => Buffer.from(line).subarray(0, 21).toString('latin1'))
        expect(lines).toEqual(expected)
      }),
    )
  })

  test('of a file', async () => {
    const lines: string[] = []
    for await (const some of linesOf(fileOf('one\ntwo'), nothing, 100)) lines.push(...some.map(String))
    expect(lines).toHaveLength(2)
  })

  test('of a file that is not there are an error', async () => {
    const read = async (): Promise<void> => {
      for await (const _ of linesOf(join(folder, 'none'), nothing, 100)) throw new Error('a line of nothing')
    }
    await expect(read()).rejects.toThrow('ENOENT')
  })
})

describe('the format of a file', () => {
  const native = '{"ts":"2026-11-22T09:30:00Z","method":"GET","path":"/a","status":200}'
  const apache = '83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 203023 "-" "Mozilla/5.0"'

  test.for([
    ['native', `${native}\n${native}\n`],
    ['apache-combined', `${apache}\n`.repeat(60)],
    ['native', `${`${native}\n`.repeat(9)}garbage\n`],
    [null, `${`${native}\n`.repeat(3)}${'garbage\n'.repeat(3)}`],
    [null, ''],
    [null, '\u0000\u0001\n{}\n[]\n"x"\n'],
  ] as const)('is %s', async ([expected, text]) => {
    const found = await detectFormat(await loadFormats(), fileOf(text), 1000)
    expect(found?.name ?? null).toBe(expected)
  })

  test('of standard input cannot be told', async () => {
    expect(await detectFormat(await loadFormats(), '-', 1000)).toBeNull()
  })
})
