/** Work orders as they are listed: by how long they have been open. */
import type { Answer } from '@muster/ui'
import { AGES } from '../dashboard/figures'

export type Order = Answer<'crosscheck', '/discrepancies', 'get'>['items'][number]

const DAY = 86_400

/** The same bounds as the figures have: 7 and 30 days both belong to the middle. */
export function ageOf(seconds: number): (typeof AGES)[number] {
  if (seconds > 30 * DAY) return 'over_30_days'
  return seconds >= 7 * DAY ? 'from_7_to_30_days' : 'under_7_days'
}

/** The oldest group first, in each the order in which they came; empty groups are left out. */
export function grouped(orders: readonly Order[]): { age: (typeof AGES)[number]; orders: Order[] }[] {
  return [...AGES]
    .reverse()
    .map((age) => ({ age, orders: orders.filter((order) => ageOf(order.age_seconds) === age) }))
    .filter((group) => group.orders.length)
}
