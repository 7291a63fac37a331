/** Beginning a draft, and what of it is sent. */
import { loadedProfile, type Profile } from '@muster/ui'
import type { CardReading } from '../gateway/client'
import type { Draft, FieldValue, Known, Paper, Source } from './model'

interface Stored {
  record: { categories: string[]; fields: Record<string, FieldValue> }
  evidence: { digest: string; kind: string; media_type: string }[]
}

/** What stands in a record: exactly what is shown, signed and sent. */
export interface RecordContent {
  form_version: string
  categories: string[]
  fields: Record<string, FieldValue>
}

function profileOf(): Profile {
  const profile = loadedProfile()
  if (profile === null) throw new Error('the form is not loaded yet')
  return profile
}

/** A draft of somebody who came with this card, whose number was typed, or (null) whom a list named. Their
 * newest record fills it in, else what was known before; the card says more than either. */
export function newDraft(known: Known | null, from: string | CardReading | null): Draft {
  const number = typeof from === 'string' ? from : null
  const reading = typeof from === 'string' ? null : from
  const stored = (known?.record ?? null) as Stored | null
  const before = known?.baseline?.fields ?? {}
  // The picture on the chip is no field of the form.
  const read = Object.fromEntries(Object.entries(reading?.fields ?? {}).filter(([name]) => name !== 'photo'))
  const fields: Record<string, FieldValue> = {
    ...(stored?.record.fields ?? before),
    ...read,
    ...(number === null ? {} : { resident_number: number }),
  }
  const now = new Date().toISOString()
  return {
    id: crypto.randomUUID(),
    subjectId: known?.subject_id ?? crypto.randomUUID(),
    baseVersion: known?.version ?? 0,
    isNew: !known?.known,
    formVersion: profileOf().form_version,
    categories: [...(stored?.record.categories ?? known?.baseline?.categories ?? [])],
    fields,
    sources: Object.fromEntries(Object.keys(fields).map((name) => [name, sourceOf(fields[name]!, read[name], before[name], number !== null && name === 'resident_number')])),
    typed: {},
    known,
    reading,
    papers: (stored?.evidence ?? []).map(held),
    interpreter: '',
    confirmation: null,
    startedAt: now,
    changedAt: now,
  }
}

/** Where a value comes from: one that was typed and is what the card or the baseline says is theirs again.
 * `typed`: but not the baseline's, for it was not looked up there, as the number by which somebody was found. */
export function sourceOf(value: FieldValue, read: string | undefined, before: FieldValue | undefined, typed = false): Source {
  if (read !== undefined && equal(value, read)) return 'chip'
  return !typed && before !== undefined && equal(value, before) ? 'baseline' : 'typed'
}

export function equal(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** A paper that capture has: its picture is there, under its digest. */
function held({ digest, kind, media_type }: Stored['evidence'][number]): Paper {
  return { id: digest, kind, mediaType: media_type, content: new Blob([]), salt: '', digest, sent: true }
}

/** What of a draft is sent: values of fields that its categories ask for. */
export function contentOf(draft: Draft): RecordContent {
  const chosen = new Set(draft.categories)
  const asked = new Set(
    profileOf()
      .fields.filter((field) => field.categories.some((category) => chosen.has(category)))
      .map((field) => field.id),
  )
  const fields = Object.fromEntries(Object.entries(draft.fields).filter(([name]) => asked.has(name)))
  return { form_version: draft.formVersion, categories: [...chosen].sort(), fields }
}

/** What the card says of the fields that are sent and have another source now: the review shows both. */
export function typedOver(draft: Draft): Record<string, string> {
  const names = Object.keys(contentOf(draft).fields).filter((name) => draft.sources[name] !== 'chip')
  const said = draft.reading?.fields ?? {}
  return Object.fromEntries(names.flatMap((name) => (said[name] === undefined ? [] : [[name, said[name]]])))
}
