import type * as z from 'zod'
import { isSecret, redact } from './redact.ts'
import { expectation, namesBelow, type Path, type Shape, shapeAt } from './shape.ts'

/** One thing that is wrong with a configuration. Safe to print: a secret's value is not in it. */
export interface Problem {
  /** `http.port`, or the name of the variable or file that could not be used. */
  readonly path: string
  /** What was found, as JSON; `null` where nothing was, or where it says nothing. */
  readonly value: string | null
  readonly expected: string
}

const valueLength = 80

export function problemText({ path, value, expected }: Problem): string {
  return `${path}: ${value === null ? '' : `${value} is not accepted; `}expected ${expected}`
}

export function pathText(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('')
}

/** Everything that zod complained about, as problems with their paths and values. */
export function problemsOf(error: z.ZodError, tree: unknown, root: Shape): readonly Problem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, tree, root))
}

function problemsOfIssue(issue: z.core.$ZodIssue, tree: unknown, root: Shape): readonly Problem[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol')
  const value = valueAt(tree, path)
  if (issue.code === 'unrecognized_keys') {
    const known = namesBelow(shapeAt(root, path), value).join(', ')
    const expected = known === '' ? 'no setting here' : `one of ${known}`
    // The value of a setting that nobody knows may be a misspelt secret.
    return issue.keys.map((key) => ({ path: pathText([...path, key]), value: null, expected }))
  }
  return [{ path: pathText(path) || 'configuration', value: shown(path, value), expected: expected(issue, path, root) }]
}

function expected(issue: z.core.$ZodIssue, path: Path, root: Shape): string {
  const kinds = 'options' in issue && Array.isArray(issue.options) ? issue.options : null
  if (kinds !== null) return `one of ${kinds.join(', ')}`
  const shape = shapeAt(root, path)
  const isPlain = issue.code === 'invalid_type' || issue.code === 'invalid_value'
  const isBound = issue.code === 'too_small' || issue.code === 'too_big'
  return shape !== undefined && (isPlain || isBound) ? expectation(shape) : issue.message
}

function shown(path: Path, value: unknown): string | null {
  if (value === undefined) return null
  const text = JSON.stringify(isSecret(path) ? '(redacted)' : redact(value))
  return text.length > valueLength ? `${text.slice(0, valueLength)}…` : text
}

function valueAt(tree: unknown, path: Path): unknown {
  let at = tree
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string | number, unknown>)[step]
  }
  return at
}
