import { expect, test } from 'vitest'
import { shardOf } from '#src/baseline/entity.ts'
import { detect, SHARDS } from './run.ts'
import { checkTold, runAs } from './same.ts'
import { inOrder, MINUTE, stretch, WORLD_START } from './world.ts'

const SECONDS = WORLD_START / 1000
const token = (id: string, issued: number, seconds: number) => ({
  token_id: id,
  token_issued_at: SECONDS + issued,
  token_expires_at: SECONDS + issued + seconds,
})

/** Two identities with tokens of two hours. One comes with one of a day, then the other with one that has run out: accepted, then refused. */
function world(): Uint8Array[] {
  const usual = { path: '/r0', client_ip: '192.0.2.1' }
  const end = WORLD_START + 50 * MINUTE
  const lines = [
    ...stretch(WORLD_START, end, 7000, { ...usual, identity: 'desk', ...token('d-1', -60, 7200) }),
    ...stretch(WORLD_START, end, 7000, { ...usual, identity: 'billing', ...token('b-1', -60, 7200) }),
    ...stretch(WORLD_START + 40 * MINUTE, end, 30_000, { ...usual, identity: 'desk', ...token('d-2', 2000, 86_400) }),
    ...stretch(end - 5 * MINUTE, end, 20_000, { ...usual, identity: 'billing', ...token('b-0', -7000, 7200) }),
    ...stretch(end - 4 * MINUTE, end, 20_000, {
      ...usual,
      status: 401,
      identity: 'desk',
      ...token('d-0', -7000, 7200),
    }),
  ]
  return inOrder(lines).map((line, i) => Buffer.from(line.toString().replace('{', `{"request_id":"id-${i}",`)))
}

test('tokens beyond what they are for are told in every run alike, each once', async () => {
  expect(shardOf('identity', 'desk', SHARDS)).toBe(shardOf('identity', 'billing', SHARDS))
  const lines = world()
  const plain = await detect([lines])
  checkTold(plain)
  const told = plain.settled.filter(({ detector }) => detector === 'token-lifetime')
  expect(told.map(({ entity, contributors, observed }) => [entity.identity, contributors[0]?.name, observed])).toEqual([
    ['desk', 'd-2', { calls: expect.any(Number), lifetime_seconds: 86_400 }],
    ['billing', 'b-0', { calls: expect.any(Number), expired: 5 }],
  ])
  for (const [i, partitions] of [1, 3, 8].entries()) {
    const how = { shuffle: 100 + i, crash: 200 + i, schedule: 300 + i, partitions, batch: 400, chunk: 400 } as const
    const other = await runAs(lines, how)
    expect(other.settled).toEqual(plain.settled)
    checkTold(other)
  }
})
