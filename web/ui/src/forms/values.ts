/** Whether one value has the form that its field asks for: null, or the rule that it breaks. What
    arrives is whatever a desk kept, so nothing is taken for granted about its type. */
import { span } from './days'
import { parseNumber } from './number'
import type { AreasAnswer, Field } from './types'

const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/
const PARTIAL = /^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$/
const DECIMAL = /^-?[0-9]{1,12}(\.[0-9]{1,6})?$/
const PHONE = /^\+?[0-9]{3,}(-[0-9]{1,8}){0,3}$/
const PHONE_LENGTH = 20
// With those that turn the direction of what stands around them.
const CONTROLS = /(?!\n)\p{Cc}|\p{Cs}|[\u202a-\u202e\u2066-\u2069]/u
// A byte order mark is a space to JavaScript and to nobody else.
const BLANK = /^(?:(?!\uFEFF)\s)*$/

/** The areas that an account sees, as a check needs them. */
export class Areas {
  private readonly parents: Map<string, string | null>
  private readonly above: Set<string | null>

  constructor(private readonly answer: AreasAnswer) {
    this.parents = new Map(answer.areas.map((area) => [area.code, area.parent]))
    this.above = new Set(this.parents.values())
  }

  has(code: string): boolean {
    return this.parents.has(code)
  }

  /** Inside the campaign's area, with nothing below. */
  lowest(code: string): boolean {
    if (this.above.has(code)) return false
    for (let at: string | null | undefined = code; at; at = this.parents.get(at)) {
      if (at === this.answer.root) return true
    }
    return false
  }
}

/** `today` as ISO text. */
export function brokenRule(field: Field, value: unknown, areas: Areas, today: string): string | null {
  switch (field.type) {
    case 'text':
      return text(field, value)
    case 'date':
      return dated(value, DAY, 'format-date')
    case 'partial_date':
      return dated(value, PARTIAL, 'format-partial-date')
    case 'code':
    case 'choice':
      return offers(field, value) ? null : 'not-an-option'
    case 'choices':
      return choices(field, value)
    case 'area':
      if (typeof value !== 'string' || !areas.has(value)) return 'unknown-area'
      return areas.lowest(value) ? null : 'area-not-lowest'
    case 'integer':
      if (!Number.isInteger(value)) return 'format-integer'
      return inRange(field, value as number)
    case 'decimal':
      if (typeof value !== 'string' || !DECIMAL.test(value)) return 'format-decimal'
      return inRange(field, Number(value))
    case 'boolean':
      return typeof value === 'boolean' ? null : 'format-boolean'
    case 'phone':
      return typeof value === 'string' && value.length <= PHONE_LENGTH && PHONE.test(value) ? null : 'format-phone'
    case 'resident_number':
      return number(value, today)
  }
}

function text(field: Field, value: unknown): string | null {
  if (typeof value !== 'string' || BLANK.test(value) || CONTROLS.test(value)) return 'format-text'
  return [...value].length > field.max_length ? 'too-long' : null
}

function dated(value: unknown, shape: RegExp, rule: string): string | null {
  if (typeof value !== 'string' || !shape.test(value)) return rule
  return span(value) === null ? 'impossible-date' : null
}

function offers(field: Field, value: unknown): boolean {
  return field.options.some((option) => option.id === value)
}

function choices(field: Field, value: unknown): string | null {
  if (!Array.isArray(value) || value.length === 0) return 'format-choices'
  if (!value.every((item) => offers(field, item))) return 'not-an-option'
  return new Set(value).size < value.length ? 'format-choices' : null
}

function inRange(field: Field, value: number): string | null {
  return (field.min !== null && value < field.min) || (field.max !== null && value > field.max) ? 'out-of-range' : null
}

function number(value: unknown, today: string): string | null {
  if (typeof value !== 'string') return 'number-format'
  const found = parseNumber(value)
  if ('rule' in found) return found.rule
  return found.birth > today ? 'number-date' : null
}
