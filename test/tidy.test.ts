import { describe, expect, it } from 'vitest'
import { blank } from './tidy/blank.ts'
import { functionsOf } from './tidy/functions.ts'
import { strayImports } from './tidy/imports.ts'
import { strayFiles, strayRootNames } from './tidy/layout.ts'
import { functionLinesMax, linesMax, rules } from './tidy/rules.ts'
import { readRoot, readSources, type Violation } from './tidy/source.ts'

const sources = readSources()
const told = (violations: readonly Violation[]) => violations.map(({ path, line, what }) => `${path}:${line} ${what}`)

describe('the repository', () => {
  it('is read at all', () => {
    const paths = sources.map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['src/main.ts', 'test/tidy.test.ts', '.ci/run', 'package.json']))
    expect(paths.filter((path) => path.includes('node_modules'))).toEqual([])
  })

  it.each(rules)('$name', (rule) => {
    expect(told(sources.flatMap((source) => rule.broken(source)))).toEqual([])
  })

  it('keeps to its layout', () => {
    expect(told([...strayRootNames(readRoot()), ...strayFiles(sources)])).toEqual([])
  })
})

describe('a rule can fail', () => {
  it.each(rules)('$name', ({ bad, broken }) => {
    expect(broken(bad)).toHaveLength(1)
  })

  it('layout: names at the root, rooms, parts of plug-ins', () => {
    expect(told(strayRootNames(['src/', 'lib/', 'notes.txt']))).toEqual([
      'lib/:1 nothing of this name belongs at the root',
      'notes.txt:1 nothing of this name belongs at the root',
    ])
    const paths = [
      'src/shared/a.ts',
      'test/more/a.test.ts',
      'test/run.ts',
      'detectors/x/detector.ts',
      'detectors/x/cases/a.ndjson',
    ]
    expect(told(strayFiles(paths.map((path) => ({ path, text: '' }))))).toEqual([
      'src/shared/a.ts:1 src has no room called shared',
      'test/more/a.test.ts:1 test has no room called more',
      'detectors/x:1 has no README.md',
    ])
  })
})

describe('dependencies', () => {
  it.each([
    ['src/sketch/a.ts', 'node:crypto'],
    ['src/sketch/a.ts', '#src/call/call.ts'],
    ['src/call/a.ts', '#src/baseline/tally.ts'],
    ['src/baseline/a.ts', 'zod'],
    ['src/stage/judge/a.ts', '#src/stream/memory.ts'],
    ['src/stage/judge/a.ts', '../../store/rows.ts'],
    ['src/stage/judge/a.ts', 'undici'],
    ['src/sink/a.ts', '../web/server.ts'],
    ['src/web/a.ts', '#src/config.ts'],
    ['src/web/a.ts', '#src/main.ts'],
    ['src/command/a.ts', '#src/main.ts'],
    ['src/config/a.ts', '#src/web/options.ts'],
    ['src/store/a.ts', 'kafkajs'],
    ['src/web/a.ts', '#detectors/a/detector.ts'],
    ['src/web/a.ts', '#test/fakes/a.ts'],
    ['detectors/a/detector.ts', '../b/detector.ts'],
    ['schemas/a/format.ts', '#src/sink/sink.ts'],
  ])('%s may not import %s', (path, target) => {
    const texts = [`import type { A } from '${target}'`, `export * from "${target}"`, `await import('${target}')`]
    for (const text of texts) expect(strayImports({ path, text })).toHaveLength(1)
  })

  it.each([
    ['src/main.ts', './command/check.ts'],
    ['src/command/run.ts', '#src/web/server.ts'],
    ['src/config.ts', './config/schema.ts'],
    ['src/command/check.ts', '#src/config.ts'],
    ['src/stage/judge/a.ts', '#src/stream/stream.ts'],
    ['src/stage/judge/a.ts', '../collect/b.ts'],
    ['src/web/routes/a.ts', '../options.ts'],
    ['src/stream/a.ts', 'node:sqlite'],
    ['src/store/a.ts', 'chdb/connection'],
    ['detectors/a/detector.ts', './words.ts'],
    ['test/a.test.ts', '#src/main.ts'],
  ])('%s may import %s', (path, target) => {
    expect(strayImports({ path, text: `import { a } from '${target}'\n` })).toEqual([])
  })
})

describe('reading code', () => {
  it('blanks comments, texts and patterns, and keeps lines', () => {
    const code = ['a // b', '/* c', "d */ e('f\\'g', 1)", 'x = y / z / 2', "r = /[/']b/.test(s)"]
    expect(blank(code.join('\n')).split('\n')).toEqual([
      'a     ',
      '    ',
      "     e('     , 1)",
      'x = y / z / 2',
      'r = /      .test(s)',
    ])
  })

  it('sees code within templates', () => {
    expect(blank('`a ${b({ c: `d` })} e` + f')).toBe('`    b({ c: `   })}    + f')
  })

  it('measures functions and nothing else', () => {
    const long = 'x\n'.repeat(functionLinesMax)
    const lengths = (code: string) => functionsOf(code).map(({ lines }) => lines)
    expect(lengths(`const a = (b) => {\n${long}}`)).toEqual([functionLinesMax + 2])
    expect(lengths(`async a(b: () => void): Promise<{ c: d }> {\n${long}}`)).toContain(functionLinesMax + 2)
    expect(lengths(`if (a) {\n${long}}\nconst b = {\n${long}}\nclass C {\n${long}}\ninterface D {\n${long}}`)).toEqual(
      [],
    )
    expect(lengths(`describe(' ', () => {\nit(' ', a)\n${long}})`)).toEqual([])
  })

  it('allows what is exactly as long as it may be', () => {
    const file = rules.find(({ name }) => name.includes('lines a file'))
    expect(file?.broken({ path: 'src/web/a.ts', text: 'a\n'.repeat(linesMax) })).toEqual([])
  })
})
