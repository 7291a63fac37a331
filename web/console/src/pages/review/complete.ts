/** What a reviewer fills in or corrects: fields that the record may hold, and what was typed for them. */
import type { Field } from '@muster/ui'
import type { Row, Value } from './compare'

/** What stands in a control: text for most types, ids for several choices. */
export type Typed = string | string[]

/** The fields that a record of these categories may hold, in the order of the form. */
export function completable(form: readonly Field[], categories: readonly string[]): Field[] {
  return form.filter((field) => field.categories.some((one) => categories.includes(one)))
}

export function mayBeEmpty(field: Field, categories: readonly string[]): boolean {
  return !field.required.some((one) => categories.includes(one))
}

export function typedOf(field: Field, value: Value | undefined): Typed {
  if (field.type === 'choices') return Array.isArray(value) ? [...value] : []
  return value === undefined ? '' : String(value)
}

/** The value as records hold it; null takes the field away. What is no number is sent as it is, and
 * refused with its reason. */
export function valueOf(field: Field, typed: Typed): Value | null {
  if (Array.isArray(typed)) return typed.length ? typed : null
  const text = typed.trim()
  if (!text) return null
  if (field.type === 'boolean') return text === 'true'
  if (field.type === 'integer' && /^-?\d{1,9}$/.test(text)) return Number(text)
  return text
}

/** Rows that stay settled when the record was read anew: those of which every side says what it said.
 * A department that is asked again has said nothing new. */
export function stillSettled(settled: ReadonlySet<string>, before: readonly Row[], after: readonly Row[]): Set<string> {
  const sides = (row: Row) => JSON.stringify([row.record, row.baseline, row.card, row.source])
  const had = new Map(before.map((row) => [row.field, row]))
  const kept = after.filter((row) => {
    const old = had.get(row.field)
    return old && sides(old) === sides(row) && Object.entries(row.verdicts).every(([department, verdict]) => verdict === 'asked' || verdict === old.verdicts[department])
  })
  return new Set(kept.map((row) => row.field).filter((field) => settled.has(field)))
}
