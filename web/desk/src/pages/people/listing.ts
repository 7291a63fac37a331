/** The list of those not yet collected, and of the others, by village. */
import { get, type Answer } from '@muster/ui'

export type Listed = Answer<'capture', '/subjects', 'get'>['people'][number]
export type Absence = NonNullable<Listed['absence']>

export const STATES = ['open', 'collected', 'declined', 'moved_out', 'dead_before', 'dead_after', 'ineligible', 'merged'] as const
export type ListedState = (typeof STATES)[number]

export const ABSENCES = ['away', 'not_found', 'in_prison', 'ill', 'other'] as const

/** All pages of a list; each is audited, so none is asked for twice. */
export async function everybody(area: string, state: ListedState, signal: AbortSignal): Promise<Listed[]> {
  const found: Listed[] = []
  let after: string | null = null
  do {
    const page: Answer<'capture', '/subjects', 'get'> = await get('capture', '/subjects', { query: { area, state, limit: 500, ...(after === null ? {} : { after }) }, signal })
    found.push(...page.people)
    after = page.next
  } while (after !== null)
  return found
}

export interface Village {
  code: string
  people: Listed[]
}

/** By village in the order of codes, people by name; `wanted` is looked for in names, `absence` is a
 * reason, `none` for those of whom nothing is known, or nothing for all. */
export function byVillage(people: readonly Listed[], wanted: string, absence: string): Village[] {
  const found = new Map<string, Listed[]>()
  for (const one of people) {
    if (wanted && !(one.name ?? '').includes(wanted)) continue
    if (absence && (one.absence?.reason ?? 'none') !== absence) continue
    const there = found.get(one.village)
    if (there) there.push(one)
    else found.set(one.village, [one])
  }
  return [...found]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([code, there]) => ({ code, people: there.sort((a, b) => (a.name ?? '').localeCompare(b.name ?? '', 'zh')) }))
}
