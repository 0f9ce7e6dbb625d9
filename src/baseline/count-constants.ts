/**
 * What the baseline of a count is made of, as numbers. `COUNT_CONSTANTS` is what ships; the calibration suite takes one guard away at
 * a time and shows what it is for.
 */
export interface CountConstants {
  /** The least margin of the envelope over the level. */
  readonly margin: number
  /** How many times the learned volatility (in logs) the margin is at least. */
  readonly perVolatility: number
  /** How many standard deviations of the hour's level are added. */
  readonly perDeviation: number
  /** How much of the long-term level of active blocks counts beside the last hour's. */
  readonly longTerm: number
  /** How many times a recurring peak the envelope is at least. */
  readonly perPeak: number
  /** How many times the learned excess of the Fano factor the model allows, and how many times phi. */
  readonly perFano: number
  readonly perPhi: number
  /** As `perFano`, for the Fano factor of whole blocks. */
  readonly perBlockFano: number
  /** Nats by which the law of bursts must have predicted better before it is used; as many for each burst as the next says. */
  readonly gain: number
  readonly gainPerBurst: number
}

export const COUNT_CONSTANTS: CountConstants = {
  margin: 1.3,
  perVolatility: 3,
  perDeviation: 2.5,
  longTerm: 1,
  perPeak: 1.5,
  perFano: 1.5,
  perPhi: 1.5,
  perBlockFano: 1.5,
  gain: 10,
  gainPerBurst: 1,
}
