import { randomFor } from '#src/demo/random.ts'
import {
  deniedBurst,
  deniedSlowly,
  deniedSpray,
  lateralByRole,
  lateralPopular,
  lateralUniform,
} from './attacks/access.ts'
import type { DrawAttack } from './attacks/attack.ts'
import { errorBurst, errorsBySize } from './attacks/failures.ts'
import {
  endpointSilence,
  fastExfiltration,
  identitySilence,
  randomEnumeration,
  sequentialEnumeration,
  slowExfiltration,
} from './attacks/objects.ts'
import { cardinalityFlood, getSpike, poisoningRamp, sensitiveSpike } from './attacks/reading.ts'
import { newOrigins, tokenFromManyOrigins, tokenLifetime } from './attacks/tokens.ts'
import type { Effect } from './effect.ts'
import { neededNats } from './nats.ts'
import { Places } from './place.ts'
import { drawTrouble } from './trouble.ts'
import type { World } from './world.ts'

const attacks: readonly DrawAttack[] = [
  errorBurst,
  errorsBySize,
  getSpike,
  sensitiveSpike,
  deniedBurst,
  deniedSpray,
  deniedSlowly,
  lateralUniform,
  lateralPopular,
  lateralByRole,
  sequentialEnumeration,
  randomEnumeration,
  fastExfiltration,
  slowExfiltration,
  endpointSilence,
  identitySilence,
  tokenLifetime,
  tokenFromManyOrigins,
  newOrigins,
  poisoningRamp,
  cardinalityFlood,
]

/** What an alert needs in this world where one false alarm a day is allowed. */
export function neededIn(world: World): number {
  return neededNats(world.size.endpoints + world.size.identities, 1)
}

/** Everything that happens in a world: trouble first, then every kind of attack in turn, each with an entity of its own. */
export function planOf(world: World): readonly Effect[] {
  const places = new Places(world)
  const trouble = drawTrouble(world, places)
  const needed = neededIn(world)
  const drawn = Array.from({ length: world.size.attacks }, (_, i) => {
    const random = randomFor(world.seed, 30, i)
    // One in four below what is needed, one in four up to twice that, two in four beyond; each kind in turn, over the seeds.
    const quarter = (world.seed + i + Math.floor(i / attacks.length)) % 4
    const [low, high] = quarter === 0 ? [0.2, 1] : quarter === 1 ? [1, 2] : [2, 20]
    const wanted = needed * low! * (high! / low!) ** random.unit()
    return attacks[i % attacks.length]!({ places, random, id: `attack-${i + 1}`, wanted })
  })
  return [...trouble, ...drawn]
}
