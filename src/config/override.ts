import type { Problem } from './problem.ts'
import { below, namesBelow, type Path, type Shape, shapeAt, takes } from './shape.ts'
import { scalar, type Tree, withSetting } from './tree.ts'

const prefix = 'TIDEMARK_'

/**
 * Settings from variables: `TIDEMARK_HTTP__PORT` is `http.port`, `TIDEMARK_STREAM__TOPIC_PREFIX` is `stream.topicPrefix`,
 * `TIDEMARK_SINKS__0__URL` is `sinks[0].url`. A variable with `__` that names no setting is a problem; others with this
 * prefix are left alone, because orchestrators make some of their own (`TIDEMARK_PORT=tcp://…`).
 */
export function override(tree: unknown, root: Shape, env: NodeJS.ProcessEnv): Tree {
  const problems: Problem[] = []
  let settings = tree
  const names = Object.keys(env).filter((name) => name.startsWith(prefix))
  for (const name of names.sort()) {
    const path = resolve(name.slice(prefix.length).split('__'), root)
    const isGroup = path?.length === 1 && namesBelow(below(root, path[0] ?? '')).length > 0
    if (path !== null && !isGroup) {
      settings = withSetting(settings, path, scalar(env[name] ?? '', shapeAt(root, path)))
    } else if (name.includes('__')) {
      problems.push({ path: name, value: null, expected: 'the name of a setting, as TIDEMARK_HTTP__PORT' })
    }
  }
  return { settings, problems }
}

function resolve(words: readonly string[], root: Shape): Path | null {
  const path: (string | number)[] = []
  let at: Shape | undefined = root
  for (const word of words) {
    const step = stepOf(word, at)
    if (step === null) return null
    path.push(step)
    at = below(at, step)
  }
  return path
}

/** The setting that a word of a variable means, or the file of a text setting; `null` where there is none. */
function stepOf(word: string, shape: Shape | undefined): string | number | null {
  if (shape === undefined) return null
  if (takes(shape, 'array') && /^\d{1,3}$/.test(word)) return Number(word)
  const names = namesBelow(shape)
  const files = names.filter((name) => takes(below(shape, name), 'string')).map((name) => `${name}File`)
  return [...names, ...files].find((name) => fold(name) === fold(word)) ?? null
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '')
}
