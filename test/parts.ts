import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Something real that tests run against and that a machine may lack. */
export interface Part {
  readonly name: string
  /** Under CI=true, what comes through npm or Maven must be there; what comes through Debian is skipped by name. */
  readonly through: 'npm' | 'maven' | 'debian'
  /** Says where the part comes from; `null` where the machine has none. */
  find(env: NodeJS.ProcessEnv): string | null
}

export const parts: readonly Part[] = [
  { name: 'ClickHouse engine', through: 'npm', find: findEngine },
  { name: 'Kafka', through: 'maven', find: findKafka },
  { name: 'Chromium', through: 'debian', find: (env) => env.CHROMIUM ?? onPath(['chromium', 'google-chrome'], env) },
]

/** For `describe.skipIf(!hasPart('Kafka'))`: whether this machine can give the part. Throws for a name that is not in the list. */
export function hasPart(name: string): boolean {
  const part = parts.find((candidate) => candidate.name === name)
  if (part === undefined) throw new Error(`no part is called ${name}`)
  return part.find(process.env) !== null
}

export interface Inventory {
  readonly lines: readonly string[]
  /** Parts that are missing and may be. */
  readonly skipped: number
  /** Parts that are missing and must be there. */
  readonly failed: number
}

/** Says part by part what is there, and judges what is not. */
export function takeInventory(all: readonly Part[], env: NodeJS.ProcessEnv): Inventory {
  const lines: string[] = []
  let skipped = 0
  let failed = 0
  for (const part of all) {
    const from = part.find(env)
    const mustBeThere = env.CI === 'true' && part.through !== 'debian'
    if (from !== null) lines.push(`part ${part.name}: ${from}`)
    else if (mustBeThere) lines.push(`part ${part.name}: MISSING, and CI=true wants it (through ${part.through})`)
    else lines.push(`part ${part.name}: skipped, not on this machine (comes through ${part.through})`)
    if (from === null && mustBeThere) failed++
    if (from === null && !mustBeThere) skipped++
  }
  return { lines, skipped, failed }
}

function findEngine(): string | null {
  const folder = join(import.meta.dirname, '../node_modules/@chdb')
  const libraries = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('lib-')) : []
  return libraries.length === 0 ? null : `@chdb/${libraries[0]} from npm`
}

function findKafka(env: NodeJS.ProcessEnv): string | null {
  if (env.KAFKA_BROKERS) return 'the brokers of KAFKA_BROKERS'
  const canFetch = onPath(['mvn'], env) !== null || hasJars()
  if (onPath(['java'], env) !== null && canFetch) return 'its own jars, through Maven, with Java'
  return dockerAnswers(env) ? 'a container' : null
}

function hasJars(): boolean {
  const cache = join(import.meta.dirname, '../.cache')
  return existsSync(cache) && readdirSync(cache).some((name) => /^kafka-[\d.]+$/.test(name))
}

function dockerAnswers(env: NodeJS.ProcessEnv): boolean {
  if (onPath(['docker'], env) === null) return false
  return spawnSync('docker', ['info'], { env, stdio: 'ignore', timeout: 5_000 }).status === 0
}

function onPath(names: readonly string[], env: NodeJS.ProcessEnv): string | null {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    for (const name of names) if (folder !== '' && existsSync(join(folder, name))) return join(folder, name)
  }
  return null
}
