/** The form as it is drawn: every kind of field, by keyboard, one field at a time (R22-R28, WCAG 2.2). */
import { FormRules } from '@muster/ui/forms'
import { enableAutoUnmount, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, effectScope, h, nextTick, provide, ref, type Ref } from 'vue'
import { faults } from '../../tests/axe'
import CategoryGrid from '../src/form/CategoryGrid.vue'
import { CONTROLS } from '../src/form/controls'
import { fitting } from '../src/form/controls/picks'
import { EDITING, useEditing, type Editing } from '../src/form/editing'
import FormSections from '../src/form/FormSections.vue'
import { goNear } from '../src/form/moving'
import { newDraft } from '../src/work/drafts'
import type { Draft } from '../src/work/model'
import { createMemoryStore } from '../src/work/store'
import { campaign, known, PROFILES, reading, words, type Golden } from './golden'

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

const updated: string[] = []

function draw(county: Golden, draft: Draft, language: 'zh' | 'en' = 'zh', problems: never[] = []) {
  const rules = new FormRules(county.profile, county.areas)
  let editing!: Editing
  const root = defineComponent({
    setup() {
      editing = effectScope().run(() => useEditing(draft, rules, createMemoryStore()))!
      provide(EDITING, editing)
      return () => h('main', h(FormSections, { categories: draft.categories, rules, problems, doubts: [] }))
    },
  })
  const counting = { updated(this: { $options: { __name?: string }; $attrs: object; $props?: { field?: { id: string } } }) {
    if (this.$options.__name) updated.push(`${this.$options.__name} ${this.$props?.field?.id ?? ''}`)
  } }
  const wrapper = mount(root, { attachTo: document.body, global: { plugins: [words(language)], mixins: [counting] } })
  updated.length = 0
  return { editing, rules, wrapper }
}

function draftOf(county: Golden, at = 0): Draft {
  const { fields, categories } = county.bases[at]!
  return { ...newDraft(known(fields), String(fields.resident_number)), categories }
}

const input = (id: string) => document.querySelector<HTMLInputElement>(`#field-${id}`)!

async function type(id: string, text: string): Promise<void> {
  input(id).focus()
  input(id).value = text
  input(id).dispatchEvent(new InputEvent('input', { bubbles: true }))
  await nextTick()
}

async function press(key: string, more: KeyboardEventInit = {}): Promise<void> {
  document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }))
  await nextTick()
}

describe.each(PROFILES)('the form of %s', (name) => {
  it('draws every field of every category, each under its own words, and is clean for axe', async () => {
    const county = await campaign(name)
    const kinds = new Set<string>()
    const seen = new Set<string>()
    for (const [at, base] of county.bases.entries()) {
      if (base.categories.every((one) => seen.has(one))) continue
      base.categories.forEach((one) => seen.add(one))
      const { rules, wrapper } = draw(county, draftOf(county, at))
      const asked = rules.fieldsFor(base.categories)
      for (const field of asked) {
        kinds.add(field.type)
        expect(input(field.id), field.id).not.toBeNull()
        expect(document.querySelector(`#field-${field.id}-label`)?.textContent, field.id).toBe(field.zh)
      }
      expect(document.querySelectorAll('[data-field]')).toHaveLength(asked.length)
      if (at === 0) expect(await faults(document.body)).toEqual([])
      wrapper.unmount()
    }
    // Every kind that the profile uses has been on the page, and each has a control.
    expect([...kinds].sort()).toEqual([...new Set(county.profile.fields.map((field) => field.type))].sort())
    for (const kind of kinds) expect(CONTROLS).toHaveProperty(kind)
  }, 90_000)
})

