/** What became of somebody who is not collected, or is not to be any more (R99, design section 5, 8). */
import { post, type Answer } from '@muster/ui'

export type Known = Answer<'capture', '/subjects/lookup', 'post'>
export type Entry = NonNullable<Known['entries']>[number]
type Body = NonNullable<NonNullable<Parameters<typeof post<'capture', '/subjects/{subject_id}/ending'>>[2]>['body']>
export type Ending = Body['ending']
export type Said = Omit<Body, 'change_id'>

export const ENDINGS = ['declined', 'moved_out', 'dead_before', 'dead_after', 'ineligible', 'merged'] as const

/** What may be recorded of who stands like this: nobody declines after having confirmed a record. */
export function possible(entry: Entry): readonly Ending[] {
  if (entry.state === 'open') return ENDINGS
  return entry.state === 'collected' ? ENDINGS.filter((one) => one !== 'declined') : ['reopened']
}

/** Under an id that stays while the same is sent again, so that it is recorded once. */
export function createRecorder() {
  let last: { id: string; said: string } | null = null
  return function record(subjectId: string, said: Said) {
    const text = JSON.stringify([subjectId, said])
    if (last?.said !== text) last = { id: crypto.randomUUID(), said: text }
    return post('capture', '/subjects/{subject_id}/ending', { at: { subject_id: subjectId }, body: { change_id: last.id, ...said } })
  }
}

export function lookUp(asked: { resident_number: string } | { subject_id: string }, signal?: AbortSignal): Promise<Known> {
  return post('capture', '/subjects/lookup', { body: asked, ...(signal ? { signal } : {}) })
}

/** The name in the newest record, else in what was known before. */
export function nameOf(known: Known): string | null {
  const record = known.record?.record as { fields?: Record<string, unknown> } | undefined
  const name = record?.fields?.name ?? known.baseline?.fields.name
  return typeof name === 'string' ? name : null
}

/** Parts of a date that may be known only in part, as capture takes it; null when it is none. */
export function partialDate(year: string, month: string, day: string): string | null {
  if (!/^\d{4}$/.test(year) || (day !== '' && month === '')) return null
  const parts = [year]
  for (const [part, most] of [[month, 12], [day, 31]] as const) {
    if (part === '') break
    if (!/^\d{1,2}$/.test(part) || Number(part) < 1 || Number(part) > most) return null
    parts.push(part.padStart(2, '0'))
  }
  return parts.join('-')
}
