import { expect, test } from 'vitest'
import { Announced } from '#src/stage/judge/announced.ts'

test('each endpoint is taken once, with its earliest tick, in an order of its own', () => {
  const [forth, back] = [new Announced(10), new Announced(10)]
  const all = [
    { key: 'b', tick: 7 },
    { key: 'a', tick: 7 },
    { key: 'a', tick: 5 },
    { key: 'c', tick: 9 },
  ]
  for (const one of all) forth.add(one)
  for (const one of all.toReversed()) back.add(one)
  const due = [
    { key: 'a', tick: 5 },
    { key: 'b', tick: 7 },
  ]
  expect([forth.take(9), back.take(9)]).toEqual([due, due])
  expect([forth.take(9), forth.take(10), forth.take(11)]).toEqual([[], [{ key: 'c', tick: 9 }], []])
})

test('no more wait than there is room for', () => {
  const announced = new Announced(2)
  for (const key of ['a', 'b', 'c']) announced.add({ key, tick: 1 })
  announced.add({ key: 'b', tick: 0 })
  expect(announced.take(5)).toEqual([
    { key: 'b', tick: 0 },
    { key: 'a', tick: 1 },
  ])
})