describe('a field', () => {
  it('is all that a keystroke touches, however large the form', async () => {
    const county = await campaign('tongren')
    draw(county, draftOf(county))
    await type('household_address', '热贡路36号')
    expect(new Set(updated)).toEqual(new Set(['TypedControl household_address', 'FieldRow household_address', ...updated.filter((one) => one.startsWith('StateWord') || one.startsWith('DifferenceLine household_address'))]))
    expect(updated).toContain('FieldRow household_address')
  })

  it('takes nothing that an input method is still composing', async () => {
    const county = await campaign('tongren')
    const { editing } = draw(county, draftOf(county))
    const before = editing.fields.name
    input('name').focus()
    input('name').value = 'wang'
    input('name').dispatchEvent(new InputEvent('input', { bubbles: true, isComposing: true }))
    expect(editing.fields.name).toBe(before)
    input('name').value = '王'
    input('name').dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }))
    expect(editing.fields.name).toBe('王')
  })

  it('says of a number at once that it cannot be one, and of nothing else before F9', async () => {
    const county = await campaign('tongren')
    draw(county, draftOf(county))
    const number = String(county.bases[0]!.fields.resident_number)
    const last = number.endsWith('1') ? '2' : '1'
    await type('resident_number', number.slice(0, 12))
    expect(document.querySelector('[role="alert"]')).toBeNull()
    await type('resident_number', number.slice(0, 17) + last)
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('校验码')
    expect(input('resident_number').getAttribute('aria-describedby')).toContain('field-resident_number-wrong')
    await type('birth_date', 'nonsense')
    expect(document.querySelectorAll('.fault')).toHaveLength(1)
    expect(await faults(document.body)).toEqual([])
  })

  it('shows what differs from the card, and takes it by a button', async () => {
    const county = await campaign('tongren')
    const { fields, categories } = county.bases[0]!
    const draft = newDraft(known({ ...fields, name: '王家' }), reading({ name: String(fields.name), resident_number: String(fields.resident_number) }))
    const { editing } = draw(county, { ...draft, categories })
    const row = () => document.querySelector('[data-field="name"]')!
    expect(row().textContent).toContain('读卡')
    expect(row().textContent).toContain('初始王家')
    expect([...row().querySelectorAll('u')].map((one) => one.textContent)).toEqual(['家'])
    await type('name', '王嘉')
    expect(row().querySelector('.from')?.textContent).toBe('录入')
    expect(row().textContent).toContain(`卡上${String(fields.name)}`)
    row().querySelector<HTMLElement>('.differences button')!.click()
    await nextTick()
    expect([editing.fields.name, editing.sources.name]).toEqual([fields.name, 'chip'])
    expect(await faults(document.body)).toEqual([])
  })

  it('is left by Enter for the next, and F8 goes round what differs', async () => {
    const county = await campaign('tongren')
    const { fields, categories } = county.bases[0]!
    draw(county, { ...newDraft(known({ ...fields, name: '王家', household_address: '旧址' }), reading({ name: '王嘉', household_address: '新址' })), categories })
    input('name').focus()
    await press('Enter', { isComposing: true })
    expect(document.activeElement).toBe(input('name'))
    await press('Enter')
    expect(document.activeElement).toBe(input('former_name'))
    const root = document.querySelector('.sections')
    goNear(root, '[data-field].differs', 1)
    expect(document.activeElement).toBe(input('household_address'))
    goNear(root, '[data-field].differs', 1)
    expect(document.activeElement).toBe(input('name'))
    goNear(root, '[data-field].differs', -1)
    expect(document.activeElement).toBe(input('household_address'))
  })
})

