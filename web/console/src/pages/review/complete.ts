/** What a reviewer fills in or corrects: fields that the record may hold, and what was typed for them. */
import type { Field } from '@muster/ui'
import type { Item, Value } from './compare'

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

/** Rows that stay settled when a newer version comes: those whose content is the same. */
export function stillSettled(settled: ReadonlySet<string>, before: Item, after: Item): Set<string> {
  const same = (field: string) => JSON.stringify(before.record.fields[field]) === JSON.stringify(after.record.fields[field])
  return new Set([...settled].filter(same))
}
