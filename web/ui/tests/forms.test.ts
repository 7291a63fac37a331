/** What the golden cases do not say of the form's rules. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FormRules, newId, newSalt, tidy, type AreasAnswer, type Field, type Profile } from '../src/forms'

const held = readFileSync(join(import.meta.dirname, '../../../tests/contracts/golden/tongren.json'), 'utf8')
const { profile, areas } = JSON.parse(held) as { profile: Profile; areas: AreasAnswer }
const rules = new FormRules(profile, areas)
const field = (id: string) => profile.fields.find((one) => one.id === id)!
const type = (name: Field['type']) => profile.fields.find((one) => one.type === name)!

describe('which category may be ticked', () => {
  it('says the rule against it, and what to remove', () => {
    const second = rules.category('discharged_soldier', ['transferred_officer', 'martyr_survivor'])
    expect(second).toEqual({
      allowed: false,
      blockers: ['transferred_officer'],
      reason: expect.objectContaining({ field: 'categories', rule: 'one-service-category', severity: 'refuse' }),
    })
    expect(rules.category('disabled_militia', ['discharged_soldier']).reason?.rule).toBe('disabled-militia-without-service')
    const both = rules.category('disabled_militia', ['disabled_serviceman', 'discharged_soldier'])
    expect(both.blockers).toEqual(['discharged_soldier', 'disabled_serviceman'])
  })

  it('lets what is not yet whole become whole', () => {
    expect(rules.category('disabled_serviceman', [])).toEqual({ allowed: true, reason: null, blockers: [] })
    expect(rules.checkCategories(['disabled_serviceman']).map((one) => one.rule)).toEqual(['disabled-serviceman-needs-service'])
    expect(rules.category('discharged_soldier', ['disabled_serviceman']).allowed).toBe(true)
  })

  it('does not hold against a tick what was wrong before', () => {
    const wrong = ['transferred_officer', 'discharged_soldier']
    expect(rules.checkCategories(wrong)).toHaveLength(1)
    expect(rules.category('martyr_survivor', wrong)).toEqual({ allowed: true, reason: null, blockers: [] })
    expect(rules.category('disabled_militia', wrong).allowed).toBe(false)
  })

  it('judges a tick that is there as if it were not', () => {
    expect(rules.category('discharged_soldier', ['discharged_soldier']).allowed).toBe(true)
    expect(rules.category('no_such', []).reason?.rule).toBe('unknown-category')
  })
})

describe('a form that changes', () => {
  it('names the fields that go with a category, and no other', () => {
    const fields = { name: '某', discharged_soldier_kind: 'retired', no_such: '1' }
    expect(rules.leaving(['discharged_soldier'], ['transferred_officer'], fields)).toEqual(['discharged_soldier_kind'])
    expect(rules.leaving(['discharged_soldier'], ['discharged_soldier', 'martyr_survivor'], fields)).toEqual([])
  })

  it('says which papers are wanted, and nothing of what is held where it is not asked', () => {
    const [first, ...rest] = rules.evidenceFor({ categories: ['martyr_survivor'], fields: {} })
    expect(first?.one_of).toEqual([profile.papers.find((paper) => paper.id === 'id_card')])
    expect([first, ...rest].every((need) => need && !('met' in need))).toBe(true)
    const met = rules.evidenceFor({ categories: ['martyr_survivor'], fields: {} }, ['id_card'])
    expect(met.filter((need) => need.met).map((need) => need.id)).toEqual(['identity_papers'])
  })

  it('leaves to a newer server a kind of rule that it does not know', () => {
    const newer = structuredClone(profile)
    newer.rules = newer.rules.map((rule) => ({ ...rule, kind: 'kind-to-come' }) as unknown as Profile['rules'][number])
    const reasons = new FormRules(newer, areas).check({ categories: ['discharged_soldier'], fields: {} }, '2018-11-20')
    expect(new Set(reasons.map((reason) => reason.rule))).toEqual(new Set(['required']))
  })

  it('speaks of an area outside the grants as of an unknown one', () => {
    const village = areas.areas.find((area) => area.level === 'village')!
    const less = new FormRules(profile, { ...areas, areas: areas.areas.filter((area) => area !== village) })
    expect(rules.checkField(type('area'), village.code)).toBeNull()
    expect(less.checkField(type('area'), village.code)?.rule).toBe('unknown-area')
  })
})

describe('typed input', () => {
  it('keeps the lines of a text', () => expect(tidy(field('name'), ' 第一行 \n 第二  行 ')).toBe('第一行\n第二 行'))
  it('only trims what is chosen', () => expect(tidy(type('choice'), ' retired ')).toBe('retired'))
})

describe('what is drawn by chance', () => {
  it('is a salt of 256 bits and a version 4 id, each time another', () => {
    expect(newSalt()).toMatch(/^[0-9a-f]{64}$/)
    expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(new Set([newSalt(), newSalt(), newId(), newId()]).size).toBe(4)
  })
})
