import { expect, test } from 'vitest'
import { shardOf } from '#src/baseline/entity.ts'
import { detect, SHARDS } from './run.ts'
import { checkTold, runAs } from './same.ts'
import { inOrder, MINUTE, stretch, WORLD_START } from './world.ts'

const HOUR = 60 * MINUTE
/** When the first identities are old enough to be judged. */
const WARM = WORLD_START + 13 * HOUR
const ROUTES = Array.from({ length: 10 }, (_, i) => `/r${i}`)

/** One identity knows ten endpoints, the other one of them and one network; then that one calls all ten, from eight networks. */
function world(): Uint8Array[] {
  const lines: Uint8Array[] = []
  for (const [from, to] of [
    [WORLD_START, WORLD_START + 45 * MINUTE],
    [WARM, WARM + 40 * MINUTE],
  ] as const) {
    for (const [i, path] of ROUTES.entries())
      lines.push(...stretch(from + 100 * i, to, 30_000, { path, identity: 'billing', client_ip: '192.0.2.1' }))
    lines.push(...stretch(from, to, 7000, { path: '/r0', identity: 'desk', client_ip: '198.51.100.1' }))
  }
  for (const [i, path] of ROUTES.entries()) {
    const at = WARM + 20 * MINUTE + 20_000 * i
    lines.push(...stretch(at, at + 1, 1, { path, identity: 'desk', client_ip: `100.64.${i}.1` }))
  }
  return inOrder(lines).map((line, i) => Buffer.from(line.toString().replace('{', `{"request_id":"id-${i}",`)))
}

test('what is new to an identity is new in every run, and told with its names', async () => {
  expect(shardOf('identity', 'desk', SHARDS)).toBe(shardOf('identity', 'billing', SHARDS))
  const lines = world()
  const plain = await detect([lines])
  checkTold(plain)
  const told = plain.settled.map(({ detector, entity }) => [detector, entity.identity])
  expect(told.filter(([detector]) => detector?.startsWith('new-')).sort()).toEqual([
    ['new-edge', 'desk'],
    ['new-origin', 'desk'],
  ])
  const [edge] = plain.settled.filter(({ detector }) => detector === 'new-edge')
  expect(edge?.observed).toMatchObject({ new_endpoints: 9 })
  expect(edge?.contributors[0]?.name).toBe('GET a /r1')
  expect(edge?.examples.length).toBe(5)
  for (const [i, partitions] of [1, 3, 8].entries()) {
    const how = { shuffle: 100 + i, crash: 200 + i, schedule: 300 + i, partitions, batch: 400, chunk: 400 } as const
    const other = await runAs(lines, how)
    expect(other.settled).toEqual(plain.settled)
    checkTold(other)
  }
})
