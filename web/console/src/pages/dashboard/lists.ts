/** The list behind a figure, for who may see it there: an area, a kind, a state and an age in its address,
 * and nothing personal. */
import { allowed, grants, useCampaign, type Rights } from '@muster/ui'
import type { LocationQueryRaw, RouteLocationRaw } from 'vue-router'
import { NAMES, ORDERS, REVIEW } from '../../rights'
import type { Days } from '../review/queue'
import type { AGES, KINDS } from './figures'
import type { Origin, State } from './named'

export interface Wanted {
  kind?: (typeof KINDS)[number]
  age?: (typeof AGES)[number]
  /** Those that were found no more, where others are meant than the open ones. */
  state?: 'closed'
}

/** Whether one of the roles is held for the whole of an area. */
export function useMay() {
  const { within } = useCampaign()
  return (rights: Rights, area: string) => allowed(rights, grants.value.filter((grant) => within(area, grant.area)).map((grant) => grant.role))
}

export function useLists() {
  const may = useMay()

  /** People by name in a state, of one origin if that is said; null for who may not see names there. */
  function named(area: string, state: State, origin?: Origin): RouteLocationRaw | null {
    return may(NAMES, area) ? { name: 'named', params: { area }, query: { state, ...(origin && { origin }) } } : null
  }

  /** Records that wait for review. */
  function review(area: string, more: { days?: Days; flagged?: boolean } = {}): RouteLocationRaw | null {
    if (!may(REVIEW, area)) return null
    const query: LocationQueryRaw = { area, ...(more.days ? { days: more.days } : {}), ...(more.flagged ? { flagged: 1 } : {}) }
    return { name: 'review', query }
  }

  return {
    named,
    review,
    /** Whose record waits for review: the queue for who reviews there, else their names. */
    submitted: (area: string): RouteLocationRaw | null => review(area) ?? named(area, 'submitted'),
    /** Work orders: open ones, if nothing else is said. */
    orders: (area: string, wanted: Wanted = {}): RouteLocationRaw | null => (may(ORDERS, area) ? { name: 'orders', params: { area }, query: { ...wanted } } : null),
  }
}
