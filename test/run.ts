import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type Count, conclude, countTests, lastLine, type VitestReport } from './count.ts'
import { parts, takeInventory } from './parts.ts'

/** A run that takes longer hangs; vitest's own limits end single tests long before. */
const limitMs = 20 * 60_000
const root = join(import.meta.dirname, '..')

const scratch = mkdtempSync(join(tmpdir(), 'tidemark-test-'))
const report = join(scratch, 'report.json')
try {
  const inventory = takeInventory(parts, process.env)
  for (const line of inventory.lines) say(line)
  const exitCode = await runVitest(process.argv.slice(2))
  const count = conclude(readReport(), exitCode, inventory)
  say(lastLine(count))
  process.exitCode = count.failed === 0 ? 0 : 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

function runVitest(extra: readonly string[]): Promise<number> {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const path = [join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter)
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...extra], {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: 'inherit',
    // Bounds the whole run. SIGTERM lets vitest end its workers and what they started.
    timeout: limitMs,
  })
  const pass = (signal: NodeJS.Signals): boolean => child.kill(signal)
  process.once('SIGINT', pass).once('SIGTERM', pass)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

function readReport(): Count | null {
  return existsSync(report) ? countTests(JSON.parse(readFileSync(report, 'utf8')) as VitestReport) : null
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
