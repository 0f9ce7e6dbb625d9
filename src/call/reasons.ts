/** Why a record is not a call, a sentence each: the closed list that metrics, dead letters and people see. */
export const REJECT_REASONS = {
  empty: 'The record has no text in it.',
  'too-large': 'The record is larger than the limit for one record.',
  'unknown-format': 'No format of that name is known, or none fits the record.',
  'not-json': 'The format is JSON, and the record is not (truncated, perhaps, or two records in one).',
  'not-an-object': 'The record is JSON, but not one object: an array, a text, a number or null.',
  'not-this-format': 'The line does not have the shape of its format.',
  'wrong-shape': 'A field is missing or has another type than the format says; the detail names it.',
  'bad-time': 'The time cannot be read, or is in another unit than the format says.',
  'time-out-of-range':
    'The time is in the future or too far in the past, and no append time is there to be used instead.',
  'bad-method': 'The method is not a token of at most 32 characters.',
  'status-out-of-range': 'The status is not a whole number from 100 to 599.',
  'no-route': 'The call has neither a path nor a route.',
  'format-failed': 'The format broke on this record: a fault of the format, to be reported.',
} as const

/** The tag of a reason for which a record is refused. */
export type RejectReason = keyof typeof REJECT_REASONS
