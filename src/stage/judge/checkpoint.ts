import type { Told } from '#src/alert/told.ts'
import { ByteWriter } from '#src/baseline/bytes.ts'
import { type EntityRef, endpointRef, refOf, shardOfRef } from '#src/baseline/entity.ts'
import { SCOPES, type Scope } from '#src/baseline/measure.ts'
import type { Meter } from '#src/detection/budget.ts'
import type { HeardState } from '#src/detection/hearing.ts'
import type { Plan } from '#src/detection/plan.ts'
import type { StateWrite } from '#src/stream/stream.ts'
import type { Entity, Shard } from './shard.ts'
import { readEntity, readKnown, readPeers, writeEntity, writeKnown, writePeers } from './snapshot.ts'

/**
 * The keys of a lane's state: an entity, what the endpoints of a service and the identities of a shard have in common, a name that
 * these have met, what was told of an alert, and the lane itself.
 */
const LANE = 'lane'
const ENTITY: Readonly<Record<Scope, string>> = { endpoint: 'endpoint/', identity: 'identity/', service: 'as-service/' }
const SERVICE = 'service/'
const IDENTITIES = 'identities/'
const KNOWN = 'known/'
const TOLD = 'told/'

interface LaneRecord {
  readonly v: 1
  /** All ticks before this are settled and in the state. */
  readonly closed: number
  /** By shard, scope and detector. */
  readonly meters: Readonly<Record<string, Readonly<Record<string, { run: Meter; single: Meter }>>>>
  /** By shard and scope: the block in which room was last made. */
  readonly roomMade: Readonly<Record<string, Readonly<Record<Scope, number>>>>
  /** In which ticks anything was heard; not in a state that an older Tidemark wrote. */
  readonly heard?: HeardState | null
}

/** Everything that has changed since the last checkpoint, as state records. */
export function checkpoint(
  plan: Plan,
  shards: ReadonlyMap<number, Shard>,
  dirty: readonly Entity[],
  closed: number,
  heard: HeardState | null,
): StateWrite[] {
  const out = new ByteWriter()
  const writes: StateWrite[] = []
  for (const shard of shards.values()) {
    for (const { ref, key } of shard.gone) writes.push({ key: ENTITY[ref.scope] + key, value: null })
    shard.gone.length = 0
  }
  for (const entity of dirty) {
    if (entity.row < 0) continue
    const { scope } = entity.ref
    writes.push({ key: ENTITY[scope] + entity.key, value: writeEntity(out, plan[scope], entity) })
  }
  for (const [number, shard] of shards) for (const write of peersWrites(plan, number, shard, out)) writes.push(write)
  const meters: Record<string, Record<string, { run: Meter; single: Meter }>> = {}
  for (const [number, shard] of shards) {
    const own: Record<string, { run: Meter; single: Meter }> = {}
    for (const scope of SCOPES) {
      plan[scope].watches.forEach((watch, i) => {
        own[`${scope}/${watch.detector.name}`] = shard.meters[scope][i] as { run: Meter; single: Meter }
      })
    }
    meters[String(number)] = own
  }
  const roomMade = Object.fromEntries([...shards].map(([number, shard]) => [String(number), shard.roomMade]))
  const record: LaneRecord = { v: 1, closed, meters, roomMade, heard }
  writes.push({ key: LANE, value: Buffer.from(JSON.stringify(record)) })
  return writes
}

/** What peers have in common, as far as it has changed. */
function peersWrites(plan: Plan, number: number, shard: Shard, out: ByteWriter): StateWrite[] {
  const writes: StateWrite[] = []
  for (const scope of SCOPES) {
    const { groups, names, dirtyGroups, dirtyNames } = shard.peers[scope]
    for (const group of dirtyGroups) {
      const key = scope === 'endpoint' ? SERVICE + group : IDENTITIES + String(number)
      writes.push({ key, value: writePeers(out, plan[scope], groups.get(group) as Float64Array) })
    }
    dirtyGroups.clear()
    for (const [measure, dirty] of dirtyNames) {
      for (const name of dirty) {
        const known = names.get(measure)?.get(name)
        const key = `${KNOWN}${number}/${scope}/${measure}/${name}`
        writes.push({ key, value: known === undefined ? null : writeKnown(out, known) })
      }
      dirty.clear()
    }
  }
  return writes
}

