import type { Lane as StageLane, Step, StreamRecord, Topic, Transform } from '../stream.ts'
import type { Claim, Seat } from './claim.ts'
import type { Kind, Work } from './lane.ts'
import type { LaneProducer } from './lane-producer.ts'
import type { Settings } from './options.ts'
import { checkPartitions, type Outgoing } from './outgoing.ts'
import { ownerKey } from './restore.ts'

/** Brokers take 4,096 bytes of metadata with a position unless told otherwise. */
const noteBytes = 3_500

/** How the lanes of a transform are opened and stepped. */
export function transformLanes(transform: Transform, settings: Settings): Kind {
  const { stage, state } = transform
  return {
    batch: transform.batch,
    idleAfterMs: transform.idleAfterMs,
    state,
    outputs: state === null ? transform.outputs : [...transform.outputs, state],
    transactionalId: ({ partition }) => settings.transactionalId(stage, null, partition),
    async open(seat, claim, producer) {
      const lane = transform.open({
        source: seat.source,
        partition: seat.partition,
        partitions: claim.partitions.get(transform.input) ?? 0,
        partitionsOf: (topic) => partitionsOf(claim, topic),
        resume: claim.resume,
        note: claim.note,
        state: claim.state,
      })
      return new Steps(transform, seat, claim, producer, lane, settings)
    },
  }
}

class Steps implements Work {
  readonly #transform: Transform
  readonly #seat: Seat
  readonly #claim: Claim
  readonly #producer: LaneProducer
  readonly #lane: StageLane
  readonly #settings: Settings

  constructor(
    transform: Transform,
    seat: Seat,
    claim: Claim,
    producer: LaneProducer,
    lane: StageLane,
    settings: Settings,
  ) {
    this.#transform = transform
    this.#seat = seat
    this.#claim = claim
    this.#producer = producer
    this.#lane = lane
    this.#settings = settings
  }

  async take(records: readonly StreamRecord[]): Promise<void> {
    const began = performance.now()
    const step = this.#lane.step(records)
    if (step !== null) await this.#commit(step, records.length, performance.now() - began)
    else {
      const { events } = this.#settings
      events.stepped?.(this.#transform.stage, this.#seat.source, records.length, performance.now() - began, 0)
    }
  }

  async idle(at: number): Promise<void> {
    const began = performance.now()
    const step = this.#lane.idle(at)
    if (step !== null) await this.#commit(step, 0, performance.now() - began)
  }

  async close(): Promise<void> {}

  async #commit(step: Step, records: number, stepMs: number): Promise<void> {
    const { stage, input } = this.#transform
    const { partition, source } = this.#seat
    const { options, events } = this.#settings
    checkPosition(step)
    const topic = this.#settings.physical(input)
    const position = { group: this.#settings.group(stage), topic, partition, resume: step.resume, note: step.note }
    const began = performance.now()
    await this.#producer.commit(this.#outgoing(step), position, async () => options.probe?.before?.(stage, source))
    await options.probe?.after?.(stage, source)
    events.stepped?.(stage, source, records, stepMs, performance.now() - began)
  }

  #outgoing(step: Step): Outgoing[] {
    const { state } = this.#transform
    const counts = new Map<string, number>()
    const records = step.appends.map(({ topic, partition, key, value }): Outgoing => {
      const physical = this.#settings.physical(topic)
      counts.set(physical, partitionsOf(this.#claim, topic))
      return { topic: physical, partition, key, value }
    })
    checkPartitions(records, (topic) => counts.get(topic)!)
    if (state === null && step.state.length > 0) throw new Error(`stage ${this.#transform.stage} has no state topic`)
    const topic = state === null ? '' : this.#settings.physical(state)
    for (const { key, value } of step.state) {
      if (key === ownerKey) throw new Error(`the state key ${ownerKey} belongs to the stream`)
      records.push({ topic, partition: this.#seat.partition, key, value })
    }
    return records
  }
}

function partitionsOf({ partitions }: Claim, topic: Topic): number {
  const count = partitions.get(topic)
  if (count === undefined) throw new Error(`the topic ${topic} is none of this stage's outputs`)
  return count
}

/** @throws where a position or its note cannot be committed as it is */
export function checkPosition({ resume, note }: { readonly resume: number; readonly note: string }): void {
  if (!Number.isSafeInteger(resume) || resume < 0) throw new Error(`${resume} is no position`)
  const bytes = Buffer.byteLength(note)
  if (bytes > noteBytes) throw new Error(`a note of ${bytes} bytes: at most ${noteBytes} can be committed`)
}
