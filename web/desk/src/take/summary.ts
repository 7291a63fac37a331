/** What a person is shown before they confirm: only what applies to them, blanks too. */
import type { Content, Field } from '@muster/ui/forms'

const ADULT = 18

/** Whether somebody was not yet eighteen on that day; a date of which only a part is known may be any. */
export function minor(born: unknown, today: string): boolean {
  const found = typeof born === 'string' ? /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/.exec(born) : null
  if (!found) return false
  const grown = `${Number(found[1]) + ADULT}-${found[2] ?? '12'}-${found[3] ?? '31'}`
  return grown > today
}

/** How often each kind of paper is there, in the order in which they came. */
export function counted(kinds: readonly string[]): { kind: string; n: number }[] {
  const found = new Map<string, number>()
  for (const kind of kinds) found.set(kind, (found.get(kind) ?? 0) + 1)
  return [...found].map(([kind, n]) => ({ kind, n }))
}

/** The first signs of a digest in fours, as they are read aloud. */
export function shortDigest(digest: string): string {
  return (digest.split(':')[1] ?? '').slice(0, 16).replace(/(.{4})(?=.)/g, '$1 ')
}

/** Whether a field is blank in what will be sent. */
export function isBlank(content: Content, field: Field): boolean {
  const value = content.fields[field.id]
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}
