/** One draft while it is worked on. Fields are kept one by one, so that a keystroke is the business of
 * one field; everything else looks at `settled`, which follows a moment later. */
import { tidy, type Field, type FormRules } from '@muster/ui/forms'
import { onScopeDispose, ref, shallowReactive, shallowRef, type InjectionKey } from 'vue'
import type { CardReading } from '../gateway/client'
import { equal, sourceOf } from '../work/drafts'
import type { Draft, FieldValue, Source } from '../work/model'
import type { DeskStore } from '../work/store'
import { onCard, withReading } from './opening'

const SETTLES = 250

export interface Offered {
  source: 'chip' | 'baseline' | 'record'
  value: FieldValue
}

export type Editing = ReturnType<typeof useEditing>
export const EDITING: InjectionKey<Editing> = Symbol('editing')

export function useEditing(first: Draft, rules: FormRules, store: DeskStore) {
  const fields = shallowReactive<Record<string, FieldValue>>({ ...first.fields })
  const sources = shallowReactive<Record<string, Source>>({ ...first.sources })
  const typed = shallowReactive<Record<string, string>>({ ...first.typed })
  const settled = shallowRef(first)
  /** Whether a change has just undone a confirmation. */
  const voided = ref(false)
  const savedAt = ref<string | null>(null)
  let rest = first
  let timer: ReturnType<typeof setTimeout> | undefined
  let over = false

  function later(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void keep(), SETTLES)
  }

  /** Takes down what there is now. */
  async function keep(): Promise<Draft> {
    clearTimeout(timer)
    if (over) return settled.value
    const now = new Date().toISOString()
    rest = { ...rest, fields: { ...fields }, sources: { ...sources }, typed: { ...typed }, changedAt: now }
    settled.value = rest
    await store.saveDraft(rest)
    savedAt.value = now
    return rest
  }

  function changed(): void {
    if (rest.confirmation !== null) {
      rest = { ...rest, confirmation: null }
      voided.value = true
    }
    later()
  }

  /** A value, or none; `byHand`: as somebody typed it, and not as a source offers it. */
  function set(field: Field, value: FieldValue | null, byHand = false): void {
    drop(typed, field.id)
    if (value === null) {
      if (fields[field.id] === undefined) return later()
      drop(fields, field.id)
      drop(sources, field.id)
    } else {
      if (equal(fields[field.id], value)) return later()
      fields[field.id] = value
      sources[field.id] = sourceOf(value, onCard(rest.reading)[field.id], rest.known?.baseline?.fields[field.id], byHand && field.id === 'resident_number')
    }
    changed()
  }

  /** What was typed: a value where it has the form of one, else it is kept as it stands. */
  function put(field: Field, text: string): void {
    if (text.trim() === '') return set(field, null)
    const value = tidy(field, text)
    if (rules.checkField(field, value) === null) return set(field, value, true)
    set(field, null)
    typed[field.id] = text
  }

  function choose(categories: string[]): void {
    if (equal([...categories].sort(), [...rest.categories].sort())) return
    rest = { ...rest, categories }
    changed()
    void keep()
  }

  /** What another part of the page did to the draft: papers, interpreter, confirmation. */
  function take(draft: Draft): void {
    const { papers, interpreter, confirmation } = draft
    const shown = (of: Draft['papers']) => of.map((paper) => paper.digest).sort()
    const other = !equal(shown(papers), shown(rest.papers))
    rest = { ...rest, papers, interpreter, confirmation: other && equal(confirmation, rest.confirmation) ? null : confirmation }
    if (confirmation !== null && rest.confirmation === null) voided.value = true
    else if (rest.confirmation !== null) voided.value = false
    void keep()
  }

  /** A card of the same person. */
  function read(reading: CardReading): void {
    const before = rest
    rest = withReading({ ...rest, fields: { ...fields }, sources: { ...sources }, typed: { ...typed } }, reading)
    if (before.confirmation !== null && rest.confirmation === null) voided.value = true
    replace(fields, rest.fields)
    replace(sources, rest.sources)
    void keep()
  }

  /** Values other than the present one that a source gives for a field. */
  function differences(id: string): Offered[] {
    const offered: Offered[] = []
    const [read, before] = [onCard(rest.reading)[id], rest.known?.baseline?.fields[id]]
    if (read !== undefined && !equal(read, fields[id])) offered.push({ source: 'chip', value: read })
    if (before !== undefined && !equal(before, fields[id]) && !equal(before, read)) offered.push({ source: 'baseline', value: before })
    const stored = rest.overtaken ? recorded(rest)[id] : undefined
    if (stored !== undefined && ![fields[id], read, before].some((one) => equal(stored, one))) offered.push({ source: 'record', value: stored })
    return offered
  }

  /** Nothing is written down after this, as once the record is handed in. */
  function end(): void {
    over = true
    clearTimeout(timer)
  }

  /** After all, as when handing in has failed. */
  function resume(): void {
    over = false
  }

  onScopeDispose(() => {
    if (!over) void keep()
    end()
  })

  return { id: first.id, fields, sources, typed, settled, voided, savedAt, keep, set, put, choose, take, read, differences, end, resume }
}

/** What the newest record says that capture has. */
function recorded({ known }: Draft): Record<string, FieldValue> {
  const stored = known?.record as { record?: { fields?: Record<string, FieldValue> } } | null | undefined
  return stored?.record?.fields ?? {}
}

function drop(held: Record<string, unknown>, name: string): void {
  Reflect.deleteProperty(held, name)
}

function replace<T>(held: Record<string, T>, by: Record<string, T>): void {
  for (const name of Object.keys(held)) if (!Object.hasOwn(by, name)) drop(held, name)
  for (const [name, value] of Object.entries(by)) if (!equal(held[name], value)) held[name] = value
}
