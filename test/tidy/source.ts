import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One file of the repository. */
export interface Source {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** What a rule found: where, and what to do instead. */
export interface Violation {
  readonly path: string
  readonly line: number
  readonly what: string
}

const root = join(import.meta.dirname, '../..')
const places = ['src', 'detectors', 'schemas', 'test', 'bench', 'deploy', 'dashboards', '.ci', '.']
const passed = new Set(['node_modules', '.git', '.cache', 'data', 'coverage'])

/** Every file that the rules look at. */
export function readSources(): readonly Source[] {
  return places
    .filter((place) => existsSync(join(root, place)))
    .flatMap((place) => pathsBelow(place))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** The names directly below the root, folders with a slash behind them. */
export function readRoot(): readonly string[] {
  const entries = readdirSync(root, { withFileTypes: true }).filter((entry) => !passed.has(entry.name))
  return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
}

function pathsBelow(place: string): readonly string[] {
  const entries = readdirSync(join(root, place), { withFileTypes: true, recursive: place !== '.' })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => !path.split('/').some((part) => passed.has(part)))
}

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

/** Each match of a pattern (with the flag g) as a violation. */
export function matches(source: Source, text: string, pattern: RegExp, what: string): readonly Violation[] {
  return [...text.matchAll(pattern)].map((match) => ({
    path: source.path,
    line: lineAt(text, match.index + match[0].length - match[0].trimStart().length),
    what: `${what}: ${match[0].trim().slice(0, 60)}`,
  }))
}
