/** How somebody is named on the desk's own lists. */
import { masked } from '@muster/ui'
import type { Draft } from './model'

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)

export function nameOf(draft: Draft): string | null {
  return text(draft.fields.name)
}

/** First 3 and last 4 signs of the number. */
export function maskedNumber(draft: Draft): string | null {
  const number = text(draft.fields.resident_number)
  return number === null ? null : masked(number)
}

/** A name of which only the first sign is seen, as receipts show it. */
export function maskedName(draft: Draft): string | null {
  const signs = [...(nameOf(draft) ?? '')]
  return signs.length === 0 ? null : signs[0] + '*'.repeat(Math.max(1, signs.length - 1))
}

/** The short number of a receipt that people read aloud: the first eight signs of the record's id. */
export function receiptNumber(id: string): string {
  return id.slice(0, 8).toUpperCase()
}
