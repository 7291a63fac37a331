import type { Answer } from '../api/client'

export type Profile = Answer<'capture', '/profile', 'get'>
export type AreasAnswer = Answer<'capture', '/areas', 'get'>
export type Field = Profile['fields'][number]
export type Label = Profile['sections'][number]
export type Rule = Profile['rules'][number]
export type Condition = NonNullable<Rule['when']>
export type Severity = Rule['severity']

/** A value as records carry it: dates and decimals are text. */
export type FieldValue = string | number | boolean | string[]

/** What is filled in; a field without a value is left out. */
export interface Content {
  categories: string[]
  fields: Record<string, FieldValue>
}

/** Why something is refused or doubted. `field` may be `categories`, `evidence` or `record`. */
export interface Reason {
  field: string
  rule: string
  zh: string
  en: string
  severity: Severity
}

/** Papers of which one must be shown. */
export interface Need extends Label {
  one_of: Label[]
  severity: Severity
  /** Whether one is held; left out where the papers were not given. */
  met?: boolean
}
