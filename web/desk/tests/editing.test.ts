/** A draft while it is edited: where values come from, what is kept, what a change undoes (R58). */
import { FormRules } from '@muster/ui/forms'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import { useEditing, type Editing } from '../src/form/editing'
import { checkedContent, findingsOf, stillTrue, targetOf, targetOn, tasksOf } from '../src/form/findings'
import { contentOf, newDraft, typedOver } from '../src/work/drafts'
import type { Draft } from '../src/work/model'
import { createMemoryStore, type DeskStore } from '../src/work/store'
import { campaign, known, reading, type Golden } from './golden'

let county: Golden
let rules: FormRules
let store: DeskStore
let scope: EffectScope
const field = (id: string) => county.profile.fields.find((one) => one.id === id)!

function edit(draft: Draft): Editing {
  return scope.run(() => useEditing(draft, rules, store))!
}

function draftOf(more: Partial<Draft> = {}): Draft {
  const { fields, categories } = county.bases[0]!
  const draft = newDraft(known(fields, { record: null }), reading({ name: String(fields.name), resident_number: String(fields.resident_number) }))
  return { ...draft, categories, ...more }
}

beforeEach(async () => {
  county = await campaign('tongren')
  rules = new FormRules(county.profile, county.areas)
  store = createMemoryStore()
  scope = effectScope()
  vi.useFakeTimers()
})
afterEach(() => {
  scope.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a value', () => {
  it('of the card becomes typed when it is edited, the card’s stays beneath, and taking it back makes it the card’s', () => {
    const editing = edit(draftOf())
    expect(editing.sources.name).toBe('chip')
    editing.put(field('name'), '另一个名字')
    expect(editing.sources.name).toBe('typed')
    expect(editing.differences('name')).toEqual([{ source: 'chip', value: county.bases[0]!.fields.name }])
    editing.put(field('name'), ` ${String(county.bases[0]!.fields.name)} `)
    expect([editing.sources.name, editing.differences('name')]).toEqual(['chip', []])
  })

  it('that was typed over the card’s is told with what the card says, until it is the card’s again (R55, R59)', async () => {
    const said = String(county.bases[0]!.fields.name)
    const editing = edit(draftOf())
    expect(typedOver(await editing.keep())).toEqual({})
    editing.put(field('name'), '另一个名字')
    expect(typedOver(await editing.keep())).toEqual({ name: said })
    editing.set(field('name'), null)
    expect(typedOver(await editing.keep())).toEqual({})
    editing.put(field('name'), said)
    expect(typedOver(await editing.keep())).toEqual({})
  })

  it('of the card that the form does not ask for, as the picture, is told to nobody (R59)', () => {
    const draft = draftOf()
    const read = { ...draft.reading!.fields, photo: 'AAAA', valid_until: '2030-01-01' }
    expect(typedOver({ ...draft, sources: { ...draft.sources, photo: 'typed' }, reading: { ...draft.reading!, fields: read } })).toEqual({})
    expect(typedOver({ ...draft, sources: { ...draft.sources, name: 'baseline' }, categories: [] })).toEqual({})
    expect(typedOver({ ...draft, reading: null })).toEqual({})
  })

  it('that is the resident number stays typed when it is typed again, and is the baseline’s once that is taken', () => {
    const { fields, categories } = county.bases[0]!
    const number = String(fields.resident_number)
    const editing = edit({ ...newDraft(known(fields), number), categories })
    editing.put(field('resident_number'), number.slice(0, 17))
    editing.put(field('resident_number'), number)
    expect([editing.fields.resident_number, editing.sources.resident_number]).toEqual([number, 'typed'])
    editing.set(field('resident_number'), null)
    editing.set(field('resident_number'), number)
    expect(editing.sources.resident_number).toBe('baseline')
  })

  it('of somebody else’s newer record stands beneath, once this one was refused for it', () => {
    const draft = draftOf()
    const stored = { ...draft.known!, record: { record: { categories: [], fields: { ...draft.fields, name: '他人所填' } } } } as unknown as Draft['known']
    expect(edit(draftOf({ known: stored })).differences('name')).toEqual([])
    const editing = edit(draftOf({ known: stored, overtaken: true }))
    expect(editing.differences('name')).toEqual([{ source: 'record', value: '他人所填' }])
    editing.set(field('name'), '他人所填')
    expect(editing.differences('name')).toEqual([{ source: 'chip', value: county.bases[0]!.fields.name }])
  })

  it('that is none stays as it was typed, and is said to be wrong by its form', async () => {
    const editing = edit(draftOf())
    editing.put(field('birth_date'), '1969-13')
    expect([editing.fields.birth_date, editing.typed.birth_date]).toEqual([undefined, '1969-13'])
    const draft = await editing.keep()
    expect(contentOf(draft).fields).not.toHaveProperty('birth_date')
    expect(checkedContent(draft, rules).fields.birth_date).toBe('1969-13')
    expect(findingsOf(draft, rules, county.today).refused.find((one) => one.field === 'birth_date')?.rule).toBe('format-date')
  })

  it.each([
    ['birth_date', '19691203', '1969-12-03'],
    ['enlisted_on', '1969', '1969'],
    ['enlisted_on', '196912', '1969-12'],
    ['enlisted_on', '1969年12月', '1969-12'],
  ])('of %s typed as %s is %s', (id, typed, value) => {
    const editing = edit(draftOf())
    editing.put(field(id), typed)
    expect(editing.fields[id]).toBe(value)
  })
})

