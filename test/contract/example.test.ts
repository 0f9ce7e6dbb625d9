import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { newDetector } from '#src/command/new.ts'
import type { Detector } from '#src/detection/detector.ts'
import { casesContract } from './detector/cases.ts'
import { shipped } from './detector/play.ts'
import { detectorContract } from './detectors.ts'

const root = new URL('../../', import.meta.url)
/** Inside of the repository, so that `#src/…` means what it means there; ignored by git. */
const at = new URL(`.cache/example-${process.pid}/`, root)

mkdirSync(new URL('detectors/', at), { recursive: true })
await newDetector('first-try', new URL('detectors/', at).pathname)
const folder = new URL('detectors/first-try/', at)
const { default: detector } = (await import(new URL('detector.ts', folder).href)) as { default: Detector }
const stage = await shipped()

afterAll(() => rmSync(at, { recursive: true }))

test('CONTRIBUTING.md holds a whole detector', () => {
  expect(readdirSync(folder, { recursive: true }).map(String).sort()).toEqual([
    'README.md',
    'cases',
    'cases/fires-runaway-client.yaml',
    'cases/silent-one-refused-page.yaml',
    'detector.ts',
  ])
})

test('it compiles', () => {
  const config = { extends: '../../tsconfig.json', include: ['detectors'] }
  writeFileSync(new URL('tsconfig.json', at), JSON.stringify(config))
  const tsc = new URL('node_modules/typescript/bin/tsc', root).pathname
  const { status, stdout } = spawnSync(process.execPath, [tsc, '--project', at.pathname], { encoding: 'utf8' })
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

describe('a new detector', () => {
  const withIt = { ...stage, detectors: new Map([...stage.detectors, [detector.name, detector]]) }
  detectorContract(detector, folder)
  casesContract(withIt, detector, folder, 'fires')
  casesContract(withIt, detector, folder, 'silent')
})
