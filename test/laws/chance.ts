/** So many alarms come with a probability of less than one in a thousand where `allowed` are expected. */
export function tooMany(allowed: number): number {
  let mass = Math.exp(-allowed)
  let below = 0
  let k = 0
  for (; below < 0.999; k += 1) {
    below += mass
    mass *= allowed / (k + 1)
  }
  return k
}
