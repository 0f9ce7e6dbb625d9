import { z } from 'zod'

/**
 * OCSF 1.8.0, class 2004, as far as a sender may go: what is required is required, what the schema does not know is refused,
 * identifiers are those of its enumerations. Written from the published schema, and knows nothing of the sender.
 */
const text = z.string().min(1)
const timestamp = z.int().min(0).max(4_102_444_800_000)
const service = z.strictObject({ name: text.optional(), uid: text.optional() }).refine((s) => s.name ?? s.uid)
const request = z.strictObject({ uid: text, flags: z.array(text).optional() })
const api = z.strictObject({
  operation: text,
  request: request.optional(),
  service: service.optional(),
  version: text.optional(),
})
const user = z
  .strictObject({ uid: text.optional(), name: text.optional(), type_id: z.literal([0, 1, 2, 3, 4, 5, 99]).optional() })
  .refine((found) => found.uid ?? found.name, 'a user has a name or uid')
const actor = z.strictObject({ user: user.optional() }).refine((found) => found.user)
const evidence = z
  .strictObject({
    uid: text.optional(),
    name: text.optional(),
    actor: actor.optional(),
    api: api.optional(),
    user: user.optional(),
    http_request: z.record(z.string(), z.unknown()).optional(),
    http_response: z.record(z.string(), z.unknown()).optional(),
  })
  .refine((found) => found.actor ?? found.api ?? found.user, 'at least one of actor, api, user')
const timespan = z.strictObject({ duration_secs: z.int().min(1) })
const observation = z.strictObject({ value: z.string(), count: z.int().optional(), timespan: timespan.optional() })
const parameter = z.strictObject({
  observation_parameter: text,
  observation_type: text.optional(),
  observed_pattern: text.optional(),
  observations: z.array(observation).min(1),
})
const analysis = z.strictObject({
  analysis_targets: z.array(z.strictObject({ name: text, type: text.optional() })).min(1),
  anomalies: z.array(parameter).min(1),
  baselines: z.array(parameter).optional(),
})
const analytic = z
  .strictObject({
    type_id: z.literal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 99]),
    type: text.optional(),
    uid: text.optional(),
    name: text.optional(),
    version: text.optional(),
    desc: text.optional(),
  })
  .refine((found) => found.name ?? found.uid)
const findingInfo = z.strictObject({
  uid: text,
  title: text.optional(),
  desc: text.optional(),
  types: z.array(text).optional(),
  analytic: analytic.optional(),
  first_seen_time: timestamp.optional(),
  last_seen_time: timestamp.optional(),
  created_time: timestamp.optional(),
  modified_time: timestamp.optional(),
  related_events_count: z.int().min(0).optional(),
  src_url: z.url().optional(),
})
const metadata = z.strictObject({
  version: z.literal('1.8.0'),
  product: z
    .strictObject({
      name: text.optional(),
      uid: text.optional(),
      vendor_name: text.optional(),
      version: text.optional(),
    })
    .refine((found) => found.name ?? found.uid, 'a product has a name or uid'),
  uid: text.optional(),
  correlation_uid: text.optional(),
  tenant_uid: text.optional(),
  log_name: text.optional(),
  profiles: z.array(text).optional(),
})
const resource = z
  .strictObject({ uid: text.optional(), name: text.optional(), type: text.optional(), namespace: text.optional() })
  .refine((found) => found.uid ?? found.name)

const activities: Readonly<Record<number, string>> = { 1: 'Create', 2: 'Update', 3: 'Close' }
const severities: Readonly<Record<number, string>> = {
  1: 'Informational',
  2: 'Low',
  3: 'Medium',
  4: 'High',
  5: 'Critical',
}
const statuses: Readonly<Record<number, string>> = {
  1: 'New',
  2: 'In Progress',
  3: 'Suppressed',
  4: 'Resolved',
  5: 'Archived',
  6: 'Deleted',
}
const confidences: Readonly<Record<number, string>> = { 1: 'Low', 2: 'Medium', 3: 'High' }

export const detectionFinding = z
  .strictObject({
    category_uid: z.literal(2),
    category_name: z.literal('Findings').optional(),
    class_uid: z.literal(2004),
    class_name: z.literal('Detection Finding').optional(),
    activity_id: z.literal([1, 2, 3]),
    activity_name: text.optional(),
    type_uid: z.int(),
    time: timestamp,
    start_time: timestamp.optional(),
    end_time: timestamp.optional(),
    severity_id: z.literal([0, 1, 2, 3, 4, 5, 6, 99]),
    severity: text.optional(),
    confidence_id: z.literal([0, 1, 2, 3, 99]).optional(),
    confidence: text.optional(),
    status_id: z.literal([0, 1, 2, 3, 4, 5, 6, 99]).optional(),
    status: text.optional(),
    is_alert: z.boolean().optional(),
    message: text.optional(),
    metadata,
    finding_info: findingInfo,
    resources: z.array(resource).optional(),
    evidences: z.array(evidence).max(5).optional(),
    anomaly_analyses: z.array(analysis).optional(),
    unmapped: z.record(z.string(), z.unknown()).optional(),
  })
  .refine((found) => found.type_uid === found.class_uid * 100 + found.activity_id, 'type_uid')
  .refine((found) => found.activity_name === activities[found.activity_id], 'activity_name')
  .refine((found) => found.severity === severities[found.severity_id], 'severity')
  .refine((found) => found.status === statuses[found.status_id ?? -1], 'status')
  .refine((found) => found.confidence === confidences[found.confidence_id ?? -1], 'confidence')
  .refine((found) => (found.start_time ?? 0) <= (found.end_time ?? 0), 'start_time is not after end_time')

/** CloudEvents 1.0 in structured JSON. */
export const cloudEvent = z.strictObject({
  specversion: z.literal('1.0'),
  id: text,
  source: text.refine((uri) => /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/.test(uri)),
  type: z.string().regex(/^[a-zA-Z0-9_.]+$/),
  time: z.iso.datetime({ offset: true }),
  subject: text.optional(),
  datacontenttype: z.literal('application/json'),
  data: detectionFinding,
})
