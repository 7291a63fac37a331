/**
 * The record that comes next, fetched while the reviewer looks at another. It is one record, kept in this
 * page's memory, and each look is audited: fetching says that it is ahead, and coming to it says so again.
 */
import { get } from '@muster/ui'
import type { Item } from './compare'

/** Older than this it is fetched anew; how it stands is asked in any case. */
const KEEPS = 5 * 60_000

let held: { subject: string; at: number; item: Promise<Item | null> } | null = null

export function fetchAhead(subject: string): void {
  if (held?.subject === subject && Date.now() - held.at < KEEPS) return
  const item = get('verification', '/items/{subject_id}', { at: { subject_id: subject }, query: { ahead: true } }).catch(() => null)
  held = { subject, at: Date.now(), item }
}

/** Gives it away, once; null when it is not there. */
export async function takeAhead(subject: string): Promise<Item | null> {
  if (held?.subject !== subject) return null
  const found = held
  held = null
  return Date.now() - found.at < KEEPS ? found.item : null
}

export function forgetAhead(): void {
  held = null
}
