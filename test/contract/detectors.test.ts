import { describe, expect, test } from 'vitest'
import { isContext } from '#src/detection/context.ts'
import { shipped } from './detector/play.ts'
import { detectorContract } from './detectors.ts'

const stage = await shipped()
const root = new URL('../../detectors/', import.meta.url)

test('there are detectors', () => {
  expect([...stage.detectors.keys()]).toEqual(
    expect.arrayContaining(['error-burst', 'get-spike', 'payload-error', 'payload-outlier', 'silence']),
  )
})

describe.each([...stage.detectors.values()].flatMap((one) => (isContext(one) ? [] : [one])))('$name', (detector) => {
  detectorContract(detector, new URL(`${detector.name}/`, root))
})
