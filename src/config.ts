import { readFileSync } from 'node:fs'
import { stringify } from 'yaml'
import * as z from 'zod'
import { override } from './config/override.ts'
import { type Problem, problemsOf } from './config/problem.ts'
import { redact } from './config/redact.ts'
import { configSchema, type Plugins } from './config/schema.ts'
import { readSecrets } from './config/secrets.ts'
import type { Shape } from './config/shape.ts'
import { settingsTable } from './config/table.ts'
import { interpolate, readYaml, type Tree } from './config/tree.ts'

export { type Problem, problemText } from './config/problem.ts'
export type { Plugins } from './config/schema.ts'

/** The checked configuration, frozen throughout. */
export type Config = DeepReadonly<z.output<ReturnType<typeof configSchema>>>

type DeepReadonly<T> = T extends readonly (infer One)[]
  ? readonly DeepReadonly<One>[]
  : T extends object
    ? { readonly [Name in keyof T]: DeepReadonly<T[Name]> }
    : T

export type Loaded =
  | { readonly kind: 'loaded'; readonly config: Config }
  | { readonly kind: 'wrong'; readonly problems: readonly Problem[] }

/**
 * Reads the file (`null`: none), puts variables in, applies `TIDEMARK_…` variables over it, reads secrets from their files and
 * checks the whole. All problems come at once.
 */
export function loadConfig(file: string | null, env: NodeJS.ProcessEnv, plugins: Plugins): Loaded {
  const schema = configSchema(plugins)
  const root = shapeOf(schema)
  const written = file === null ? { settings: {}, problems: [] } : readFile(file)
  const filled = interpolate(written.settings, root, env)
  const overridden = override(filled.settings, root, env)
  const complete = readSecrets(overridden.settings, root)
  const checked = schema.safeParse(complete.settings)
  const found = [written, filled, overridden, complete].flatMap((tree: Tree) => tree.problems)
  const told = new Set(found.map((problem) => problem.path))
  // A setting whose file could not be read has been told already.
  const wrong = checked.success ? [] : problemsOf(checked.error, complete.settings, root)
  const problems = [...found, ...wrong.filter((problem) => !told.has(`${problem.path}File`))]
  if (problems.length > 0 || !checked.success) return { kind: 'wrong', problems }
  return { kind: 'loaded', config: freeze(checked.data) }
}

/** `redactedConfig` as YAML. */
export function printConfig(config: Config): string {
  return stringify(redactedConfig(config))
}

/** The configuration as it may be shown: every default written out, every secret redacted. */
export function redactedConfig(config: Config): unknown {
  return redact(config)
}

/** JSON Schema of the file, for editors. */
export function jsonSchema(plugins: Plugins): Readonly<Record<string, unknown>> {
  return { title: 'Tidemark configuration', ...z.toJSONSchema(configSchema(plugins), { io: 'input' }) }
}

/** All settings with defaults and meanings, as a table in Markdown. */
export function configTable(plugins: Plugins): string {
  return settingsTable(shapeOf(configSchema(plugins)))
}

function shapeOf(schema: z.ZodType): Shape {
  return z.toJSONSchema(schema, { io: 'input' }) as Shape
}

function readFile(file: string): Tree {
  try {
    return readYaml(file, readFileSync(file, 'utf8'))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    return { settings: {}, problems: [{ path: file, value: null, expected: `a file that can be read (${code})` }] }
  }
}

function freeze<T>(value: T): DeepReadonly<T> {
  if (typeof value === 'object' && value !== null) {
    for (const one of Object.values(value)) freeze(one)
    Object.freeze(value)
  }
  return value as DeepReadonly<T>
}
