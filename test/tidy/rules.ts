import { blank } from './blank.ts'
import { functionsOf } from './functions.ts'
import { strayImports } from './imports.ts'
import { matches, type Source, type Violation } from './source.ts'

export const linesMax = 300
export const functionLinesMax = 70

/** A rule looks at one file at a time. */
export interface Rule {
  readonly name: string
  /** A file that breaks it: the rule must be able to fail. */
  readonly bad: Source
  broken(source: Source): readonly Violation[]
}

/** Words that no file may hold are put together here, or this file would hold them. */
const word = (...parts: readonly string[]): string => parts.join('')
const isCode = ({ path }: Source): boolean => path.endsWith('.ts')
/** Logs as they came and lists of packages speak for themselves. */
const isOurs = ({ path }: Source): boolean => !/(\/samples\/|\/cases\/|package-lock\.json$|^LICENSE$)/.test(path)
const pureRooms = /^(src\/(call|sketch|baseline|detection|alert)|detectors|schemas)\//
const clockless = /^(src\/(call|sketch|baseline|detection|alert|stage)|detectors|schemas)\//

function inCode(name: string, pattern: RegExp, where: RegExp, path: string, example: string): Rule {
  return {
    name,
    bad: { path, text: example },
    broken: (source) =>
      isCode(source) && where.test(source.path) ? matches(source, blank(source.text), pattern, name) : [],
  }
}

function inText(name: string, pattern: RegExp, example: string): Rule {
  return {
    name,
    bad: { path: 'README.md', text: example },
    broken: (source) => (isOurs(source) ? matches(source, source.text, pattern, name) : []),
  }
}

const everywhere = /./

export const rules: readonly Rule[] = [
  {
    name: 'dependencies point one way',
    bad: { path: 'src/web/a.ts', text: "import { b } from '#src/store/b.ts'\n" },
    broken: strayImports,
  },
  inCode(
    'clocks and randomness are handed in',
    /\bDate\.now\b|\bnew Date(?:\(\s*\)|(?!\s*\())|(?<!new )\bDate\(|\bMath\.random\b|\bperformance\b|\bset(?:Timeout|Interval|Immediate)\b/g,
    clockless,
    'src/stage/a.ts',
    'const now = new Date()\n',
  ),
  inCode(
    'no process in here',
    /(?<![.\w])process\b(?!\s*[:?(])/g,
    clockless,
    'detectors/a/detector.ts',
    'process.env.A\n',
  ),
  inCode(
    'pure rooms do not wait',
    /\bawait\b|\basync\b/g,
    pureRooms,
    'src/alert/a.ts',
    'export async function a() {}\n',
  ),
  inCode(
    'say unknown, or the type',
    /(?::|<|\bas\b|\bsatisfies\b|[|&]|=>|=)\s*any\b(?=\s*[\])}>,;=|&[{\n]|\s*$)/g,
    everywhere,
    'src/web/a.ts',
    'let a: any\n',
  ),
  inCode(
    'a union of texts instead',
    /\benum\s+\w|\bnamespace\s+\w/g,
    everywhere,
    'src/web/a.ts',
    'const enum A { B }\n',
  ),
  inCode('log, or write to the stream', /\bconsole\s*\./g, everywhere, 'src/web/a.ts', 'console.log(1)\n'),
  inCode(
    'run all tests',
    /\b(?:it|test|describe|suite)(?:\.\w+)*\.only\b/g,
    everywhere,
    'test/a.test.ts',
    "it.only('a', b)\n",
  ),
  inText(
    'do it, or open an issue',
    new RegExp(`\\b(?:${word('FIX', 'ME')}|${word('TO', 'DO')}|XX${'X'})\\b`, 'g'),
    word('TO', 'DO: later'),
  ),
  inText(
    'no paths of one machine',
    new RegExp(`(?<![\\w.}/])/(?:${['work', 'root', 'tmp', 'home', 'Users'].join('|')})/\\w+`, 'g'),
    word('see /ho', 'me/me/notes'),
  ),
  inText(
    'no host names of registries',
    new RegExp(
      ['registry_\\.npm', 'npm_js\\.(?:org|com)', 'py_pi\\.', 'repo1?_\\.maven', 'proxy_\\.golang', 'arti_factory']
        .join('|')
        .replaceAll('_', ''),
      'gi',
    ),
    word('see regis', 'try.npm', '.example'),
  ),
  inText(
    'the repository speaks of Tidemark only',
    new RegExp(
      `\\b(?:${['cla_ude', 'anth_ropic', 'open_ai', 'chat_gpt', 'co_pilot', 'gpt_-?\\d', 'll_ms?', 'language_ model', 'ai_[- ](?:generated|assist)\\w*'].join('|').replaceAll('_', '')})\\b`,
      'gi',
    ),
    word('written by Cla', 'ude'),
  ),
  {
    name: `at most ${linesMax} lines a file`,
    bad: { path: 'src/web/a.ts', text: 'a\n'.repeat(linesMax + 1) },
    broken: (source) => {
      const lines = source.text.replace(/\n$/, '').split('\n').length
      return isCode(source) && lines > linesMax ? [{ path: source.path, line: lines, what: `${lines} lines` }] : []
    },
  },
  {
    name: `at most ${functionLinesMax} lines a function`,
    bad: {
      path: 'src/web/a.ts',
      text: `function a(b: number): { c: string } {\n${'d()\n'.repeat(functionLinesMax)}}\n`,
    },
    broken: (source) =>
      (isCode(source) ? functionsOf(blank(source.text)) : [])
        .filter(({ lines }) => lines > functionLinesMax)
        .map(({ line, lines }) => ({ path: source.path, line, what: `a function of ${lines} lines` })),
  },
  {
    name: 'names say what is inside',
    bad: { path: 'src/web/string-utils.ts', text: '' },
    broken: ({ path }) => {
      const hit = /(?:^|[/.-])(utils?|helpers?|common|managers?|core)(?=[/.-]|$)/.exec(path)
      return hit === null ? [] : [{ path, line: 1, what: `called ${hit[1]}` }]
    },
  },
]
