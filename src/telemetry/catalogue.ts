/**
 * Every metric that Tidemark exposes. `help` says what it means and what to do. Labels take values from closed sets or
 * from the configuration, never from calls; `BoundedLabels` caps what slips through.
 */
interface Entry {
  readonly name: `tidemark_${string}`
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[]
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const stages = {
  recordsRead: {
    name: 'tidemark_records_read_total',
    type: 'counter',
    labels: ['stage'],
    help: 'Records that a stage has stepped and committed. Zero growth while tidemark_lag_records grows: look for dropped lanes in the log.',
  },
  stepSeconds: {
    name: 'tidemark_step_seconds',
    type: 'histogram',
    labels: ['stage'],
    buckets: seconds,
    help: 'Time that one step computes. It holds the event loop: near 0.5 s, lower the batch size.',
  },
  longSteps: {
    name: 'tidemark_long_steps_total',
    type: 'counter',
    labels: ['stage'],
    help: 'Steps that held the event loop over 0.5 s. Must stay 0: consumers may be thrown out of their group. Lower the batch size.',
  },
  commitSeconds: {
    name: 'tidemark_commit_seconds',
    type: 'histogram',
    labels: ['stage'],
    buckets: seconds,
    help: 'Time from the end of a step to its commit. Slow: look at the broker or the disk.',
  },
  lagRecords: {
    name: 'tidemark_lag_records',
    type: 'gauge',
    labels: ['stage'],
    help: 'Records between what a stage has read and what is there, over all its lanes. Growing: add processes, or mend what the stage waits for.',
  },
  lanesOpened: {
    name: 'tidemark_lanes_opened_total',
    type: 'counter',
    labels: ['stage'],
    help: 'Lanes opened: at start, after a rebalance, after a drop.',
  },
  lanesDropped: {
    name: 'tidemark_lanes_dropped_total',
    type: 'counter',
    labels: ['stage'],
    help: 'Lanes whose memory was thrown away after a failure; nothing is lost by it. Growing steadily: the log names the reason.',
  },
  gaps: {
    name: 'tidemark_gaps_total',
    type: 'counter',
    labels: ['stage'],
    help: 'Times that records were gone before they could be read. Must stay 0: lengthen retention of the topic, or catch up faster.',
  },
  gapRecords: {
    name: 'tidemark_gap_records_total',
    type: 'counter',
    labels: ['stage'],
    help: 'Positions that were gone before they could be read; an upper bound of the calls that were missed.',
  },
} as const satisfies Record<string, Entry>

const detection = {
  calls: {
    name: 'tidemark_calls_total',
    type: 'counter',
    labels: ['outcome'],
    help: 'What collect made of its records: call, skipped, late, duplicate, rejected. Many late: raise lateness. Many rejected: see tidemark_dead_letters_total.',
  },
  deadLetters: {
    name: 'tidemark_dead_letters_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Records that could not be read as calls. Look at the table dead_letters for samples; usually a service ships another format.',
  },
  forgottenIds: {
    name: 'tidemark_forgotten_request_ids_total',
    type: 'counter',
    labels: [],
    help: 'Request ids that were not remembered for want of room: duplicates of those calls go unnoticed. Growing: raise the limit.',
  },
  lastCall: {
    name: 'tidemark_last_call_timestamp_seconds',
    type: 'gauge',
    labels: [],
    help: 'Time of the newest call that was read. Standing still: nothing arrives any more.',
  },
  watermark: {
    name: 'tidemark_watermark_timestamp_seconds',
    type: 'gauge',
    labels: [],
    help: 'Event time up to which every source has passed; alerts settle behind it. Standing still while calls arrive: one source is stuck.',
  },
  lateAfterIdle: {
    name: 'tidemark_late_after_idle_total',
    type: 'counter',
    labels: [],
    help: 'Calls of ticks that had closed while their source was quiet. They are not judged; lengthen the idle time when this grows.',
  },
  entities: {
    name: 'tidemark_entities',
    type: 'gauge',
    labels: ['scope'],
    help: 'Entities with a baseline in memory, by kind.',
  },
  openTallies: {
    name: 'tidemark_open_tallies',
    type: 'gauge',
    labels: [],
    help: 'Tallies of ticks that event time has not closed yet. Growing without end: one source holds event time back.',
  },
  evicted: {
    name: 'tidemark_entities_evicted_total',
    type: 'counter',
    labels: [],
    help: 'Baselines that were given up because a shard was full. Growing: raise the limit of entities, or find out who invents paths or identities.',
  },
  overflowed: {
    name: 'tidemark_overflow_calls_total',
    type: 'counter',
    labels: [],
    help: 'Calls that were counted for the shared entity "other" because a shard was full. Their entities are judged together and not one by one.',
  },
  malformed: {
    name: 'tidemark_malformed_blocks_total',
    type: 'counter',
    labels: [],
    help: 'Records of the tallies topic that judge could not read. Must stay 0: somebody else writes to the topic, or versions are mixed.',
  },
  alerts: {
    name: 'tidemark_alerts_total',
    type: 'counter',
    labels: ['detector', 'severity', 'event'],
    help: 'What was told of alerts: opened, updated, resolved, withdrawn, reopened.',
  },
  withdrawn: {
    name: 'tidemark_notices_withdrawn_total',
    type: 'counter',
    labels: ['detector'],
    help: 'Early notices that the settled ticks did not confirm. Should stay below one in a hundred of those opened.',
  },
  budgetAllowed: {
    name: 'tidemark_budget_allowed_alerts_total',
    type: 'counter',
    labels: ['detector'],
    help: 'False alarms that the budget allowed so far (an expectation, so not a whole number).',
  },
  budgetSpent: {
    name: 'tidemark_budget_spent_alerts_total',
    type: 'counter',
    labels: ['detector'],
    help: 'Alerts that settled so far. Far above tidemark_budget_allowed_alerts_total: real anomalies, or a detector that is not calibrated for this traffic.',
  },
} as const satisfies Record<string, Entry>

const outside = {
  insertedRows: {
    name: 'tidemark_insert_rows_total',
    type: 'counter',
    labels: ['table'],
    help: 'Rows that the store has taken.',
  },
  insertSeconds: {
    name: 'tidemark_insert_seconds',
    type: 'histogram',
    labels: ['table'],
    buckets: seconds,
    help: 'Time of one insert. Slow: the store merges too much or its disk is full.',
  },
  insertRetries: {
    name: 'tidemark_insert_retries_total',
    type: 'counter',
    labels: ['table'],
    help: 'Inserts to be tried again because the store was away or overloaded. Calls wait in the stream meanwhile; alerts are not delayed.',
  },
  refusedRows: {
    name: 'tidemark_insert_refused_rows_total',
    type: 'counter',
    labels: ['table'],
    help: 'Rows that the store will never take. Must stay 0: the log has the reason; check that migrations have run.',
  },
  deliveries: {
    name: 'tidemark_deliveries_total',
    type: 'counter',
    labels: ['sink', 'outcome'],
    help: 'Attempts to tell a sink: delivered, retry, rejected, given-up, disabled; bad: a record that cannot be read. Rejected: the receiver does not accept the payload.',
  },
  deliverySeconds: {
    name: 'tidemark_delivery_seconds',
    type: 'histogram',
    labels: ['sink'],
    buckets: seconds,
    help: 'Time of one attempt to tell a sink.',
  },
  oldestUndelivered: {
    name: 'tidemark_oldest_undelivered_seconds',
    type: 'gauge',
    labels: ['sink'],
    help: 'Age of the oldest notice that a sink has not taken; 0 when there is none. Over 300: the receiver is down or refuses.',
  },
  sinkDown: {
    name: 'tidemark_sink_down',
    type: 'gauge',
    labels: ['sink'],
    help: '1 while a receiver does not answer and is only probed. Notices wait for it and are not lost.',
  },
  sinkDisabled: {
    name: 'tidemark_sink_disabled',
    type: 'gauge',
    labels: ['sink'],
    help: '1 when the receiver answered 410 and the sink is switched off until Tidemark is started again.',
  },
  requests: {
    name: 'tidemark_http_requests_total',
    type: 'counter',
    labels: ['route', 'status'],
    help: 'Requests answered, by route pattern and status. 429: senders are faster than the stream or detection.',
  },
  requestSeconds: {
    name: 'tidemark_http_request_seconds',
    type: 'histogram',
    labels: ['route'],
    buckets: seconds,
    help: 'Time to answer a request; for POST /v1/calls it includes the wait for durability.',
  },
  ingestRecords: {
    name: 'tidemark_ingest_records_total',
    type: 'counter',
    labels: ['outcome'],
    help: 'Records that came by HTTP: accepted, skipped, rejected.',
  },
  ingestRejected: {
    name: 'tidemark_ingest_rejected_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Records that came by HTTP and were rejected. The sender was told index and reason; they are no dead letters.',
  },
  ingestBytes: {
    name: 'tidemark_ingest_bytes_total',
    type: 'counter',
    labels: [],
    help: 'Bytes of bodies that came by HTTP, unpacked.',
  },
  waitingBytes: {
    name: 'tidemark_ingest_waiting_bytes',
    type: 'gauge',
    labels: [],
    help: 'Bytes between their arrival by HTTP and their durability. At the limit senders are answered 429.',
  },
  waitingRequests: {
    name: 'tidemark_ingest_waiting_requests',
    type: 'gauge',
    labels: [],
    help: 'Requests between their arrival and their durability. At the limit senders are answered 429.',
  },
} as const satisfies Record<string, Entry>

const itself = {
  live: { name: 'tidemark_live', type: 'gauge', labels: [], help: '1 while the event loop answers in time.' },
  ready: {
    name: 'tidemark_ready',
    type: 'gauge',
    labels: [],
    help: '1 while every condition of readiness holds; /readyz names those that do not.',
  },
  eventLoopLag: {
    name: 'tidemark_event_loop_lag_seconds',
    type: 'gauge',
    labels: ['quantile'],
    help: 'How late the event loop was since the last scrape (0.5, 0.99, 1). Over 0.5: a step or a query holds it too long.',
  },
  memory: {
    name: 'tidemark_memory_bytes',
    type: 'gauge',
    labels: ['kind'],
    help: 'Memory of the process: resident, heap, external, buffers. Growing without end: lower the limit of entities.',
  },
  cpuSeconds: { name: 'tidemark_cpu_seconds_total', type: 'counter', labels: [], help: 'CPU time of the process.' },
  started: {
    name: 'tidemark_start_timestamp_seconds',
    type: 'gauge',
    labels: [],
    help: 'When the process started. Changing often: it is being killed.',
  },
  build: {
    name: 'tidemark_build_info',
    type: 'gauge',
    labels: ['version', 'node'],
    help: 'Always 1; which version runs.',
  },
} as const satisfies Record<string, Entry>

export const catalogue = { ...stages, ...detection, ...outside, ...itself } as const

export type Catalogue = typeof catalogue
export type MetricEntry = Entry
