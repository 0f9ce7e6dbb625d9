import { LineCounter, parse, parseDocument } from 'yaml'
import type { Problem } from './problem.ts'
import { below, type Path, type Shape, takes } from './shape.ts'

/** Settings as they stand before they are checked, with what went wrong on the way. */
export interface Tree {
  readonly settings: unknown
  readonly problems: readonly Problem[]
}

/** Reads YAML; `name` is how the file is called in problems. An empty file has no settings. */
export function readYaml(name: string, text: string): Tree {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const problems = [...document.errors, ...document.warnings].map((error) => {
    const { line, col } = lines.linePos(error.pos[0])
    return { path: `${name}:${line}:${col}`, value: null, expected: `YAML (${error.message})` }
  })
  if (problems.length > 0) return { settings: {}, problems }
  const settings: unknown = document.toJS({ maxAliasCount: 100 }) ?? {}
  if (typeof settings === 'object' && !Array.isArray(settings)) return { settings, problems }
  return { settings: {}, problems: [{ path: name, value: null, expected: 'a group of settings' }] }
}

const variable = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g

/**
 * Puts variables into texts: `${NAME}`, `${NAME:-default}` (also where NAME is empty), `$${` for a plain `${`. It works on the
 * parsed tree, so that no variable can add settings.
 */
export function interpolate(tree: unknown, root: Shape, env: NodeJS.ProcessEnv): Tree {
  const problems: Problem[] = []
  const settings = mapTexts(tree, root, (text, shape) => {
    if (!text.includes('${')) return text
    const filled = text.replace(variable, (whole, name: string | undefined, otherwise: string | undefined) => {
      if (whole === '$${') return '${'
      const value = name === undefined ? undefined : env[name]
      const found = otherwise === undefined ? value : value || otherwise
      if (found === undefined) problems.push(missing(name))
      return found ?? ''
    })
    return scalar(filled, shape)
  })
  return { settings, problems }
}

function missing(name: string | undefined): Problem {
  if (name === undefined)
    return { path: '${', value: null, expected: `\${NAME}, \${NAME:-default}, or $\${ for the text itself` }
  return { path: `\${${name}}`, value: null, expected: `the variable ${name} to be set, or \${${name}:-default}` }
}

function mapTexts(
  tree: unknown,
  shape: Shape | undefined,
  change: (text: string, shape: Shape | undefined) => unknown,
): unknown {
  if (typeof tree === 'string') return change(tree, shape)
  if (Array.isArray(tree)) return tree.map((one, index) => mapTexts(one, below(shape, index), change))
  if (typeof tree !== 'object' || tree === null) return tree
  return Object.fromEntries(
    Object.entries(tree).map(([name, one]) => [name, mapTexts(one, below(shape, name), change)]),
  )
}

/** A text from outside YAML, as the type that the setting wants; what does not fit stays text and fails the check. */
export function scalar(text: string, shape: Shape | undefined): unknown {
  if (shape === undefined || takes(shape, 'string')) return text
  if (takes(shape, 'array') && !text.trimStart().startsWith('[')) {
    return text.split(',').map((one) => scalar(one.trim(), below(shape, 0)))
  }
  try {
    return parse(text) as unknown
  } catch {
    return text
  }
}

/** The tree with one setting replaced. Groups and list entries that are missing on the way are made. */
export function withSetting(tree: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (typeof step === 'number') {
    const list = Array.isArray(tree) ? [...(tree as unknown[])] : []
    list[step] = withSetting(list[step], rest, value)
    return list
  }
  const group =
    typeof tree === 'object' && tree !== null && !Array.isArray(tree) ? (tree as Record<string, unknown>) : {}
  return { ...group, [step]: withSetting(Object.hasOwn(group, step) ? group[step] : undefined, rest, value) }
}
