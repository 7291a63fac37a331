/** What F9 finds, and how far each part of the work is. */
import { PLACES } from '@muster/ui'
import type { FormRules, Reason } from '@muster/ui/forms'
import { tidy } from '@muster/ui/forms'
import { contentOf, type RecordContent } from '../work/drafts'
import type { Draft } from '../work/model'

export interface Findings {
  refused: Reason[]
  warned: Reason[]
}

/** The content with what was typed and is no value, so that it is said what is wrong with it. */
export function checkedContent(draft: Draft, rules: FormRules): RecordContent {
  const content = contentOf(draft)
  const typed = rules.fieldsFor(draft.categories).flatMap((field) => {
    const text = draft.typed[field.id]
    return text === undefined ? [] : [[field.id, tidy(field, text)] as const]
  })
  return { ...content, fields: { ...content.fields, ...Object.fromEntries(typed) } }
}

/** `today` as ISO text. */
export function findingsOf(draft: Draft, rules: FormRules, today: string): Findings {
  const papers = draft.papers.map((paper) => paper.kind)
  const found = rules.check(checkedContent(draft, rules), today, papers)
  return { refused: found.filter((one) => one.severity === 'refuse'), warned: found.filter((one) => one.severity === 'warn') }
}

/** Of findings that are shown, those that still hold: new ones wait for the next F9. */
export function stillTrue(shown: readonly Reason[], now: readonly Reason[]): Reason[] {
  const held = new Set(now.map((one) => `${one.field} ${one.rule}`))
  return shown.filter((one) => held.has(`${one.field} ${one.rule}`))
}

/** Where a finding is mended: the id of an input, or of the part of the page. */
export function targetOf({ field }: { field: string }): string | undefined {
  if (field === 'record') return undefined
  return field === 'evidence' ? PAPERS : field === 'categories' ? CATEGORIES : inputId(field)
}

/** The same of what somebody else says, as capture or a reviewer: it may be about a kind of paper, or about
 * a field that the ticked categories do not ask; that is nowhere on the page. */
export function targetOn(draft: Draft, rules: FormRules, { field }: { field: string }): string | undefined {
  if (rules.profile.papers.some((paper) => paper.id === field)) return PAPERS
  const absent = !PLACES.some((place) => place === field) && !rules.fieldsFor(draft.categories).some((one) => one.id === field)
  return absent ? undefined : targetOf({ field })
}

export const PAPERS = 'person-papers'
export const CATEGORIES = 'person-categories'
export const inputId = (field: string) => `field-${field}`

export type TaskState = 'done' | 'todo' | 'wrong'
export interface Task {
  /** `categories`, `papers`, `confirm`, or a section's id. */
  id: string
  state: TaskState
  /** Where it is done. */
  target: string | undefined
}

/** The tasks of the left column, in the order of the work; `shown` are the findings that are on the page. */
export function tasksOf(draft: Draft, rules: FormRules, today: string, shown: readonly Reason[]): Task[] {
  const { refused } = findingsOf(draft, rules, today)
  const state = (about: (field: string) => boolean): TaskState => {
    if (shown.some((one) => about(one.field))) return 'wrong'
    return refused.some((one) => about(one.field)) ? 'todo' : 'done'
  }
  const sections = rules.sections(draft.categories).map(({ section, fields }) => {
    const ids = new Set(fields.map((field) => field.id))
    return { id: section.id, state: state((field) => ids.has(field)), target: inputId(fields[0]!.id) }
  })
  return [
    { id: 'categories', state: state((field) => field === 'categories'), target: CATEGORIES },
    ...sections,
    { id: 'papers', state: draft.categories.length ? state((field) => field === 'evidence') : 'todo', target: PAPERS },
    { id: 'confirm', state: draft.confirmation ? 'done' : 'todo', target: undefined },
  ]
}
