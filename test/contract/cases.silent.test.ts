import { describe } from 'vitest'
import { isContext } from '#src/detection/context.ts'
import { casesContract } from './detector/cases.ts'
import { shipped } from './detector/play.ts'

const stage = await shipped()
const root = new URL('../../detectors/', import.meta.url)

describe.each([...stage.detectors.values()].flatMap((one) => (isContext(one) ? [] : [one])))(
  'cases of $name that stay silent',
  (detector) => {
    casesContract(stage, detector, new URL(`${detector.name}/`, root), 'silent')
  },
)
