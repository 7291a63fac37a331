/** People by name, in the states that there are: what is asked for, and how it is read on. */
import { get, type Answer } from '@muster/ui'
import { ENDINGS, ORIGINS } from './figures'

type Ending = (typeof ENDINGS)[number]
export type Origin = (typeof ORIGINS)[number]

/** States of a person, as capture lists them. */
const LISTED = ['open', 'collected', ...ENDINGS] as const satisfies readonly ('open' | 'collected' | Ending)[]
/** What may be asked for: those, what collected people split into, and everybody expected. */
export const STATES = ['open', 'collected', 'submitted', 'verified', 'returned', ...ENDINGS, 'all'] as const
export type State = (typeof STATES)[number]

type Listed = Answer<'capture', '/subjects', 'get'>['people'][number]
type Returned = Answer<'capture', '/returned', 'get'>['returned'][number]

export interface Person {
  subject_id: string
  village: string
  name: string | null
  state: Exclude<State, 'all'>
  /** Null of a record that came back: that list does not say. */
  origin: Listed['origin'] | null
  returned_at: string | null
  reasons: Returned['reasons']
}

/** Where the rest begins: in which state, and after whom there. */
export interface Next {
  state: Person['state']
  after: string | null
}

export interface Page {
  people: Person[]
  next: Next | null
}

export function stateOf(asked: unknown): State {
  return STATES.find((one) => one === asked) ?? 'open'
}

export function originOf(asked: unknown): Origin | null {
  return ORIGINS.find((one) => one === asked) ?? null
}

/** Of whom a list is. A record that came back is listed with its reasons, however its person came. */
export interface Chosen {
  area: string
  state: State
  origin: Origin | null
}

/** A page of people; of everybody, state after state. */
export async function readNamed(chosen: Chosen, limit: number, next: Next | null, signal?: AbortSignal): Promise<Page> {
  const { area, state, origin } = chosen
  const how = signal ? { signal } : {}
  const from = next ?? { state: state === 'all' ? LISTED[0] : state, after: null }
  const query = { area, limit, ...(from.after === null ? {} : { after: from.after }) }
  if (from.state === 'returned') {
    const found = await get('capture', '/returned', { query, ...how })
    const people = found.returned.map((one) => ({ ...one, state: 'returned' as const, origin: null }))
    return { people, next: found.next === null ? null : { state: 'returned', after: found.next } }
  }
  const at = from.state
  const stands = at === 'submitted' || at === 'verified' ? { state: 'collected' as const, review: at } : { state: at }
  const found = await get('capture', '/subjects', { query: { ...query, ...stands, ...(origin && { origin }) }, ...how })
  const people = found.people.map((one) => ({ ...one, state: at, returned_at: null, reasons: [] }))
  if (found.next !== null) return { people, next: { state: at, after: found.next } }
  const following = state === 'all' ? LISTED[LISTED.findIndex((one) => one === at) + 1] : undefined
  if (following === undefined) return { people, next: null }
  const more: Next = { state: following, after: null }
  // A state of which there is nobody, or few, makes no page of its own.
  if (people.length >= limit) return { people, next: more }
  const rest = await readNamed(chosen, limit, more, signal)
  return { people: [...people, ...rest.people], next: rest.next }
}
