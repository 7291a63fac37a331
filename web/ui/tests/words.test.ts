/** The guard over the catalogues, with what it must reject. */
import { describe, expect, it } from 'vitest'
import { compare, usage } from '../../scripts/check-words.mjs'

describe('two languages', () => {
  it('have the same keys with the same placeholders', () => {
    expect(compare({ a: { b: '还有 {n} 人' } }, { a: { b: '{n} left' } }, 'x')).toEqual([])
    expect(compare({ a: '一' }, {}, 'x')).toEqual(['x: a is missing in en'])
    expect(compare({}, { a: 'one' }, 'x')).toEqual(['x: a is missing in zh'])
    expect(compare({ a: '一' }, { a: ' ' }, 'x')).toEqual(['x: a is empty'])
    expect(compare({ a: '{n} 人' }, { a: '{m} people' }, 'x')).toEqual(['x: a has other placeholders in en'])
    expect(compare({ a: '一' }, { a: '一' }, 'x')).toEqual(['x: a is Chinese in en'])
  })
})

describe('sources', () => {
  const keys = new Set(['page.one', 'state.open', 'state.shut'])

  it('name words that are there, and all of them', () => {
    const { faults, used } = usage(keys, [['a.ts', "t('page.one'); t(`state.${state}`)"]])
    expect([faults, [...used].sort()]).toEqual([[], [...keys]])
    expect([...usage(keys, [['a.ts', 't(`state.${state}`)']]).used]).toEqual(['state.open', 'state.shut'])
    expect(usage(keys, [['a.ts', "t('page.one'); t('page.two'); t(`state.${x}`)"]]).faults).toEqual(['a.ts: there is no word page.two'])
    expect(usage(keys, [['a.ts', "t('page.one'); t(`state.${x}`); t(`page.few.${x}`)"]]).faults).toEqual(['a.ts: there are no words page.few.*'])
  })

  it('hold no sentence; a comment may', () => {
    const all = "t('page.one'); t(`state.${x}`)"
    expect(usage(keys, [['a.vue', `${all}\n<p>退回</p>`]]).faults).toEqual(['a.vue: words outside the catalogues: <p>退回</p>'])
    expect(usage(keys, [['a.vue', `${all}\n// 退回\n/* 退回 */ <!-- 退回 -->`]]).faults).toEqual([])
  })
})
