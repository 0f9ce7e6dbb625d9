import { readFileSync, statSync } from 'node:fs'
import type { Problem } from './problem.ts'
import { pathText } from './problem.ts'
import { below, namesBelow, type Path, type Shape, takes } from './shape.ts'
import type { Tree } from './tree.ts'

const bytesMax = 64 * 1024

/**
 * Any text setting may come from a file instead: `passwordFile` beside no `password`. One newline at the end is dropped. Files
 * are read once, at the start.
 */
export function readSecrets(tree: unknown, root: Shape): Tree {
  const problems: Problem[] = []
  const walk = (value: unknown, shape: Shape | undefined, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((one, index) => walk(one, below(shape, index), [...path, index]))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(([name, one]): [string, unknown] => {
      const setting = settingOf(name, shape)
      if (setting === null) return [name, walk(one, below(shape, name), [...path, name])]
      const text = Object.hasOwn(value, setting) ? `only one of ${setting} and ${name}` : readText(one)
      if (text instanceof Text) return [setting, text.content]
      problems.push({ path: pathText([...path, name]), value: typeof one === 'string' ? one : null, expected: text })
      // The setting itself would now be missing, or is there: either way one problem is enough.
      return [setting, Object.hasOwn(value, setting) ? (value as Record<string, unknown>)[setting] : '']
    })
    return Object.fromEntries(entries)
  }
  return { settings: walk(tree, root, []), problems }
}

/** The setting whose file this is; `null` where the name is a setting of its own, or none. */
function settingOf(name: string, shape: Shape | undefined): string | null {
  if (shape === undefined || !name.endsWith('File')) return null
  const setting = name.slice(0, -'File'.length)
  const names = namesBelow(shape)
  return !names.includes(name) && names.includes(setting) && takes(below(shape, setting), 'string') ? setting : null
}

class Text {
  readonly content: string
  constructor(content: string) {
    this.content = content
  }
}

/** The file's text, or what was expected instead. */
function readText(file: unknown): Text | string {
  if (typeof file !== 'string' || file === '') return 'the path of a file'
  try {
    if (statSync(file).size > bytesMax) return `a file of at most ${bytesMax} bytes`
    return new Text(readFileSync(file, 'utf8').replace(/\r?\n$/, ''))
  } catch (error) {
    return `a file that can be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`
  }
}
