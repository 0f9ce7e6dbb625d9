/**
 * Which detectors may rightly tell an attack of a kind, by the names of their folders: the one that is meant for it, then those that see
 * another side of it. What is not there yet counts from the day on which it is.
 */
export const families: Readonly<Record<string, readonly string[]>> = {
  '5xx-burst': ['error-burst', 'payload-error'],
  '500-by-size': ['payload-error', 'error-burst', 'payload-outlier'],
  'get-spike': ['get-spike', 'data-exfiltration'],
  'get-spike-sensitive': ['get-spike', 'data-exfiltration', 'object-enumeration'],
  'denied-single': ['denied-burst', 'new-edge', 'get-spike'],
  'denied-spray': ['denied-burst', 'new-origin', 'get-spike'],
  'denied-slow': ['denied-burst', 'new-edge'],
  'lateral-uniform': ['new-edge'],
  'lateral-popular': ['new-edge'],
  'lateral-role': ['new-edge'],
  'bola-sequential': ['object-enumeration', 'get-spike', 'data-exfiltration'],
  'bola-random': ['object-enumeration', 'get-spike', 'denied-burst', 'data-exfiltration'],
  'exfiltration-fast': ['data-exfiltration', 'payload-outlier', 'get-spike'],
  'exfiltration-slow': ['data-exfiltration', 'payload-outlier'],
  'silence-endpoint': ['silence'],
  // Not judged as yet: who makes no calls any more looks like who was renamed. A miss all the same.
  'silence-identity': ['silence'],
  'token-lifetime': ['token-lifetime', 'get-spike', 'object-enumeration'],
  'token-origins': ['new-origin', 'token-lifetime'],
  'new-origin': ['new-origin', 'token-lifetime'],
  poisoning: ['get-spike', 'data-exfiltration'],
  // Meant for it is no detector of its own but the alert of the entity that all names beyond the limits share.
  cardinality: ['overflow', 'get-spike', 'denied-burst', 'object-enumeration', 'new-edge'],
}

/** Whether the detector that is meant for that kind is at work. */
export function isCovered(kind: string, detectors: ReadonlySet<string>): boolean {
  return detectors.has(families[kind]?.[0] ?? '')
}
