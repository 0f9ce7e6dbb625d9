import { activityOf, findingOf, type MessageOptions, type Room } from './finding.ts'
import { entityText, type Told, webhookIdOf } from './text.ts'

/** Receivers of Standard Webhooks take about this much. Bytes of UTF-8. */
export const MESSAGE_LIMIT = 20_000

/** Tried in turn until the message fits: evidences go first, then names, then the query and the length of texts. */
const ROOMS: readonly Room[] = [
  { evidences: 5, names: 10, measures: 16, text: 1000, query: 4000 },
  { evidences: 2, names: 10, measures: 16, text: 1000, query: 4000 },
  { evidences: 0, names: 10, measures: 16, text: 1000, query: 4000 },
  { evidences: 0, names: 3, measures: 8, text: 300, query: 4000 },
  { evidences: 0, names: 3, measures: 4, text: 200, query: 0 },
]

/**
 * The body of one notice: a CloudEvent (structured JSON) whose data is an OCSF 1.8.0 Detection Finding. Pure: every attempt
 * at the same notice has the same bytes, and the same id as its webhook-id.
 */
export function messageOf(record: Told, options: MessageOptions): string {
  let message = ''
  for (const room of ROOMS) {
    message = JSON.stringify(eventOf(record, options, room))
    if (new TextEncoder().encode(message).length <= MESSAGE_LIMIT) return message
  }
  throw new Error(`A message of ${message.length} characters cannot be cut to ${MESSAGE_LIMIT} bytes`)
}

function eventOf(record: Told, options: MessageOptions, room: Room): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: webhookIdOf(record),
    source: options.source,
    type: `tidemark.detection.${activityOf(record.telling.event)}.v1`,
    time: timeOf(record),
    subject: entityText(record.alert.entity, room.text),
    datacontenttype: 'application/json',
    data: findingOf(record, options, room),
  }
}

/** When what is told happened, in event time: a function of the record, so that a repeat says the same. */
function timeOf({ alert, telling }: Told): string {
  switch (telling.event) {
    case 'opened':
    case 'reopened':
      return alert.detected_at
    case 'updated':
      return alert.last_seen_at
    case 'resolved':
    case 'withdrawn':
      return alert.resolved_at ?? alert.last_seen_at
  }
}

export type { MessageOptions } from './finding.ts'
