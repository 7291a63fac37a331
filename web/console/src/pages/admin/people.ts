/** Who may give what to whom: what the service would refuse is known before it is asked. */
import { get, type Account, type Answer, type Role } from '@muster/ui'

export type Person = Answer<'access', '/accounts/{account_id}', 'get'>
export type Held = Person['grants'][number]
type Grant = Account['grants'][number]

export const ROLES = [
  'collector',
  'township_leader',
  'civil_affairs_reviewer',
  'human_resources_reviewer',
  'department_officer',
  'leader',
  'administrator',
  'auditor',
] as const satisfies readonly Role[]

type Within = (code: string, ancestor: string) => boolean

/** What of a person's grants lets them give others, at this moment. */
export function administering(grants: readonly Grant[], now: number): Grant[] {
  return grants.filter((grant) => grant.role === 'administrator' && Date.parse(grant.valid_from) <= now && !ended(grant, now))
}

export function ended(grant: { valid_until: string | null }, now: number): boolean {
  return grant.valid_until !== null && Date.parse(grant.valid_until) <= now
}

/** The latest moment until which one may give in this area; null without end, undefined for not at all. */
export function latest(mine: readonly Grant[], area: string, within: Within): number | null | undefined {
  const covering = mine.filter((grant) => within(area, grant.area))
  if (!covering.length) return undefined
  if (covering.some((grant) => grant.valid_until === null)) return null
  return Math.max(...covering.map((grant) => Date.parse(grant.valid_until!)))
}

/** Whether one could have given this grant, as far as it goes on (access, `require_power_over`). */
export function covered(mine: readonly Grant[], held: { area: string; valid_until: string | null }, within: Within): boolean {
  const until = latest(mine, held.area, within)
  if (until === undefined) return false
  return until === null || (held.valid_until !== null && Date.parse(held.valid_until) <= until)
}

/** Why one may do nothing to an account: a key of the catalogue, or null. */
export function barred(mine: readonly Grant[], me: string, person: Person, within: Within): string | null {
  if (person.account_id === me) return 'person.own'
  if (!person.grants.length) return latest(mine, person.area, within) === undefined ? 'person.beyond' : null
  return person.grants.every((grant) => covered(mine, grant, within)) ? null : 'person.beyond'
}

/** Why one may not take this grant away: a key of the catalogue, or null. */
export function keeps(mine: readonly Grant[], me: string, person: Person, held: Held, within: Within): string | null {
  if (person.account_id === me) return 'person.own'
  return covered(mine, held, within) ? null : 'person.beyond'
}

const DAY = 86_400_000
const ZONE = '+08:00'

/** The first moment of a day of the campaign's place. */
export function begins(day: string): string {
  return `${day}T00:00:00${ZONE}`
}

/** The moment at which that day is over; never later than one may give. */
export function ends(day: string, bound: number | null): string {
  const over = Date.parse(begins(day)) + DAY
  return new Date(bound === null ? over : Math.min(over, bound)).toISOString()
}

/** Every page of accounts: a list that is searched has to be whole. */
export async function everybody(signal: AbortSignal): Promise<Person[]> {
  const found: Person[] = []
  for (let after: string | null | undefined; after !== null; ) {
    const page = await get('access', '/accounts', { query: after ? { after } : {}, signal })
    found.push(...page.accounts)
    after = page.next
  }
  return found.sort((one, other) => one.username.localeCompare(other.username))
}

const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** A password by chance, without signs that look alike: 16 of 56 signs, over 90 bits. */
export function anyPassword(): string {
  const picked: string[] = []
  while (picked.length < 16) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32))) {
      // What would make the first signs likelier than the last is thrown away.
      if (byte < 224 && picked.length < 16) picked.push(LETTERS[byte % LETTERS.length]!)
    }
  }
  return picked.join('')
}
