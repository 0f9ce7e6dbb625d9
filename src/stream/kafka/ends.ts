import type { Admin } from 'kafkajs'

/** Where a partition begins and ends for a reader of committed records. */
export interface Ends {
  readonly low: number
  readonly high: number
}

/** Asks brokers where partitions begin and end, once for all who ask at the same time. */
export class EndsOfTopics {
  readonly #admin: Admin
  readonly #waiting = new Map<string, Promise<readonly Ends[]>>()
  readonly #asking = new Map<string, Promise<readonly Ends[]>>()

  constructor(admin: Admin) {
    this.#admin = admin
  }

  /**
   * The ends of each partition, as they were at some moment after the call.
   * @throws what the brokers or the connection say
   */
  ask(topic: string): Promise<readonly Ends[]> {
    const waiting = this.#waiting.get(topic)
    if (waiting !== undefined) return waiting
    const before = this.#asking.get(topic)
    if (before === undefined) return this.#send(topic)
    // A request that is under way left before this call: its answer may be too old.
    const next = before
      .catch(() => null)
      .then(() => {
        this.#waiting.delete(topic)
        return this.#send(topic)
      })
    this.#waiting.set(topic, next)
    return next
  }

  #send(topic: string): Promise<readonly Ends[]> {
    const answer = this.#fetch(topic).finally(() => this.#asking.delete(topic))
    this.#asking.set(topic, answer)
    return answer
  }

  async #fetch(topic: string): Promise<readonly Ends[]> {
    const found = await this.#admin.fetchTopicOffsets(topic)
    const ends: Ends[] = []
    for (const { partition, low, high } of found) ends[partition] = { low: Number(low), high: Number(high) }
    return ends
  }
}
