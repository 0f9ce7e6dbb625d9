export type Severity = 'low' | 'medium' | 'high' | 'critical'

/** From the least to the worst. */
export const SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical']
