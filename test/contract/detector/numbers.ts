import fc from 'fast-check'

/** From 0 to 1 by thousandths; fast-check's own doubles are nearly all tiny. */
export const share = fc.nat(1000).map((thousandths) => thousandths / 1000)
/** As many of every order of magnitude. */
export const positive = (least: number, most: number): fc.Arbitrary<number> =>
  fc.nat(1_000_000).map((at) => least * (most / least) ** (at / 1_000_000))
export const whole = (most: number): fc.Arbitrary<number> => positive(1, most).map((value) => Math.floor(value) - 1)
