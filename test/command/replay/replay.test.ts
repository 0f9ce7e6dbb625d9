import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import native from '#schemas/native/format.ts'
import { TIME_BOUNDS } from '#src/call/time.ts'
import { loadPlugins } from '#src/command/plugins.ts'
import { type Report, reportText } from '#src/command/replay/report.ts'
import { shake } from '#src/command/replay/shake.ts'
import { replay } from '#src/command/replay.ts'
import { loadConfig } from '#src/config.ts'
import { detect } from '#test/laws/engine/run.ts'
import { inOrder, linesOfWorld, MINUTE, stretch, WORLD_START } from '#test/laws/engine/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-replay-'))
afterAll(() => rmSync(folder, { recursive: true }))

const OPTIONS = {
  format: native,
  tickMs: 10_000,
  latenessMs: 60_000,
  requestIdsPerTick: 10_000,
  recordBytes: 10_000,
  bounds: TIME_BOUNDS,
  runStart: WORLD_START + 400 * 86_400_000,
}

const text = (line: Uint8Array): string => Buffer.from(line).toString()

describe('shaking', () => {
  test('keeps every line, and every call what it was: counted, late or a duplicate', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.nat(1_000_000), async (world, seed) => {
        const lines = linesOfWorld({
          seed: world,
          rate: 5,
          phases: [
            { kind: 'calm', minutes: 12 },
            { kind: 'gap', minutes: 30 },
            { kind: 'calm', minutes: 8 },
          ],
        })
        const shaken = shake(lines, seed, OPTIONS)
        expect(shaken.length).toBeLessThanOrEqual(8)
        expect(shaken.flat().map(text).sort()).toEqual(lines.map(text).sort())
        expect((await detect(shaken)).fates).toEqual((await detect([lines])).fates)
      }),
      { numRuns: 10 },
    )
  })

  test('is the same for one seed, and another for another', () => {
    const lines = stretch(WORLD_START, WORLD_START + 5 * MINUTE, 1000, {})
    const order = (seed: number): string =>
      shake(lines, seed, OPTIONS)
        .map((source) => source.map(text).join())
        .join('|')
    expect(order(1)).toBe(order(1))
    expect(order(1)).not.toBe(order(2))
  })
})

describe('a replay', async () => {
  const loaded = loadConfig(null, {}, await loadPlugins())
  if (loaded.kind === 'wrong') throw new Error('the defaults are wrong')
  const { config } = loaded
  const START = WORLD_START - 30 * 86_400_000
  const T = START + 40 * MINUTE
  const lines = inOrder([
    ...stretch(START, T, 3000, {}),
    ...stretch(T, T + MINUTE, 1000, { status: 503 }),
    ...stretch(T + MINUTE, T + 20 * MINUTE, 3000, {}),
  ]).map(text)
  const file = (name: string, some: readonly string[]): string => {
    writeFileSync(join(folder, name), some.join('\n'))
    return join(folder, name)
  }
  const whole = file('whole', [...lines, '{"ts":', ''])
  const withoutClock = ({ wall_seconds: _, run_start: __, ...report }: Report): object => report

  test('reports what was read and what was found', async () => {
    const report = await replay(config, native, [whole], null, null)
    expect(report).toMatchObject({
      calls: lines.length,
      rejected: 1,
      duplicates: 0,
      late: 0,
      first: new Date(START).toISOString(),
      last: new Date(T + 20 * MINUTE - 3000).toISOString(),
      reasons: { 'not-json': 1 },
    })
    expect(report.alerts.map(({ detector, status, settled }) => [detector, status, settled])).toEqual([
      ['error-burst', 'resolved', true],
    ])
    const told = reportText(report)
    for (const part of [
      `${lines.length} calls from ${report.first}`,
      '1 rejected (1 not-json)',
      '1 alert\n',
      'error-burst on GET a /a',
      report.alerts[0]?.silent_if,
    ]) {
      expect(told).toContain(part)
    }
  })

  test('of files in their order is that of one file', async () => {
    const parts = [
      file('one', lines.slice(0, 500)),
      file('two', lines.slice(500, 501)),
      file('three', [...lines.slice(501), '{"ts":']),
    ]
    const [one, many] = [
      await replay(config, native, [whole], null, null),
      await replay(config, native, parts, null, null),
    ]
    expect(withoutClock(many)).toEqual(withoutClock(one))
  })

  test.for([1, 2, 3, 4, 5])('shaken with seed %i reports the same', async (seed) => {
    const [plain, shaken] = [
      await replay(config, native, [whole], null, null),
      await replay(config, native, [whole], seed, null),
    ]
    expect(withoutClock(shaken)).toEqual(withoutClock(plain))
  })

  test('of nothing finds nothing', async () => {
    const report = await replay(config, native, [file('empty', [])], null, null)
    expect(report).toMatchObject({ calls: 0, first: null, last: null, alerts: [] })
    expect(reportText(report)).toContain('0 alerts')
  })
})
