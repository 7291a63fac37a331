/** The campaign's profile as it is read: which categories go together, and what a search finds. */
import type { Profile } from '@muster/ui'

type Rule = Profile['rules'][number]
type Category = Profile['categories'][number]

/** Category ids that a rule names: of `of` or of `if`. */
function named(rule: Rule, part: 'of' | 'if'): readonly string[] {
  const found = (rule.parameters as Record<string, unknown>)[part]
  return Array.isArray(found) ? found.map(String) : []
}

/** Whether two categories may be ticked together; else the rules that forbid it. */
export function forbidding(rules: readonly Rule[], one: string, other: string): Rule[] {
  return rules.filter((rule) => {
    const [of, when] = [named(rule, 'of'), named(rule, 'if')]
    if (rule.kind === 'at-most-one') return of.includes(one) && of.includes(other)
    if (rule.kind !== 'excludes') return false
    return (when.includes(one) && of.includes(other)) || (when.includes(other) && of.includes(one))
  })
}

/** Rules by which a category does not stand alone. */
export function needing(rules: readonly Rule[], one: string): Rule[] {
  return rules.filter((rule) => rule.kind === 'needs-one-of' && named(rule, 'if').includes(one) && !named(rule, 'of').includes(one))
}

/** Whether what was typed stands in one of these texts, whatever its case; each word for itself. */
export function finds(typed: string, texts: readonly (string | null | undefined)[]): boolean {
  const whole = texts.filter(Boolean).join(' ').toLowerCase()
  return typed.toLowerCase().split(/\s+/).every((word) => whole.includes(word))
}

/** Names of these categories; null when they are all there are. */
export function those(ids: readonly string[], all: readonly Category[]): Category[] | null {
  return ids.length === all.length ? null : all.filter((one) => ids.includes(one.id))
}
