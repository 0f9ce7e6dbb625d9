import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { complete, type Lock, missingOptionals, platformOf } from '../.ci/lock.ts'

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'))
const lock = read('package-lock.json') as Lock
const chdb = ['darwin-arm64', 'darwin-x64', 'linux-arm64-gnu', 'linux-x64-gnu'].map((name) => `@chdb/lib-${name}`)
const nodes = ['linux-x64', 'linux-arm64', 'darwin-x64', 'win-x64'].map((name) => `node-${name}`)

describe('package-lock.json', () => {
  it('has an entry for each optional package of each platform, or npm ci refuses it', () => {
    expect(missingOptionals(lock)).toEqual([])
  })

  it.each([...chdb, ...nodes])('holds %s, optional and bound to its platform', (name) => {
    expect(lock.packages[`node_modules/${name}`]).toMatchObject({
      optional: true,
      os: expect.anything(),
      cpu: expect.anything(),
    })
  })

  it('names no host', () => {
    const hosts = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined)
    expect(hosts).toEqual([])
  })

  it('locks what package.json asks for', () => {
    const wanted = read('package.json') as Record<string, unknown>
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      expect(lock.packages['']?.[kind]).toEqual(wanted[kind])
    }
  })
})

describe('the tool that completes it', () => {
  const holes: Lock = {
    packages: {
      '': { optionalDependencies: { top: '1.0.0' } },
      'node_modules/top': { version: '1.0.0', resolved: 'https://registry.example/top.tgz' },
      'node_modules/a': { dev: true, optionalDependencies: { 'a-linux-x64-musl': '2.0.0', b: '1.0.0' } },
      'node_modules/a/node_modules/b': { version: '1.0.0' },
    },
  }

  it('sees the hole and not what is nested', () => {
    expect(missingOptionals(holes)).toEqual([{ name: 'a-linux-x64-musl', version: '2.0.0', dev: true }])
  })

  it('fills it, and drops addresses', () => {
    const { packages } = complete(holes)
    expect(packages['node_modules/a-linux-x64-musl']).toEqual({
      version: '2.0.0',
      os: ['linux'],
      cpu: ['x64'],
      libc: ['musl'],
      dev: true,
      optional: true,
    })
    expect(packages['node_modules/top']).toEqual({ version: '1.0.0' })
  })

  it('reads platforms out of names, and refuses to guess', () => {
    expect(platformOf('@chdb/lib-darwin-arm64')).toEqual({ os: ['darwin'], cpu: ['arm64'] })
    expect(platformOf('@oxc-parser/binding-linux-arm-gnueabihf')).toEqual({
      os: ['linux'],
      cpu: ['arm'],
      libc: ['glibc'],
    })
    expect(() => platformOf('fsevents')).toThrow('names no platform')
  })
})
