import { readFileSync, writeFileSync } from 'node:fs'

/**
 * npm leaves an optional package of another platform out of the lock file when it cannot see it while writing, and
 * `npm ci` refuses such a lock file later. This puts the missing entries back: `npm run lock` after every change of packages.
 */
export interface LockEntry {
  version?: string
  resolved?: string
  os?: string[] | string
  cpu?: string[] | string
  libc?: string[] | string
  optional?: boolean
  dev?: boolean
  optionalDependencies?: Record<string, string>
  [field: string]: unknown
}

export interface Lock {
  packages: Record<string, LockEntry>
}

export interface Missing {
  readonly name: string
  readonly version: string
  readonly dev: boolean
}

/** Optional packages that some package of the lock file names and that have no entry anywhere above it. */
export function missingOptionals(lock: Lock): readonly Missing[] {
  const missing = new Map<string, Missing>()
  for (const [at, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isPresent(lock, at, name)) continue
      missing.set(name, { name, version, dev: entry.dev === true && missing.get(name)?.dev !== false })
    }
  }
  return [...missing.values()]
}

function isPresent(lock: Lock, at: string, name: string): boolean {
  const steps = at === '' ? [] : at.split('/node_modules/')
  for (let depth = steps.length; depth >= 0; depth--) {
    const above = steps.slice(0, depth).join('/node_modules/')
    if (lock.packages[above === '' ? `node_modules/${name}` : `${above}/node_modules/${name}`] !== undefined)
      return true
  }
  return false
}

const systems = new Set(['linux', 'darwin', 'win32', 'freebsd', 'android', 'openharmony'])
const processors = new Set(['x64', 'arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x'])
const libraries = new Map([
  ['gnu', 'glibc'],
  ['gnueabihf', 'glibc'],
  ['musl', 'musl'],
  ['musleabihf', 'musl'],
])

/** Reads the platform out of a package's name; throws for a name that states none, which must then be entered by hand. */
export function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } {
  const words = name.split(/[/-]/)
  const os = words.find((word) => systems.has(word))
  const cpu = words.find((word) => processors.has(word))
  if (os === undefined || cpu === undefined) throw new Error(`${name} names no platform`)
  const libc = os === 'linux' ? libraries.get(words.at(-1) ?? '') : undefined
  return { os: [os], cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }) }
}

/** The lock file with an entry for each missing optional package, in npm's order, and without addresses. */
export function complete(lock: Lock): Lock {
  const packages = structuredClone(lock.packages)
  for (const { name, version, dev } of missingOptionals(lock)) {
    packages[`node_modules/${name}`] = { version, ...platformOf(name), ...(dev ? { dev } : {}), optional: true }
  }
  for (const entry of Object.values(packages)) delete entry.resolved
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
  return { ...lock, packages: Object.fromEntries(sorted) }
}

if (import.meta.main) {
  const file = new URL('../package-lock.json', import.meta.url)
  const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock
  writeFileSync(file, `${JSON.stringify(complete(lock), null, 2)}\n`)
  process.stdout.write(`${missingOptionals(lock).length} entries added\n`)
}
