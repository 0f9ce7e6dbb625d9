import { itself, outside } from './catalogue.outside.ts'
import { type MetricEntry, seconds } from './entry.ts'

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
} as const satisfies Record<string, MetricEntry>

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
  budgetCrossings: {
    name: 'tidemark_budget_crossings_total',
    type: 'counter',
    labels: ['detector', 'factor'],
    help: 'Crossings of twins of so many times the weight. More than factor times tidemark_budget_allowed_alerts_total: not calibrated.',
  },
  budgetCalibration: {
    name: 'tidemark_budget_calibration',
    type: 'gauge',
    labels: ['detector', 'verdict'],
    help: '1 for what the last seven days say: unknown, loose, calibrated, over. Over: more false alarms will come than are allowed.',
  },
  budgetCorrection: {
    name: 'tidemark_budget_correction_ratio',
    type: 'gauge',
    labels: ['detector'],
    help: 'What the weights would have to be multiplied with for the budget to be kept; 1 unless over. Proposed, and never applied by itself.',
  },
} as const satisfies Record<string, MetricEntry>

/**
 * Every metric that Tidemark exposes. `help` says what it means and what to do. Labels take values from closed sets or
 * from the configuration, never from calls; `BoundedLabels` caps what slips through.
 */
export const catalogue = { ...stages, ...detection, ...outside, ...itself } as const

export type Catalogue = typeof catalogue
