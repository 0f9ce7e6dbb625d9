import type { Source, Violation } from './source.ts'

/** What may be at the root: see ARCHITECTURE.md before adding to it. */
export const rootNames: ReadonlySet<string> = new Set([
  ...['src/', 'detectors/', 'schemas/', 'test/', 'dashboards/', 'bench/', 'deploy/', 'docs/', '.ci/', '.github/'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'vitest.config.ts', 'biome.json', 'knip.json'],
  ...['docker-compose.yml', 'Dockerfile', '.dockerignore', '.gitignore', '.gitattributes', '.npmrc'],
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'LICENSE'],
])

const srcNames = ['call', 'sketch', 'baseline', 'detection', 'alert', 'stage', 'stream', 'store', 'sink', 'web']
const srcRooms = new Set([...srcNames, 'telemetry', 'demo', 'command', 'config', 'main.ts', 'config.ts', 'discover.ts'])
const testLayers = ['laws', 'contract', 'simulation', 'integration', 'browser', 'fakes', 'parts', 'tidy']
const testRooms = new Set([...srcRooms, ...testLayers, 'detectors', 'schemas', 'bench', 'deploy'])
const plugins = [
  { folder: 'detectors', must: ['detector.ts', 'README.md', 'cases/'] },
  { folder: 'schemas', must: ['format.ts', 'samples/'] },
]

export function strayRootNames(names: readonly string[]): readonly Violation[] {
  const strays = names.filter((name) => !rootNames.has(name))
  return strays.map((path) => ({ path, line: 1, what: 'nothing of this name belongs at the root' }))
}

/** Files in rooms that are not in the plan, and plug-ins that lack a part. */
export function strayFiles(sources: readonly Source[]): readonly Violation[] {
  const strays = sources.flatMap(({ path }): readonly Violation[] => {
    const [top, room = '', ...rest] = path.split('/')
    const known = top === 'src' ? srcRooms : top === 'test' && rest.length > 0 ? testRooms : null
    return known === null || known.has(room) ? [] : [{ path, line: 1, what: `${top} has no room called ${room}` }]
  })
  return [...strays, ...plugins.flatMap((plugin) => incomplete(plugin, sources))]
}

function incomplete(plugin: (typeof plugins)[number], sources: readonly Source[]): readonly Violation[] {
  const paths = sources.map(({ path }) => path).filter((path) => path.startsWith(`${plugin.folder}/`))
  const names = new Set(paths.map((path) => path.split('/')[1] ?? ''))
  return [...names].flatMap((name) => {
    const own = `${plugin.folder}/${name}`
    const missing = plugin.must.filter((part) => !paths.some((path) => path.startsWith(`${own}/${part}`)))
    return missing.map((part) => ({ path: own, line: 1, what: `has no ${part}` }))
  })
}