describe('what is kept', () => {
  it('follows a moment after the last key, and at once when the page goes', async () => {
    const editing = edit(draftOf())
    editing.put(field('phone'), '13900000000')
    expect(store.drafts.size).toBe(0)
    await vi.advanceTimersByTimeAsync(300)
    expect(store.drafts.get(editing.id)?.fields.phone).toBe('13900000000')
    editing.put(field('phone'), '13900000001')
    scope.stop()
    await vi.advanceTimersByTimeAsync(0)
    expect(store.drafts.get(editing.id)?.fields.phone).toBe('13900000001')
  })

  it('is nothing more once the record is handed in', async () => {
    const editing = edit(draftOf())
    editing.put(field('phone'), '13900000000')
    editing.end()
    await vi.advanceTimersByTimeAsync(1000)
    scope.stop()
    expect(store.drafts.size).toBe(0)
  })

  it('holds values of fields that left with their category, and sends none of them', async () => {
    const editing = edit(draftOf())
    const gone = rules.leaving(['transferred_officer'], ['active_duty_family'], { ...editing.fields })
    expect(gone).toContain('service_unit')
    editing.choose(['active_duty_family'])
    const draft = await editing.keep()
    expect(draft.fields.service_unit).toBe(county.bases[0]!.fields.service_unit)
    expect(contentOf(draft).fields).not.toHaveProperty('service_unit')
  })
})

describe('a confirmation', () => {
  const confirmation = { kind: 'handwriting', digest: 'sha256:x' } as never

  it.each<[string, (editing: Editing) => void]>([
    ['a field', (editing) => editing.put(field('name'), '改名')],
    ['an emptied field', (editing) => editing.set(field('name'), null)],
    ['the categories', (editing) => editing.choose(['retired_cadre'])],
    ['a paper', (editing) => editing.take({ ...editing.settled.value, papers: [{ digest: 'sha256:y', kind: 'id_card' } as never] })],
    ['a card that says otherwise', (editing) => editing.read(reading({ name: '卡上另名' }))],
  ])('is void after a change of %s, and that is said', async (_, change) => {
    const editing = edit(draftOf({ confirmation, sources: {} }))
    change(editing)
    expect((await editing.keep()).confirmation).toBeNull()
    expect(editing.voided.value).toBe(true)
  })

  it('holds where nothing that was shown has changed', async () => {
    const editing = edit(draftOf({ confirmation }))
    editing.put(field('name'), String(editing.fields.name))
    editing.choose([...county.bases[0]!.categories])
    editing.take({ ...editing.settled.value })
    expect((await editing.keep()).confirmation).toBe(confirmation)
    expect(editing.voided.value).toBe(false)
  })
})

it('what is mended leaves the list, and what is new waits for the next F9', () => {
  const reason = (field: string, rule: string) => ({ field, rule, zh: '', en: '', severity: 'refuse' as const })
  const shown = [reason('name', 'required'), reason('sex', 'required')]
  expect(stillTrue(shown, [reason('sex', 'required'), reason('phone', 'format-phone')])).toEqual([shown[1]])
})

it('every finding leads to where it is mended, but for one of the record as a whole', () => {
  expect(['name', 'categories', 'evidence', 'record'].map((field) => targetOf({ field }))).toEqual(['field-name', 'person-categories', 'person-papers', undefined])
})

it('what somebody else says leads to what this page has, and to nothing else', () => {
  const draft = draftOf()
  const paper = county.profile.papers[0]!.id
  const left = county.profile.fields.find((one) => !one.categories.some((category) => draft.categories.includes(category)))!.id
  const targets = ['name', 'categories', 'evidence', 'record', paper, left, 'nothing'].map((name) => targetOn(draft, rules, { field: name }))
  expect(targets).toEqual(['field-name', 'person-categories', 'person-papers', undefined, 'person-papers', undefined, undefined])
})

it('a part is done when nothing is missing, and wrong only where that was said', () => {
  const draft = draftOf()
  const states = (shown: never[]) => Object.fromEntries(tasksOf(draft, rules, county.today, shown).map((task) => [task.id, task.state]))
  expect(states([])).toEqual({ categories: 'done', basic: 'done', service: 'done', category: 'done', papers: 'todo', confirm: 'todo' })
  expect(states([{ field: 'name' } as never]).basic).toBe('wrong')
})
