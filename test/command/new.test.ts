import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { UsageError } from '#src/command/command.ts'
import command from '#src/command/new.ts'

let folder = ''
let said = ''
const run = (...args: readonly string[]) =>
  command.run(['--into', folder, ...args], {
    env: {},
    write: (text) => {
      said += text
    },
    complain: () => {},
  })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-new-'))
  said = ''
})
afterEach(() => rmSync(folder, { recursive: true }))

test('writes a folder under the new name and says what it wrote', async () => {
  expect(await run('detector', 'slow-answers')).toBe(0)
  const own = join(folder, 'slow-answers')
  const text = readFileSync(join(own, 'detector.ts'), 'utf8') + readFileSync(join(own, 'README.md'), 'utf8')
  expect(text).toContain("name: 'slow-answers'")
  expect(text).not.toContain('throttle-burst')
  expect(readdirSync(join(own, 'cases'))).toHaveLength(2)
  expect(said).toContain(join(own, 'detector.ts'))
})

test('never writes over what is there', async () => {
  await run('detector', 'slow-answers')
  const before = readFileSync(join(folder, 'slow-answers', 'detector.ts'), 'utf8')
  await expect(run('detector', 'slow-answers')).rejects.toThrow(UsageError)
  expect(readFileSync(join(folder, 'slow-answers', 'detector.ts'), 'utf8')).toBe(before)
})

test.each([
  [],
  ['sink', 'pager'],
  ['detector'],
  ['detector', 'Slow'],
  ['detector', '../slow'],
  ['detector', 'no'],
  ['detector', 'one', 'two'],
])('refuses %j %j', async (...args) => {
  await expect(run(...args)).rejects.toThrow(UsageError)
  expect(readdirSync(folder)).toEqual([])
})
