/** What the dashboard says adds up, or says that it does not. */
import { describe, expect, it } from 'vitest'
import { balance, byKind, drawn, minutes, ranking, type AreaProgress, type Counts } from '../src/pages/dashboard/figures'
import { ageOf, grouped, type Order } from '../src/pages/orders/orders'

const counts: Counts = {
  name: '同仁县',
  level: 'county',
  origins: { baseline: 14_000, roster: 100, new: 80, discovered: 20, moved_in: 3 },
  states: { open: 203, collected: 13_000, declined: 400, moved_out: 300, dead_before: 200, dead_after: 50, merged: 30, ineligible: 20 },
  review: { verified: 12_000, submitted: 900, returned: 100 },
  balanced: true,
}

describe('the balance', () => {
  it('has both sides as they were counted', () => {
    expect(balance(counts)).toMatchObject({ left: 14_203, right: 14_203, holds: true, difference: 0 })
  })

  it('counts each line once: collected is what it splits into', () => {
    const keys = balance(counts).lines.map((line) => line.key)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys).not.toContain('state.collected')
    expect(keys.at(-1)).toBe('state.open')
  })

  it('never makes the open a remainder: what is missing shows', () => {
    const broken = balance({ ...counts, states: { ...counts.states, open: 200 } })
    expect(broken).toMatchObject({ holds: false, difference: 3 })
    expect(broken.lines.at(-1)!.value).toBe(200)
  })

  it('does not hold where the service says so, although the sums agree', () => {
    expect(balance({ ...counts, balanced: false }).holds).toBe(false)
  })

  it('draws no empty line but the open', () => {
    const none = drawn(balance({ ...counts, states: { ...counts.states, open: 0, merged: 0 } }).lines).map((line) => line.key)
    expect(none).toContain('state.open')
    expect(none).not.toContain('state.merged')
  })
})

describe('areas', () => {
  const area = (expected: number, open: number) => ({ name: `${expected}/${open}`, expected, open }) as AreaProgress

  it('come the least covered first, and few people are not ranked', () => {
    const rows = ranking({ a: area(100, 10), b: area(100, 60), c: area(19, 19), d: area(20, 0), e: area(0, 0) })
    expect(rows.map((row) => row.code)).toEqual(['b', 'a', 'd', 'c', 'e'])
    expect(rows.filter((row) => !row.ranked).map((row) => row.code)).toEqual(['c', 'e'])
    expect(rows.at(-1)!.covered).toBeNull()
  })
})

it('problems have every kind, also those of which there are none', () => {
  const rows = byKind({ name: '', level: 'county', open: 2, closed: 1, ages: {}, kinds: { dead: { open: 2, closed: 1, ages: { over_30_days: 2 } } } })
  expect(rows).toHaveLength(6)
  expect(rows.find((row) => row.kind === 'dead')).toMatchObject({ ages: [0, 0, 2], open: 2, closed: 1 })
})

describe('the pulse', () => {
  const pulse = {
    as_of: '2026-11-24T10:05:30Z',
    note: null,
    windows: [{ start: '2026-11-24T10:04:00Z', seconds: 60, counts: { '632321': { 'capture-record-submitted': 3 }, '632322': { 'capture-record-submitted': 4 } } }],
  }

  it('shows quiet minutes, too', () => {
    expect(minutes(pulse, 3, null).map((one) => one.counts[0])).toEqual([0, 7, 0])
  })

  it('of one county is of that county', () => {
    expect(minutes(pulse, 3, '632321').map((one) => one.counts[0])).toEqual([0, 3, 0])
  })
})

describe('work orders', () => {
  const DAY = 86_400

  it('have the ages of the figures, bounds included', () => {
    expect([0, 7 * DAY - 1, 7 * DAY, 30 * DAY, 30 * DAY + 1].map(ageOf)).toEqual([
      'under_7_days', 'under_7_days', 'from_7_to_30_days', 'from_7_to_30_days', 'over_30_days',
    ])
  })

  it('are grouped from the oldest, each once', () => {
    const orders = [40, 8, 1, 35].map((days) => ({ age_seconds: days * DAY }) as Order)
    expect(grouped(orders).map((group) => group.orders.length)).toEqual([2, 1, 1])
  })
})
