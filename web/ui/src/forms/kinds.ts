/** The kinds of rules, as `muster.forms.rules` has them. Dates known only to the year or month are
    given the benefit of the doubt: a rule speaks only when no reading of the date would keep it. */
import { later, span, type Span } from './days'
import { parseNumber, type ResidentNumber } from './number'
import type { Condition, FieldValue, Rule } from './types'

/** Kinds that the browser does not judge: the server has every area code that ever was, and says what
    it finds when the record arrives. The one rule of this kind is a warning. */
export const LEFT_TO_SERVER: readonly Rule['kind'][] = ['known-area-code']

/** What a rule may look at: `fields` are the well-formed values, `given` the ids of all values. */
export interface Facts {
  fields: ReadonlyMap<string, FieldValue>
  given: ReadonlySet<string>
  categories: ReadonlySet<string>
  /** ISO text. */
  today: string
  /** Whether a field is asked of these categories. */
  asked: (field: string) => boolean
}

/** True when the rule is kept, or does not speak of these facts. */
export function keeps(rule: Rule, facts: Facts): boolean {
  if (rule.when !== null && !holds(rule.when, facts)) return true
  if (rule.unless !== null && holds(rule.unless, facts)) return true
  // Of a kind that a newer server has and this page does not know, nothing is said.
  return judge(rule, facts) !== false
}

export function holds(condition: Condition, facts: Pick<Facts, 'fields' | 'categories'>): boolean {
  if (condition.categories !== null && !some(condition.categories, facts)) return false
  return Object.entries(condition.fields).every(([name, values]) => has(facts.fields.get(name), values))
}

function judge(rule: Rule, facts: Facts): boolean {
  switch (rule.kind) {
    case 'at-most-one':
      return rule.parameters.of.filter((id) => facts.categories.has(id)).length <= 1
    case 'needs-one-of':
      return !some(rule.parameters.if, facts) || some(rule.parameters.of, facts)
    case 'excludes':
      return !some(rule.parameters.if, facts) || !some(rule.parameters.of, facts)
    case 'not-after':
      return both(day(facts, rule.parameters.first), day(facts, rule.field), (first, own) => first.earliest <= own.latest)
    case 'not-in-future':
      return (day(facts, rule.field)?.earliest ?? '') <= facts.today
    case 'date-bound':
      return within(day(facts, rule.field), rule.parameters)
    case 'min-age': {
      const { birth, years } = rule.parameters
      return both(day(facts, rule.field), day(facts, birth), (own, born) => own.latest >= later(born.earliest, years))
    }
    case 'max-span': {
      const { since, years } = rule.parameters
      return both(day(facts, rule.field), day(facts, since), (end, start) => end.earliest < later(start.latest, years))
    }
    case 'matches-number':
      return both(number(facts, rule.parameters.number), facts.fields.get(rule.field), (holder, value) =>
        rule.parameters.part === 'birth' ? sameBirth(holder, String(value)) : sameSex(holder, String(value)),
      )
    case 'known-area-code':
      return true
    case 'number-form': {
      const found = number(facts, rule.field)
      return found === null || !rule.parameters.forms.includes(found.form)
    }
    case 'required-when':
      return facts.given.has(rule.field) || !facts.asked(rule.field)
    case 'must-be':
      if (!facts.given.has(rule.field)) return !rule.parameters.absent_fails
      return !facts.fields.has(rule.field) || has(facts.fields.get(rule.field), rule.parameters.values)
  }
}

/** Several choices are no one value, whatever stands in the list. */
function has(value: FieldValue | undefined, values: readonly string[]): boolean {
  return value !== undefined && !Array.isArray(value) && values.includes(String(value))
}

function some(ids: readonly string[], facts: Pick<Facts, 'categories'>): boolean {
  return ids.some((id) => facts.categories.has(id))
}

/** What cannot be compared breaks nothing. */
function both<A, B>(one: A | null | undefined, other: B | null | undefined, test: (one: A, other: B) => boolean): boolean {
  return one === null || one === undefined || other === null || other === undefined || test(one, other)
}

function day(facts: Facts, name: string): Span | null {
  const value = facts.fields.get(name)
  return typeof value === 'string' ? span(value) : null
}

function number(facts: Facts, name: string): ResidentNumber | null {
  const value = facts.fields.get(name)
  const found = typeof value === 'string' ? parseNumber(value) : null
  return found === null || 'rule' in found ? null : found
}

function within(found: Span | null, bounds: { from: string | null; until: string | null }): boolean {
  if (found === null) return true
  return (bounds.from === null || found.latest >= bounds.from) && (bounds.until === null || found.earliest <= bounds.until)
}

function sameBirth(holder: ResidentNumber, value: string): boolean {
  return holder.form === '15' ? value.slice(2) === holder.birth.slice(2) : value === holder.birth
}

function sameSex(holder: ResidentNumber, value: string): boolean {
  return holder.sex === null || !['1', '2'].includes(value) || value === holder.sex
}
