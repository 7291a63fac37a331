/** One record as its reviewer reads it: a row per field, with what each side says of it. */
import type { Answer, Field } from '@muster/ui'

export type Item = Answer<'verification', '/items/{subject_id}', 'get'>
export type Department = Item['departments'][number]
export type Value = string | number | boolean | string[]

export interface Row {
  field: string
  section: string
  record: Value | undefined
  baseline: Value | undefined
  /** Baseline has it and says something else, harmless noise put aside: as the service compares. */
  differs: boolean
  card: Value | undefined
  /** The same of what the chip of the card says. */
  offCard: boolean
  source: Item['provenance'][string] | undefined
  /** The newest version changed it. */
  changed: boolean
  /** By department: its verdict, `asked` while it has not answered, or undefined when not asked. */
  verdicts: Record<string, string | undefined>
  /** Something here asks for a look. */
  attention: boolean
}

const AGAINST = new Set(['mismatch', 'no_such_person'])

/** Rows in the order of the form; what the form no longer has comes last. */
export function rowsOf(item: Item, form: readonly Field[]): Row[] {
  const record = item.record.fields as Record<string, Value>
  const baseline = (item.baseline?.record.fields ?? {}) as Record<string, Value>
  const card = (item.card?.fields ?? {}) as Record<string, Value>
  const differs = new Set(item.baseline?.differs)
  const offCard = new Set(item.card?.differs)
  const changed = new Set(item.earlier[0]?.changed)
  const asked = item.departments.flatMap((one) => [...one.asked, ...Object.keys(one.verdicts ?? {})])
  const named = new Set([...Object.keys(record), ...Object.keys(baseline), ...Object.keys(card), ...asked])
  const known = form.filter((field) => named.has(field.id))
  const sections = new Map(known.map((field) => [field.id, field.section]))
  const rest = [...named].filter((id) => !sections.has(id)).sort()
  return [...known.map((field) => field.id), ...rest].map((id) => {
    const verdicts = Object.fromEntries(
      item.departments.map((one) => [one.department, one.verdicts?.[id] ?? (one.asked.includes(id) ? 'asked' : undefined)]),
    )
    return {
      field: id,
      section: sections.get(id) ?? '',
      record: record[id],
      baseline: baseline[id],
      differs: differs.has(id),
      card: card[id],
      offCard: offCard.has(id),
      source: item.provenance[id],
      changed: changed.has(id),
      verdicts,
      attention: differs.has(id) || offCard.has(id) || Object.values(verdicts).some((verdict) => AGAINST.has(verdict ?? '')),
    }
  })
}

/** Departments in spite of whom a record would be verified: each has to be named with a reason. */
export function standing(departments: readonly Department[]): { contradicting: string[]; cannotTell: string[] } {
  const now = departments.filter((one) => one.overruled === null)
  return {
    contradicting: now.filter((one) => one.contradicts).map((one) => one.department),
    cannotTell: now.filter((one) => one.cannot_tell && !one.contradicts).map((one) => one.department),
  }
}
