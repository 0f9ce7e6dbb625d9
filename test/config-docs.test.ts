import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadPlugins } from '#src/command/plugins.ts'
import { configTable } from '#src/config.ts'

const readme = join(import.meta.dirname, '../README.md')

describe.skipIf(!existsSync(readme))('README', () => {
  it('has the table of all settings as the schema makes it: npm run -s tidemark -- check --markdown', async () => {
    const written = /<!-- config -->\n([\s\S]*?)<!-- \/config -->/.exec(readFileSync(readme, 'utf8'))
    expect(written?.[1]?.trim()).toBe(configTable(await loadPlugins()).trim())
  })
})

it('every setting says what it means', async () => {
  const silent = configTable(await loadPlugins())
    .split('\n')
    .filter((line) => /\| *(\([^|]*\))? *\|$/.test(line) && line.startsWith('| `'))
  expect(silent).toEqual([])
})
