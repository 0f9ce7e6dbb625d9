import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isFormat } from '#src/call/format.ts'
import { discover, type Named } from '#src/discover.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'discover-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function put(folder: string, source: string): void {
  mkdirSync(join(root, folder))
  writeFileSync(join(root, folder, 'plugin.ts'), source)
}

const isNamed = (x: unknown): x is Named => typeof x === 'object' && x !== null && 'name' in x
const find = () => discover(pathToFileURL(root), 'plugin.ts', isNamed)

test('finds each folder that holds the file, in order', async () => {
  put('zeta', 'export default { name: "zeta" }')
  put('alpha', 'export default { name: "alpha" }')
  put('_draft', 'export default { name: "other" }')
  mkdirSync(join(root, 'empty'))
  writeFileSync(join(root, 'README.md'), '')
  expect([...(await find())]).toEqual([
    ['alpha', { name: 'alpha' }],
    ['zeta', { name: 'zeta' }],
  ])
})

test('refuses an export of another kind, another name and a folder that is not there', async () => {
  put('alpha', 'export default 7')
  await expect(find()).rejects.toThrow('alpha/plugin.ts: its default export')
  rmSync(join(root, 'alpha'), { recursive: true })
  put('beta', 'export default { name: "alpha" }')
  await expect(find()).rejects.toThrow('is named "alpha", and its folder "beta"')
  await expect(discover(pathToFileURL(join(root, 'none')), 'plugin.ts', isNamed)).rejects.toThrow('ENOENT')
})

test('refuses names that differ in case only', async () => {
  put('Alpha', 'export default { name: "Alpha" }')
  put('alpha', 'export default { name: "alpha" }')
  await expect(find()).rejects.toThrow('there is another "alpha"')
})

test('finds the formats that are shipped', async () => {
  const formats = await discover(new URL('../schemas/', import.meta.url), 'format.ts', isFormat)
  expect([...formats.keys()]).toEqual(expect.arrayContaining(['apache-combined', 'native']))
})
