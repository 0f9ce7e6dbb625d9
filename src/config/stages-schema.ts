import * as z from 'zod'

const ms = (standard: number) => z.int().min(10).max(86_400_000).default(standard)
const count = (standard: number) => z.int().min(1).max(1_000_000).default(standard)

/** When a range of records is inserted, and how an engine that is away is asked again. */
export const archive = z.strictObject({
  records: z.int().min(1).max(50_000).default(50_000).describe('Records of one insert'),
  characters: z
    .int()
    .min(64 * 1024)
    .default(32 * 1024 * 1024)
    .describe('Characters of its rows; three times as many are held at most'),
  waitMs: ms(1000).describe('Milliseconds after its first record'),
  firstMs: ms(200).describe('Milliseconds until a refused insert is tried again; they double'),
  longestMs: ms(10_000).describe('The most that they become'),
})

/** Every bound of deliver, for each sink. */
export const deliver = z.strictObject({
  undelivered: count(1000).describe('Notices that wait or are under way, for each lane'),
  concurrency: count(4).describe('Attempts at once'),
  firstBackoffMs: ms(500).describe("The longest wait after a notice's first failure; it doubles"),
  longestBackoffMs: ms(60_000).describe('The most that it becomes'),
  longestRetryAfterMs: ms(3_600_000).describe('What a receiver may ask for in Retry-After'),
  failuresBeforePause: count(5).describe('Failures in a row after which a receiver is only probed'),
  firstPauseMs: ms(1000).describe('Milliseconds to the first probe; they double'),
  longestPauseMs: ms(30_000).describe('The most that they become'),
  attempts: count(30).describe('Failures after which a notice is given up while others are taken'),
  rows: count(2000).describe('Rows of the delivery log that wait to be appended, for each lane'),
  commitEveryMs: ms(250).describe('Least time between two commits of a lane'),
  closeMs: ms(10_000).describe('Milliseconds that attempts under way have at shutdown'),
})
