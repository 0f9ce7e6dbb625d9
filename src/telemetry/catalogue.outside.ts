import { type MetricEntry, seconds } from './entry.ts'

/** The store, sinks and HTTP. */
export const outside = {
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
} as const satisfies Record<string, MetricEntry>

/** The process itself. */
export const itself = {
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
} as const satisfies Record<string, MetricEntry>
