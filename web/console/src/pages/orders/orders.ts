/** Work orders as they are listed: by how long they have been open. */
import type { Answer } from '@muster/ui'
import type { LocationQuery } from 'vue-router'
import { AGES, KINDS, type Problems } from '../dashboard/figures'

export type Order = Answer<'crosscheck', '/discrepancies', 'get'>['items'][number]
export type Age = (typeof AGES)[number]
export const STATES = ['open', 'closed', 'all'] as const

export interface Filters {
  state: (typeof STATES)[number]
  kind: (typeof KINDS)[number] | ''
  /** Only open ones have an age. */
  age: Age | ''
}

/** The filters that an address names. */
export function filtersOf(query: LocationQuery): Filters {
  const state = STATES.find((one) => one === query.state) ?? 'open'
  return { state, kind: KINDS.find((one) => one === query.kind) ?? '', age: state === 'open' ? (AGES.find((one) => one === query.age) ?? '') : '' }
}

/** How many there are by these filters, as reporting counts them; null where it does not say. */
export function countedBy(problems: Problems | null, { state, kind, age }: Filters): number | null {
  if (problems === null) return null
  const found = kind ? problems.area.kinds[kind] : problems.area
  if (age) return found?.ages[age] ?? 0
  const [open, closed] = [found?.open ?? 0, found?.closed ?? 0]
  return state === 'open' ? open : state === 'closed' ? closed : open + closed
}

const DAY = 86_400

/** The same bounds as the figures have: 7 and 30 days both belong to the middle. */
export function ageOf(seconds: number): Age {
  if (seconds > 30 * DAY) return 'over_30_days'
  return seconds >= 7 * DAY ? 'from_7_to_30_days' : 'under_7_days'
}

/** The oldest group first, in each the order in which they came; empty groups are left out. */
export function grouped(orders: readonly Order[]): { age: Age; orders: Order[] }[] {
  return [...AGES]
    .reverse()
    .map((age) => ({ age, orders: orders.filter((order) => ageOf(order.age_seconds) === age) }))
    .filter((group) => group.orders.length)
}