/** What was told of one alert, or that it need not be remembered any more. */
export function toldWrite(id: string, told: Told | null): StateWrite {
  return { key: TOLD + id, value: told === null ? null : Buffer.from(JSON.stringify(told)) }
}

/** Loads a lane's state. Returns the first tick that is not settled, or `null` where nothing was ever written. */
export function restore(
  plan: Plan,
  shards: ReadonlyMap<number, Shard>,
  shardsInAll: number,
  told: Map<string, Told>,
  state: ReadonlyMap<string, Uint8Array>,
): number | null {
  const shardFor = (ref: EntityRef): Shard | undefined => shards.get(shardOfRef(ref, shardsInAll))
  for (const [key, value] of state) {
    if (key.startsWith(TOLD)) told.set(key.slice(TOLD.length), JSON.parse(textOf(value)) as Told)
    else if (key.startsWith(SERVICE)) {
      const name = key.slice(SERVICE.length)
      const row = shardFor(endpointRef(name, '', ''))?.peers.endpoint.open(name, 0)
      if (row !== undefined) readPeers(value, plan.endpoint, row)
    } else if (key.startsWith(IDENTITIES)) {
      const row = shards.get(Number(key.slice(IDENTITIES.length)))?.peers.identity.open('', 0)
      if (row !== undefined) readPeers(value, plan.identity, row)
    } else if (key.startsWith(KNOWN)) restoreKnown(shards, key.slice(KNOWN.length), value)
    else {
      const scope = SCOPES.find((one) => key.startsWith(ENTITY[one]))
      if (scope !== undefined) restoreEntity(shardFor, scope, key.slice(ENTITY[scope].length), value)
    }
  }
  const lane = state.get(LANE)
  if (lane === undefined) return null
  const record = JSON.parse(textOf(lane)) as LaneRecord
  if (record.v !== 1) throw new Error(`state of version ${String(record.v)}: written by a later Tidemark`)
  restoreMeters(plan, shards, record)
  for (const [number, shard] of shards) Object.assign(shard.roomMade, record.roomMade?.[String(number)])
  return record.closed
}

/** In which ticks anything was heard, as far as it is in a lane's state. */
export function heardOf(state: ReadonlyMap<string, Uint8Array>): HeardState | null {
  const lane = state.get(LANE)
  return lane === undefined ? null : ((JSON.parse(textOf(lane)) as LaneRecord).heard ?? null)
}

function restoreEntity(
  shardFor: (ref: EntityRef) => Shard | undefined,
  scope: Scope,
  key: string,
  value: Uint8Array,
): void {
  const ref = refOf(scope, key)
  const shard = shardFor(ref)
  if (shard === undefined) return
  const entity = shard.entity(scope, key)
  entity.row = entity.rows.take()
  readEntity(
    value,
    shard.setting(scope, false, () => {}),
    entity,
  )
}

/** `number/scope/measure/name`: names may hold slashes, the others do not. */
function restoreKnown(shards: ReadonlyMap<number, Shard>, key: string, value: Uint8Array): void {
  const [number, scope, measure] = key.split('/', 3) as [string, Scope, string]
  const name = key.slice(number.length + scope.length + measure.length + 3)
  // A measure that is not there any more takes nothing.
  shards.get(Number(number))?.peers[scope].names.get(measure)?.set(name, readKnown(value))
}

function restoreMeters(plan: Plan, shards: ReadonlyMap<number, Shard>, record: LaneRecord): void {
  for (const [number, own] of Object.entries(record.meters)) {
    const shard = shards.get(Number(number))
    if (shard === undefined) continue
    for (const scope of SCOPES) {
      plan[scope].watches.forEach((watch, i) => {
        const known = own[`${scope}/${watch.detector.name}`]
        const meters = shard.meters[scope][i]
        if (known === undefined || meters === undefined) return
        Object.assign(meters.run, known.run)
        Object.assign(meters.single, known.single)
      })
    }
  }
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')
}
