import { setTimeout as pause } from 'node:timers/promises'
import { type KafkaOptions, kafkaStream } from '#src/stream/kafka/kafka.ts'
import { counter } from '#test/contract/stream/stand.ts'

/** What a test tells the process that it starts. */
export interface Task {
  readonly options: KafkaOptions
  /** Each commit takes so much longer: long enough to be paused in its middle. */
  readonly commitMs: number
}

/** What it says, one JSON value a line. */
export type Said =
  | { readonly said: 'opened'; readonly resume: number | null }
  | { readonly said: 'committing' }
  | { readonly said: 'stepped'; readonly records: number }
  | { readonly said: 'dropped'; readonly reason: string }

/** A process of its own with one stage, to be paused and killed. */
const task = JSON.parse(process.env.TASK ?? '') as Task
const say = (said: Said) => process.stdout.write(`${JSON.stringify(said)}\n`)
const stream = kafkaStream({
  ...task.options,
  events: {
    opened: (_stage, _source, resume) => say({ said: 'opened', resume }),
    stepped: (_stage, _source, records) => say({ said: 'stepped', records }),
    dropped: (_stage, _source, reason) => say({ said: 'dropped', reason }),
    lost: (_stage, _source, reason) => say({ said: 'dropped', reason }),
  },
  probe: {
    async before() {
      say({ said: 'committing' })
      await pause(task.commitMs)
    },
  },
})
await stream.prepare()
await stream.transform(counter())
