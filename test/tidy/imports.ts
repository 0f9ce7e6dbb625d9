import { posix } from 'node:path'
import type { Source, Violation } from './source.ts'
import { lineAt } from './source.ts'

const pure = ['call', 'sketch', 'baseline', 'detection', 'alert']

/** What the files of one room may import besides each other: other rooms (or single files of them), packages, node's modules. */
interface Room {
  readonly from: string
  readonly rooms: readonly string[]
  readonly packages: readonly string[]
}

const node = 'node:'
/** Dependencies point one way. The first entry whose `from` starts a file's path decides. */
export const rooms: readonly Room[] = [
  { from: 'src/main.ts', rooms: ['command'], packages: [node] },
  { from: 'src/discover.ts', rooms: [], packages: [node] },
  { from: 'src/config', rooms: [], packages: ['zod', 'yaml', node] },
  {
    from: 'src/command/',
    rooms: [
      ...pure,
      'config',
      'stage',
      'stream',
      'store',
      'sink',
      'web',
      'telemetry',
      'demo',
      'discover',
      'detectors',
      'schemas',
    ],
    packages: ['zod', 'node-cron', node],
  },
  { from: 'src/sketch/', rooms: [], packages: [] },
  { from: 'src/call/', rooms: [], packages: ['zod'] },
  { from: 'src/baseline/', rooms: ['sketch', 'call'], packages: [] },
  { from: 'src/detection/', rooms: ['baseline', 'sketch', 'call'], packages: ['zod'] },
  { from: 'src/alert/', rooms: ['detection', 'baseline', 'call'], packages: [] },
  {
    from: 'src/stage/',
    rooms: [...pure, 'stream/stream.ts', 'store/store.ts', 'sink/sink.ts'],
    packages: ['zod', 'node:crypto'],
  },
  { from: 'src/stream/', rooms: pure, packages: ['kafkajs', node] },
  { from: 'src/store/', rooms: pure, packages: ['@clickhouse/client', 'chdb', node] },
  { from: 'src/sink/', rooms: pure, packages: ['undici', 'zod', node] },
  { from: 'src/web/', rooms: pure, packages: ['fastify', 'zod', node] },
  { from: 'src/telemetry/', rooms: pure, packages: ['pino', 'prom-client', node] },
  { from: 'src/demo/', rooms: pure, packages: ['zod', node] },
  { from: 'detectors/', rooms: ['detection', 'baseline', 'sketch', 'call'], packages: ['zod'] },
  { from: 'schemas/', rooms: ['call'], packages: ['zod'] },
]

const pattern =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\bfrom\s*)?(['"])([^'"\n]+)\1|\bimport\s*\(\s*(['"`])([^'"`\n]+)\3/g

/** Imports that the rules of the importing file's room do not allow. */
export function strayImports(source: Source): readonly Violation[] {
  if (!source.path.endsWith('.ts') || !/^(src|detectors|schemas)\//.test(source.path)) return []
  const room = rooms.find(({ from }) => source.path.startsWith(from))
  if (room === undefined) return [{ path: source.path, line: 1, what: 'in no room: see rooms in test/tidy/imports.ts' }]
  return importsOf(source)
    .filter(({ target }) => !isAllowed(source, room, target))
    .map(({ target, line }) => ({
      path: source.path,
      line,
      what: `${room.from} may not import ${target}`,
    }))
}

function importsOf(source: Source): readonly { target: string; line: number }[] {
  const code = source.text.replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, '')
  return [...code.matchAll(pattern)].map((match) => ({
    target: resolved(source.path, match[2] ?? match[4] ?? ''),
    line: lineAt(code, match.index),
  }))
}

/** `stream/stream.ts` for a file of `src/`, `detectors/…` and `schemas/…` as they are, and packages as they are named. */
function resolved(from: string, target: string): string {
  const path = target.startsWith('.') ? posix.join(posix.dirname(from), target) : target.replace(/^#/, '')
  return target.startsWith('.') || target.startsWith('#') ? path.replace(/^src\//, './') : path
}

function isAllowed(source: Source, room: Room, target: string): boolean {
  if (isInside(source.path, target)) return true
  if (target.startsWith('./') || /^(detectors|schemas|test)\//.test(target)) {
    const path = target.replace(/^\.\//, '')
    return room.rooms.some((allowed) => path === allowed || path === `${allowed}.ts` || path.startsWith(`${allowed}/`))
  }
  return room.packages.some(
    (allowed) => target === allowed || target.startsWith(allowed.endsWith(':') ? allowed : `${allowed}/`),
  )
}

/** Within one room, one detector, one schema; `config.ts` is the door of `config/`. */
function isInside(from: string, target: string): boolean {
  if (from === 'src/config.ts' && target.startsWith('./config/')) return true
  const depth = 2
  const own = from.split('/').slice(0, depth).join('/')
  return own.includes('.ts') ? false : target.replace(/^\.\//, 'src/').startsWith(`${own}/`)
}
