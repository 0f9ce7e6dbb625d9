import { describe, expect, it } from 'vitest'
import { conclude, countTests, lastLine, nothing } from './count.ts'
import { type Part, takeInventory } from './parts.ts'

const test = (status: string) => ({ status })
const file = (status: string, ...tests: string[]) => ({ name: 'a.test.ts', status, assertionResults: tests.map(test) })

describe('countTests', () => {
  it('counts single tests, and everything that did not run as skipped', () => {
    const results = [
      file('passed', 'passed', 'passed', 'pending'),
      file('failed', 'failed', 'passed', 'todo', 'skipped'),
    ]
    expect(countTests({ testResults: results })).toEqual({ passed: 3, failed: 1, skipped: 3 })
  })

  it('counts a file that failed without a failing test as one failure', () => {
    expect(countTests({ testResults: [file('failed')] })).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(countTests({ testResults: [file('failed', 'passed', 'skipped')] })).toEqual({
      passed: 1,
      failed: 1,
      skipped: 1,
    })
  })
})

describe('conclude', () => {
  const none = { failed: 0, skipped: 0 }
  const green = { passed: 2, failed: 0, skipped: 1 }
  it.each([
    ['a green run', green, 0, none, '2 passed, 0 failed, 1 skipped'],
    ['missing parts are skipped', green, 0, { failed: 0, skipped: 2 }, '2 passed, 0 failed, 3 skipped'],
    ['a part that must be there fails', green, 0, { failed: 1, skipped: 0 }, '2 passed, 1 failed, 1 skipped'],
    ['no test ran', nothing, 0, none, '0 passed, 1 failed, 0 skipped'],
    ['only skipped tests', { ...nothing, skipped: 4 }, 0, none, '0 passed, 1 failed, 4 skipped'],
    ['the runner died', null, 1, none, '0 passed, 1 failed, 0 skipped'],
    ['an unhandled error outside of tests', green, 1, none, '2 passed, 1 failed, 1 skipped'],
    ['a failed test', { ...green, failed: 1 }, 1, none, '2 passed, 1 failed, 1 skipped'],
  ])('%s', (_case, tests, exitCode, parts, expected) => {
    expect(lastLine(conclude(tests, exitCode, parts))).toBe(expected)
  })
})

describe('takeInventory', () => {
  const part = (name: string, through: Part['through'], from: string | null): Part => ({
    name,
    through,
    find: () => from,
  })
  const all = [part('A', 'npm', 'here'), part('B', 'maven', null), part('C', 'debian', null)]

  it('skips by name what a machine lacks', () => {
    const { lines, skipped, failed } = takeInventory(all, {})
    expect({ skipped, failed }).toEqual({ skipped: 2, failed: 0 })
    expect(lines[0]).toBe('part A: here')
    expect(lines[1]).toContain('B: skipped')
  })

  it('fails under CI=true for npm and Maven, never for Debian', () => {
    const { lines, skipped, failed } = takeInventory(all, { CI: 'true' })
    expect({ skipped, failed }).toEqual({ skipped: 1, failed: 1 })
    expect(lines[1]).toContain('B: MISSING')
    expect(lines[2]).toContain('C: skipped')
  })
})
