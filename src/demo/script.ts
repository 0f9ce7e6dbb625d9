import type { EntityName } from '#src/alert/alert.ts'
import type { EpochMs } from '#src/call/call.ts'
import type { Attack, Disturbance, Trouble } from './attacks.ts'
import { randomFor } from './random.ts'
import {
  callersOf,
  createWorld,
  type DemoEndpoint,
  type DemoIdentity,
  demoSize,
  endpointNamed,
  type World,
} from './world.ts'

/** What an attack must raise, and what it may raise besides. */
export interface ExpectedAlert {
  readonly attack: string
  /** One sentence for people. */
  readonly what: string
  readonly detector: string
  /** Detectors that may rightly speak up as well. */
  readonly alsoDetectors: readonly string[]
  /** The endpoint that is attacked. */
  readonly entity: EntityName
  /** Identities that take part: an alert about one of them is about this attack too. */
  readonly identities: readonly string[]
  readonly from: EpochMs
  readonly to: EpochMs
}

/** A company, its past with benign trouble in it, and what will happen once the past has been told. */
export interface DemoScript {
  readonly world: World
  readonly pastFrom: EpochMs
  readonly trouble: readonly Trouble[]
  /** The attacks of the live part, which begins at `liveFrom`. */
  attacks(liveFrom: EpochMs): readonly Attack[]
}

const minuteMs = 60_000
export const pastMs = 120 * minuteMs
/** Every attack is over so long after the live part has begun. */
export const attacksMs = 60_000

/** The demo of one seed: two hours of past before `now`, then one attack after the other. */
export function demoScript(seed: number, now: EpochMs): DemoScript {
  const world = createWorld(seed, demoSize)
  return {
    world,
    pastFrom: now - pastMs,
    trouble: benignTrouble(now),
    attacks: (liveFrom) => attackScript(world, liveFrom),
  }
}

/** What must stay silent: two deploys and a mild crowd, in the past and while the attacks run. */
export function benignTrouble(now: EpochMs): readonly Trouble[] {
  const deploy = { kind: 'deploy', sizes: 1.25, durations: 0.8 } as const
  return [
    { ...deploy, id: 'past-deploy', service: 'search', from: now - 70 * minuteMs, to: now + 240 * minuteMs },
    { kind: 'crowd', id: 'past-crowd', service: 'cart', peak: 1.5, from: now - 50 * minuteMs, to: now - 20 * minuteMs },
    { ...deploy, id: 'live-deploy', service: 'inventory', from: now + 30_000, to: now + 240 * minuteMs },
  ]
}

/** The attack script: five attacks within a minute of `liveFrom`, one of each kind that Tidemark must tell. */
export function attackScript(world: World, liveFrom: EpochMs): readonly Attack[] {
  const at = (seconds: number): EpochMs => liveFrom + seconds * 1000
  const exporting = endpointNamed(world, 'customers', 'GET', '/v1/customers/{id}/export')
  const uploading = endpointNamed(world, 'documents', 'POST', '/v1/documents')
  const secret = endpointNamed(world, 'vault', 'GET', '/v1/secrets/{name}')
  return [
    {
      kind: 'huge-responses',
      id: 'customer-export',
      endpoint: exporting,
      caller: someCaller(world, exporting, 1),
      calls: 12,
      bytes: 180_000_000,
      from: at(2),
      to: at(12),
    },
    {
      kind: 'error-burst',
      id: 'charges-failing',
      endpoint: endpointNamed(world, 'payments', 'POST', '/v1/charges'),
      failing: 0.7,
      retries: 6,
      from: at(12),
      to: at(30),
    },
    {
      kind: 'read-spike',
      id: 'secrets-read',
      endpoint: secret,
      caller: someCaller(world, secret, 2),
      callsPerSecond: 25,
      from: at(24),
      to: at(38),
    },
    {
      kind: 'huge-requests',
      id: 'document-flood',
      endpoint: uploading,
      caller: someCaller(world, uploading, 3),
      calls: 6,
      bytes: 95_000_000,
      from: at(36),
      to: at(46),
    },
    {
      kind: 'read-spike',
      id: 'catalog-scraped',
      endpoint: endpointNamed(world, 'catalog', 'GET', '/v1/products/{id}'),
      caller: null,
      callsPerSecond: 90,
      from: at(44),
      to: at(60),
    },
  ]
}

/** The alerts that a script must raise, in the order of the attacks. */
export function expectedAlerts(world: World, disturbances: readonly Disturbance[]): readonly ExpectedAlert[] {
  return disturbances.flatMap((disturbance) => {
    if (disturbance.kind === 'deploy' || disturbance.kind === 'crowd') return []
    return [expectedOf(world, disturbance)]
  })
}

function expectedOf(world: World, attack: Attack): ExpectedAlert {
  const { service, method, route } = attack.endpoint
  const name = `${method} ${route} of ${service}`
  const common = {
    attack: attack.id,
    entity: { kind: 'endpoint', service, method, route, identity: null },
    from: attack.from,
    to: attack.to,
  } as const
  switch (attack.kind) {
    case 'error-burst': {
      const callers = callersOf(world, attack.endpoint.index).map((caller) => caller.name)
      const what = `${Math.round(100 * attack.failing)}% of calls to ${name} fail`
      return { ...common, what, detector: 'error-burst', alsoDetectors: [], identities: callers }
    }
    case 'huge-responses':
    case 'huge-requests': {
      const direction = attack.kind === 'huge-responses' ? 'responses from' : 'requests to'
      const what = `${attack.calls} ${direction} ${name} of about ${Math.round(attack.bytes / 1e6)} MB`
      // A few calls more are a few calls more: on a quiet endpoint that may be noticed as well.
      return {
        ...common,
        what,
        detector: 'payload-outlier',
        alsoDetectors: ['get-spike'],
        identities: [attack.caller.name],
      }
    }
    case 'read-spike': {
      const who = attack.caller === null ? 'many strangers' : attack.caller.name
      const what = `${attack.callsPerSecond} calls a second to ${name} by ${who}`
      const identities = attack.caller === null ? [] : [attack.caller.name]
      return { ...common, what, detector: 'get-spike', alsoDetectors: [], identities }
    }
  }
}

/** A workload that calls the endpoint now and then: its credentials are what was stolen. */
function someCaller(world: World, endpoint: DemoEndpoint, key: number): DemoIdentity {
  const callers = callersOf(world, endpoint.index).filter((caller) => caller.kind === 'service')
  if (callers.length === 0) throw new Error(`nobody calls ${endpoint.service} ${endpoint.method} ${endpoint.route}`)
  return randomFor(world.seed, 10, key).pick(callers)
}
