import { hashText } from '#src/call/hash.ts'
import type { Scope } from './measure.ts'

/** What an entity of a scope is called. An endpoint has no identity, an identity and a service have nothing else. */
export interface EntityRef {
  readonly scope: Scope
  readonly service: string
  readonly method: string
  readonly route: string
  readonly identity: string
}

export function endpointRef(service: string, method: string, route: string): EntityRef {
  return { scope: 'endpoint', service, method, route, identity: '' }
}

export function identityRef(identity: string): EntityRef {
  return { scope: 'identity', service: '', method: '', route: '', identity }
}

export function serviceRef(service: string): EntityRef {
  return { scope: 'service', service, method: '', route: '', identity: '' }
}

/** One text for one entity within its scope. Names hold no line feeds: `finishCall` strips control characters. */
export function keyOf(ref: EntityRef): string {
  if (ref.scope === 'identity') return ref.identity
  return ref.scope === 'service' ? ref.service : `${ref.service}\n${ref.method}\n${ref.route}`
}

/** The inverse of `keyOf`. */
export function refOf(scope: Scope, key: string): EntityRef {
  if (scope === 'identity') return identityRef(key)
  if (scope === 'service') return serviceRef(key)
  const first = key.indexOf('\n')
  const second = key.indexOf('\n', first + 1)
  return endpointRef(key.slice(0, first), key.slice(first + 1, second), key.slice(second + 1))
}

/** Whether a text is what an endpoint is called: no other name has line feeds in it. */
export function isEndpointKey(text: string): boolean {
  return text.includes('\n')
}

/** How people read what an entity met, or who is behind its calls: an endpoint's label, or the name itself. */
export function nameText(name: string): string {
  return isEndpointKey(name) ? labelOf(refOf('endpoint', name)) : name
}

/** The service of an endpoint, by the endpoint's key. */
export function serviceOfKey(key: string): string {
  return key.slice(0, key.indexOf('\n'))
}

/** How people read it: `POST payments /v1/charge`, or the name of the identity or the service. */
export function labelOf(ref: EntityRef): string {
  if (ref.scope === 'identity') return ref.identity
  return ref.scope === 'service' ? ref.service : `${ref.method} ${ref.service} ${ref.route}`
}

/**
 * The shard that owns an entity: endpoints go by their service, so that an endpoint, its peers and its parent meet; identities
 * by themselves. Depends on nothing but the name and the number of shards.
 */
export function shardOf(scope: Scope, owner: string, shards: number): number {
  return hashText(owner, scope === 'identity' ? IDENTITY_SEED : ENDPOINT_SEED) % shards
}

const ENDPOINT_SEED = 0x5eed1
const IDENTITY_SEED = 0x5eed2

/** No name from a log holds this: `finishCall` strips control characters. */
const OTHER = '\u0001other '

/** The entity that stands for all those of a shard for which there is no room. */
export function otherRef(scope: Scope, shard: number): EntityRef {
  const name = OTHER + String(shard)
  return scope === 'endpoint' ? endpointRef(name, '*', '/**') : refOf(scope, name)
}

export function isOther(ref: EntityRef): boolean {
  return ref.service.startsWith(OTHER) || ref.identity.startsWith(OTHER)
}

/** The shard of an entity, whether it is one of the others or has a name of its own. */
export function shardOfRef(ref: EntityRef, shards: number): number {
  const owner = ref.scope === 'identity' ? ref.identity : ref.service
  return isOther(ref) ? Number(owner.slice(OTHER.length)) : shardOf(ref.scope, owner, shards)
}
