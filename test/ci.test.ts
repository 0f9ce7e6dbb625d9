import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const script = join(import.meta.dirname, '../.ci/run')

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-ci-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs `.ci/run` with an npm that plays a part: each case is a line of shell for the arguments it is called with. */
function run(cases: Readonly<Record<string, string>>): { code: number | null; lines: readonly string[] } {
  const lines = Object.entries(cases).map(([args, line]) => `  "${args}") ${line} ;;`)
  writeFileSync(join(folder, 'npm'), ['#!/bin/sh', 'case "$*" in', ...lines, 'esac', ''].join('\n'))
  chmodSync(join(folder, 'npm'), 0o755)
  const path = [folder, process.env.PATH ?? ''].join(delimiter)
  const { status, stdout } = spawnSync(script, {
    env: { ...process.env, PATH: path },
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { code: status, lines: stdout.trimEnd().split('\n') }
}

describe.skipIf(process.platform === 'win32')('.ci/run', () => {
  const green = 'echo "9 passed, 0 failed, 2 skipped"'
  it.each([
    ['all is well', { test: green }, 0, '9 passed, 0 failed, 2 skipped'],
    ['npm ci fails', { ci: 'exit 1', test: green }, 1, '0 passed, 1 failed, 0 skipped'],
    [
      'a check fails: the tests run all the same',
      { 'run -s lint': 'exit 1', test: green },
      1,
      '9 passed, 1 failed, 2 skipped',
    ],
    [
      'two checks fail',
      { 'run -s types': 'exit 2', 'run -s unused': 'exit 1', test: green },
      1,
      '9 passed, 2 failed, 2 skipped',
    ],
    ['a test fails', { test: 'echo "8 passed, 1 failed, 2 skipped"; exit 1' }, 1, '8 passed, 1 failed, 2 skipped'],
    ['the tests say nothing', { test: 'exit 1' }, 1, '0 passed, 1 failed, 0 skipped'],
    ['the tests end in silence', { test: 'true' }, 1, '0 passed, 1 failed, 0 skipped'],
    ['the tests fail after a good verdict', { test: `${green}; exit 1` }, 1, '9 passed, 1 failed, 2 skipped'],
  ])('%s', (_case, cases, code, last) => {
    const ended = run(cases)
    expect(ended.lines.at(-1)).toBe(last)
    expect(ended.code).toBe(code)
  })
})
