import { describe, expect, test } from 'vitest'
import { deliveredBefore, progressOf } from '#src/stage/deliver/note.ts'
import { type Notice, Notices } from '#src/stage/deliver/notices.ts'
import { toldOf } from '#test/fakes/alert.ts'

function filled(...alerts: readonly string[]): Notices {
  const notices = new Notices(null, '')
  alerts.forEach((alert, index) => {
    notices.add(10 + index, toldOf(alert, index + 1))
  })
  return notices
}

function start(notices: Notices, now = 0, probing = false): Notice {
  const notice = notices.due(now, probing)
  if (notice === null) throw new Error('nothing is due')
  notice.state = 'under way'
  notice.attempts++
  return notice
}

describe('what may be sent next', () => {
  test('the oldest of each alert, one at a time', () => {
    const notices = filled('a', 'a', 'b')
    const first = start(notices)
    expect(first.position).toBe(10)
    expect(start(notices).position).toBe(12)
    expect(notices.due(0, false)).toBeNull()
    first.state = 'told'
    expect(start(notices).position).toBe(11)
  })

  test('a notice that waits for its next attempt holds up its alert only', () => {
    const notices = filled('a', 'a', 'b')
    const first = start(notices)
    first.state = 'waiting'
    first.at = 500
    expect(start(notices, 499).position).toBe(12)
    expect(notices.due(499, false)).toBeNull()
    expect(notices.dueAt(false)).toBe(500)
    expect(notices.due(500, false)?.position).toBe(10)
  })

  test('a probe is the notice that was tried least, due or not', () => {
    const notices = filled('a', 'b')
    start(notices).state = 'waiting'
    expect(notices.due(0, false)?.position).toBe(10)
    expect(notices.due(0, true)?.position).toBe(11)
    for (const notice of notices.waiting()) notice.at = 900
    expect(notices.due(0, true)?.position).toBe(11)
    expect(notices.dueAt(false)).toBe(900)
    expect(notices.dueAt(true)).toBe(0)
  })

  test('when the receiver is back nobody waits any longer', () => {
    const notices = filled('a')
    const first = start(notices)
    first.state = 'waiting'
    first.at = 90_000
    notices.hurry()
    expect(notices.dueAt(false)).toBe(0)
  })
})

describe('what can be committed', () => {
  test('nothing before anything was read; the opening position where it was opened', () => {
    expect(new Notices(null, '').progress()).toBeNull()
    expect(new Notices(7, '').progress()).toEqual({ resume: 7, note: '' })
  })

  test('the end once all is delivered, quiet records included', () => {
    const notices = filled('a')
    notices.pass(20)
    expect(notices.progress()?.resume).toBe(10)
    notices.remove(start(notices))
    expect(notices.progress()).toEqual({ resume: 21, note: '' })
  })

  test('a notice that was told but not recorded is not yet delivered', () => {
    const notices = filled('a')
    start(notices).state = 'told'
    expect(notices.progress()?.resume).toBe(10)
    expect(notices.size).toBe(1)
  })

  test('what the note calls delivered is not added again', () => {
    const notices = filled('a', 'b', 'c', 'd')
    for (const delivered of [11, 13]) {
      const notice = notices.waiting().find(({ position }) => position === delivered)
      if (notice) notices.remove(notice)
    }
    const { resume, note } = notices.progress()!
    const next = new Notices(resume, note)
    for (const [index, alert] of ['a', 'b', 'c', 'd', 'e'].entries()) next.add(10 + index, toldOf(alert))
    expect(next.waiting().map(({ position }) => position)).toEqual([10, 12, 14])
  })
})

describe('the note', () => {
  test.each([
    [[], 50, { resume: 50, note: '' }],
    [[50], 51, { resume: 50, note: '' }],
    [[50], 5000, { resume: 50, note: '1 3ti ' }],
    [[50, 60, 95], 100, { resume: 50, note: '1 1e a.z' }],
  ] as const)('of %j up to %d', (undelivered, end, progress) => {
    expect(progressOf([...undelivered], end, 3500)).toEqual(progress)
  })

  test('that grows too long ends earlier, and what it leaves out counts as undelivered', () => {
    const undelivered = Array.from({ length: 1000 }, (_, n) => 5 + n * 100_000)
    const { resume, note } = progressOf(undelivered, 200_000_000, 3500)
    expect(note.length).toBeLessThanOrEqual(3500)
    const isDelivered = deliveredBefore(resume, note)
    expect(undelivered.filter(isDelivered)).toEqual([])
    expect(isDelivered(6)).toBe(true)
    expect(isDelivered(199_999_999)).toBe(false)
  })

  test.each(['', '1', '2 a b', '1 a', '1 ! !', '1 a !', '1  ', 'x'.repeat(100)])(
    'that says %j calls nothing delivered',
    (note) => {
      const isDelivered = deliveredBefore(10, note)
      expect([9, 10, 11, 1000].filter(isDelivered)).toEqual([])
    },
  )
})
