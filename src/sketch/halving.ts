/**
 * Forgets half of what a histogram counts, exactly and without a clock: what is at or above any bin is halved and rounded, `up` or down. By
 * turns, single counts far out neither vanish at once, as they would if each bin were rounded down, nor stay for ever. Returns what is left.
 */
export function halveBins(bins: Uint16Array, at: number, length: number, up: boolean): number {
  let odd = up ? 1 : 0
  let left = 0
  for (let bin = at + length - 1; bin >= at; bin -= 1) {
    const sum = (bins[bin] as number) + odd
    odd = sum % 2
    bins[bin] = (sum - odd) / 2
    left += (sum - odd) / 2
  }
  return left
}