describe('a box with a list', () => {
  it('is searched by any part, goes by arrows, takes by Enter and goes on, and loses nothing', async () => {
    const county = await campaign('tongren')
    const { editing } = draw(county, draftOf(county), 'zh')
    await type('ethnicity', '藏')
    expect([...document.querySelectorAll('[role="option"]')].map((one) => one.textContent)).toEqual(['藏族'])
    expect(input('ethnicity').getAttribute('aria-activedescendant')).toBe('field-ethnicity-option-0')
    expect(await faults(document.body)).toEqual([])
    await press('Enter')
    expect(editing.fields.ethnicity).toBe('04')
    expect(document.activeElement).toBe(input('birth_date'))
    await type('ethnicity', '没有这个民族')
    input('ethnicity').blur()
    await nextTick()
    expect([editing.fields.ethnicity, editing.typed.ethnicity, input('ethnicity').value]).toEqual([undefined, '没有这个民族', '没有这个民族'])
  })

  it('finds a village by its township, its own name or its code, and closes by Esc alone', async () => {
    const county = await campaign('tongren')
    const { editing } = draw(county, draftOf(county))
    const before = editing.fields.household_area
    const closing = vi.fn()
    addEventListener('keydown', closing)
    await type('household_area', '隆务镇')
    expect(document.querySelectorAll('[role="option"]').length).toBeGreaterThan(3)
    closing.mockClear()
    await press('Escape')
    expect([document.querySelector('[role="listbox"]'), editing.fields.household_area, closing.mock.calls.length]).toEqual([null, before, 0])
    removeEventListener('keydown', closing)
    const village = county.areas.areas.find((area) => area.level === 'village')!
    await type('household_area', village.code)
    await press('Enter')
    expect(editing.fields.household_area).toBe(village.code)
  })

  it('puts what begins with the text first', () => {
    const picks = ['ab', 'ba', 'b'].map((id) => ({ id, label: id, words: id }))
    expect(fitting(picks, 'b').map((pick) => pick.id)).toEqual(['ba', 'b', 'ab'])
    expect(fitting(picks, 'x')).toEqual([])
  })
})

describe('categories', () => {
  async function grid(chosen: string[]): Promise<{ chosen: Ref<string[]>; left: ReturnType<typeof vi.fn> }> {
    const county = await campaign('tongren')
    const rules = new FormRules(county.profile, county.areas)
    const held = ref(chosen)
    const left = vi.fn()
    const root = defineComponent({ setup: () => () => h('main', h(CategoryGrid, { chosen: held.value, rules, problems: [], leaving: [], onChoose: (next: string[]) => (held.value = next), onLeave: left })) })
    mount(root, { attachTo: document.body, global: { plugins: [words()] } })
    document.querySelector<HTMLElement>('[role="checkbox"][tabindex="0"]')!.focus()
    return { chosen: held, left }
  }
  const tiles = () => [...document.querySelectorAll<HTMLElement>('[role="checkbox"]')]

  it('are ticked by their keys and by Space, moved through by arrows, and left by Enter', async () => {
    const { chosen, left } = await grid([])
    expect(tiles()).toHaveLength(12)
    await press('2')
    await press('-')
    expect(chosen.value).toEqual([1, 10].map((place) => golden12[place]))
    await nextTick()
    expect(document.activeElement).toBe(tiles()[10])
    await press('ArrowRight')
    await press(' ')
    expect(chosen.value).toHaveLength(3)
    await press(' ')
    expect(chosen.value).toHaveLength(2)
    await press('Enter')
    expect(left).toHaveBeenCalledOnce()
    await press('2', { ctrlKey: true })
    expect(chosen.value).toHaveLength(2)
  })

  it('that exclude each other say why, keep the focus, and Enter names the tick to remove', async () => {
    const { chosen } = await grid(['discharged_soldier'])
    const barred = tiles()[0]!
    expect(barred.getAttribute('aria-disabled')).toBe('true')
    expect(document.getElementById(barred.getAttribute('aria-describedby')!)?.textContent).toBeTruthy()
    barred.focus()
    await press('Enter')
    expect(chosen.value).toEqual(['discharged_soldier'])
    expect(document.querySelector('[role="status"]')?.textContent).toBe('要勾选“军队转业干部”，请先取消：退役士兵')
    expect(document.activeElement).toBe(barred)
    expect(await faults(document.body)).toEqual([])
  })
})

const golden12 = [
  'transferred_officer', 'discharged_soldier', 'retired_cadre', 'civilian_staff', 'demobilised_soldier', 'red_army_veteran',
  'disabled_serviceman', 'disabled_militia', 'martyr_survivor', 'duty_death_survivor', 'illness_death_survivor', 'active_duty_family',
]
