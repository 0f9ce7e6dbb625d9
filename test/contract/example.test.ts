import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import type { Detector } from '#src/detection/detector.ts'
import { shipped } from './detector/play.ts'
import { detectorContract } from './detectors.ts'

const root = new URL('../../', import.meta.url)
/** Inside of the repository, so that `#src/…` means what it means there; ignored by git. */
const at = new URL(`.cache/example-${process.pid}/`, root)
const FILE = /^(```|~~~)\w+ file=(\S+)\n([\s\S]*?)^\1$/gm
const page = readFileSync(new URL('CONTRIBUTING.md', root), 'utf8')
const files = [...page.matchAll(FILE)].map(([, , path, text]) => ({ path: path as string, text: text as string }))

for (const { path, text } of files) {
  const file = new URL(path, at)
  mkdirSync(new URL('./', file), { recursive: true })
  writeFileSync(file, text)
}
const folder = new URL('detectors/throttle-burst/', at)
const { default: detector } = (await import(new URL('detector.ts', folder).href)) as { default: Detector }
const stage = await shipped()

afterAll(() => rmSync(at, { recursive: true }))

test('the page holds a whole detector', () => {
  expect(files.map(({ path }) => path)).toEqual(
    ['detector.ts', 'cases/fires-runaway-client.yaml', 'cases/silent-one-refused-page.yaml', 'README.md'].map(
      (name) => `detectors/throttle-burst/${name}`,
    ),
  )
})

test('it compiles', () => {
  const config = { extends: '../../tsconfig.json', include: ['detectors'] }
  writeFileSync(new URL('tsconfig.json', at), JSON.stringify(config))
  const tsc = new URL('node_modules/typescript/bin/tsc', root).pathname
  const { status, stdout } = spawnSync(process.execPath, [tsc, '--project', at.pathname], { encoding: 'utf8' })
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

describe('throttle-burst', () => {
  detectorContract({ ...stage, detectors: new Map([...stage.detectors, [detector.name, detector]]) }, detector, folder)
})
