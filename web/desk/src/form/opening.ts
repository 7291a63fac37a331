/** Who stands at the desk, and what may be done for them: decided from what capture says of them and
 * from what this desk has already. */
import { post } from '@muster/ui'
import type { CardReading } from '../gateway/client'
import { equal, newDraft, sourceOf } from '../work/drafts'
import type { Draft, FieldValue, Known, Parcel, Source } from '../work/model'
import type { DeskStore } from '../work/store'

/** A number that was typed, or what a card says. */
export type From = string | CardReading
/** Null: nothing of the kind, a list named them. */
export type Came = From | null
type Entry = NonNullable<Known['entries']>[number]

export type Opening =
  /** Nothing stands in the way. */
  | { kind: 'draft'; draft: Draft }
  /** A record of this person is on its way, or was refused and waits to be mended. */
  | { kind: 'under-way'; parcel: Parcel }
  /** Known in an area that this account does not see. */
  | { kind: 'elsewhere'; known: Known; from: Came }
  /** Declined, moved away, died ...; `entry` is what may be opened again. */
  | { kind: 'closed'; known: Known; from: Came; entry: Entry }
  | { kind: 'merged'; known: Known; from: Came; into: string }

/** Null for a card on which no resident number stands. */
export function numberOf(from: From): string | null {
  return typeof from === 'string' ? from : (from.fields.resident_number ?? null)
}

export function lookUp(asked: { resident_number: string } | { subject_id: string }, signal?: AbortSignal): Promise<Known> {
  return post('capture', '/subjects/lookup', { body: asked, ...(signal ? { signal } : {}) })
}

/** What this desk itself has of somebody with this number: nobody has to be asked then. */
export function atHand(from: From, store: DeskStore): Opening | null {
  const number = numberOf(from)
  return held((draft) => number !== null && draft.fields.resident_number === number, from, store)
}

function held(fits: (draft: Draft) => boolean, from: Came, store: DeskStore): Opening | null {
  const parcel = [...store.parcels.values()].find((one) => one.state !== 'received' && fits(one.draft))
  if (parcel) return { kind: 'under-way', parcel }
  const draft = [...store.drafts.values()].find(fits)
  if (!draft) return null
  return { kind: 'draft', draft: from === null || typeof from === 'string' ? draft : withReading(draft, from) }
}

export function decide(known: Known, from: Came, store: DeskStore): Opening {
  const here = held((draft) => draft.subjectId === known.subject_id, from, store)
  if (here) return here
  if (known.known && known.elsewhere) return { kind: 'elsewhere', known, from }
  const closed = closedEntry(known)
  if (closed === null) return { kind: 'draft', draft: newDraft(known, from) }
  if (closed.state === 'merged' && known.merged_into) return { kind: 'merged', known, from, into: known.merged_into }
  return { kind: 'closed', known, from, entry: closed }
}

/** The entry that keeps a record out; null where one may be taken. Who moved out of every village may
 * be opened again at the last one that is listed. */
export function closedEntry(known: Known): Entry | null {
  const entries = known.entries ?? []
  const present = entries.find((entry) => entry.state !== 'moved_out')
  if (present) return ['open', 'collected'].includes(present.state) ? null : present
  return entries.at(-1) ?? null
}

/** Takes back an ending, as the person wishes, and asks anew what stands about them. */
export async function reopen(known: Known, entry: Entry): Promise<Known> {
  const subject_id = known.subject_id!
  await post('capture', '/subjects/{subject_id}/ending', {
    at: { subject_id },
    body: { change_id: crypto.randomUUID(), ending: 'reopened', village: entry.village },
  })
  return lookUp({ subject_id })
}

/** What a card says, without the picture. */
export function onCard(reading: CardReading | null): Record<string, string> {
  return Object.fromEntries(Object.entries(reading?.fields ?? {}).filter(([name]) => name !== 'photo'))
}

/** A draft with what a card says: it beats the baseline and an earlier reading, and what somebody typed
 * on purpose stays, as a difference. */
export function withReading(draft: Draft, reading: CardReading): Draft {
  const said = onCard(reading)
  const fields: Record<string, FieldValue> = { ...draft.fields }
  const sources: Record<string, Source> = { ...draft.sources }
  const typed = { ...draft.typed }
  for (const [name, value] of Object.entries(said)) {
    if (sources[name] === 'typed' && fields[name] !== value) continue
    if (fields[name] === undefined && typed[name] !== undefined) continue
    fields[name] = value
    sources[name] = 'chip'
  }
  for (const name of Object.keys(sources)) {
    if (sources[name] === 'chip' && said[name] === undefined) sources[name] = sourceOf(fields[name]!, undefined, draft.known?.baseline?.fields[name])
  }
  const same = Object.keys({ ...fields, ...draft.fields }).every((name) => equal(fields[name], draft.fields[name]))
  return { ...draft, reading, fields, sources, typed, confirmation: same ? draft.confirmation : null }
}

/** Whether a card was out of date on this day (ISO text). */
export function expired(reading: CardReading | null, today: string): boolean {
  const until = reading?.fields.valid_until
  return until !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(until) && until < today
}
