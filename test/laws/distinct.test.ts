import { expect, test } from 'vitest'
import objectEnumeration from '#detectors/object-enumeration/detector.ts'
import { newCountNorm } from '#src/baseline/count-norm.ts'
import { addText, distinctOf } from '#src/baseline/kinds/distinct.ts'
import { ALTERNATIVES, clearEvidence, newEvidence } from '#src/detection/surprise.ts'

/** Logarithms of the probabilities of 0, 1, 2, … under a negative binomial of mean `mu` and shape `r`. */
function* negativeBinomial(mu: number, r: number): Generator<readonly [k: number, logMass: number]> {
  let logMass = r * Math.log(r / (mu + r))
  for (let k = 0; k < 1000; k += 1) {
    yield [k, logMass]
    logMass += Math.log(((k + r) / (k + 1)) * (mu / (mu + r)))
  }
}

test.each([2, 10, 60])(
  'evidence from estimates is at most 1 on average, where %i different things are the most that is normal',
  (mu) => {
    // The estimate strays by 6 to 9%; what is learned from estimates holds that, and the model takes half as much again.
    const [phi, strays] = [0.05, 0.09]
    const view = { ...newCountNorm(), mean: mu, bound: mu, shape: 1 / (1.5 * (phi + strays * strays)), armed: true }
    const missing = { part: 0, whole: 0, share: 0.01, bound: 0.03, seen: 0 }
    const params = objectEnumeration.params.parse({})
    const evidence = newEvidence()
    const sums = new Float64Array(ALTERNATIVES)
    const lists = Array.from({ length: 60 }, (): number[] => [])
    for (const [many, logMass] of negativeBinomial(mu, 1 / phi)) {
      for (const [i, list] of lists.entries()) {
        if (many > 0) addText(list, `${i}/${many}`)
        clearEvidence(evidence)
        objectEnumeration.judge({ objects: { ...view, k: distinctOf(list) }, missing }, evidence, params)
        for (let m = 0; m < ALTERNATIVES; m += 1) sums[m]! += Math.exp(logMass + evidence.logE[m]!) / lists.length
      }
    }
    const [four = 0, eight = 0, forty = 0, ...ofMissing] = sums
    for (const mean of [four, eight, forty]) expect(mean).toBeLessThanOrEqual(1)
    expect(Math.max(four, eight, forty)).toBeGreaterThan(0.02)
    // What is missing has nothing to say: no call named an object.
    for (const mean of ofMissing) expect(mean).toBeCloseTo(1, 3)
  },
)
