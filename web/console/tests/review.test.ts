/** One record before its reviewer: by keyboard, field by field, and never lost. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { faults } from '../../tests/axe'
import ItemPage from '../src/pages/review/ItemPage.vue'
import { rowsOf, standing, type Item } from '../src/pages/review/compare'
import { queue } from '../src/pages/review/queue'
import { COUNTY, profile, refusal, requests, serve, VILLAGE, visit } from './support'

const [ONE, TWO] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
// Nobody's: its checksum is wrong on purpose.
const NUMBER = '00000000000000000X'

const entry = (subject_id: string) => ({
  subject_id, version: 2, village: VILLAGE, desk: 'civil_affairs', received_at: '2026-11-20T01:00:00Z', age_seconds: 400_000,
  returned: 0, own: false, passed: false, answers: 'agree', flagged: false,
})

const department = (more: Partial<Item['departments'][number]> = {}) => ({
  request: 'r', department: 'armed-forces', zh: '人武', en: 'Armed forces', mandatory: true, asked: ['unit'], asked_at: '2026-11-20T02:00:00Z',
  waiting_since: null, received_at: '2026-11-20T03:00:00Z', verdicts: { unit: 'match' as const }, remark: '', contradicts: false, cannot_tell: false, overruled: null, ...more,
})

function record(subject_id: string, more: Partial<Item> = {}): Item {
  return {
    subject_id, version: 2, digest: `sha256:${'a'.repeat(64)}`, state: 'submitted', desk: 'civil_affairs', village: VILLAGE, received_at: '2026-11-20T01:00:00Z',
    reviewed_at: null, reviewer_id: null, passed: false, reviewable: true, own: false, record_id: 'rec',
    record: { form_version: 'tongren/1', categories: ['soldier'], fields: { name: '<img src=x onerror=alert(1)>', resident_number: NUMBER, unit: '第二十一集团军' } },
    provenance: { name: 'chip', resident_number: 'chip', unit: 'typed' }, evidence: [], signature_kind: 'handwriting', signer: null, interpreter: null, attestation: null, collector_id: 'c',
    collected_at: '2026-11-19T01:00:00Z', corrects_version: null, standing: [],
    baseline: { version: 1, record: { form_version: 'tongren/1', categories: ['soldier'], fields: { unit: '第二十集团军' } }, differs: ['unit'] },
    answers: 'agree', departments: [department()], reasons: [], earlier: [], ...more,
  }
}

async function open(first: Item = record(ONE), more: Record<string, unknown> = {}) {
  queue.loaded = false
  serve('civil_affairs_reviewer', {
    'GET /api/verification/queue': { items: [entry(ONE), entry(TWO)], next: null },
    [`GET /api/verification/items/${ONE}`]: first,
    [`GET /api/verification/items/${TWO}`]: record(TWO, { record: { ...record(TWO).record, fields: { name: '第二人' } }, baseline: null, departments: [] }),
    'GET /api/verification/return-reasons': [{ code: 'field-wrong', zh: '填写有误', en: 'Filled in wrongly' }, { code: 'other', zh: '其他原因', en: 'Another reason' }],
    ...more,
  }, COUNTY)
  const page = await visit(`/review/${ONE}`, ItemPage)
  await flushPromises()
  return page
}

const key = (name: string, target: EventTarget = document.activeElement ?? window, more: KeyboardEventInit = {}) =>
  target.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...more }))
const boxes = () => [...document.querySelectorAll<HTMLInputElement>('tbody input[type="checkbox"]')]
const posts = () => requests.filter((one) => one.line.startsWith('POST'))

async function settleAll(): Promise<void> {
  for (const box of boxes()) {
    box.click()
    await nextTick()
  }
}

Element.prototype.scrollIntoView ??= () => undefined

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

describe('rows', () => {
  it('stand in the order of the form, with what each side says', () => {
    const rows = rowsOf(record(ONE, { departments: [department({ verdicts: { unit: 'mismatch' } })] }), profile.fields as never)
    expect(rows.map((row) => row.field)).toEqual(['name', 'resident_number', 'unit'])
    expect(rows[2]).toMatchObject({ differs: true, baseline: '第二十集团军', source: 'typed', attention: true, verdicts: { 'armed-forces': 'mismatch' } })
    expect(rows[0]).toMatchObject({ attention: false, verdicts: { 'armed-forces': undefined } })
  })

  it('keep what the form no longer has, and what a department was asked beyond the record', () => {
    const strange = record(ONE, { departments: [department({ asked: ['gone'], verdicts: null })] })
    expect(rowsOf(strange, profile.fields as never).at(-1)).toMatchObject({ field: 'gone', section: '', verdicts: { 'armed-forces': 'asked' } })
  })

  it('name the departments in spite of whom it would be verified, once each', () => {
    const overruled = { reviewer_id: 'x', at: '2026-11-20T03:00:00Z', despite: 'y' }
    expect(standing([department({ contradicts: true }), department({ department: 'b', cannot_tell: true }), department({ department: 'c', contradicts: true, overruled })])).toEqual({
      contradicting: ['armed-forces'],
      cannotTell: ['b'],
    })
  })
})

describe('the page', () => {
  it('names who signed for the person, what they are to them, and who translated', async () => {
    await open(record(ONE, { signature_kind: 'by_proxy', signer: { name: '<b>卓玛</b>', relation: 'child' }, interpreter: '扎西' }))
    expect(document.querySelector('.signed')!.textContent).toContain('代签：<b>卓玛</b>（子女）')
    expect(document.querySelector('.signed')!.textContent).toContain('翻译：扎西')
    expect(document.querySelector('.signed b')).toBeNull()
  })
  it('is clean for axe, masks what is sensitive, and runs nothing that somebody stored', async () => {
    await open()
    expect(await faults(document.body)).toEqual([])
    expect(document.body.textContent).not.toContain(NUMBER)
    expect(document.body.textContent).toContain('<img src=x onerror=alert(1)>')
    expect(document.querySelector('img')).toBeNull()
  })

  it('marks what differs, sign by sign', async () => {
    await open()
    expect([...document.querySelectorAll('td u')].map((one) => one.textContent)).toEqual(['一'])
  })

  it('verifies by keyboard alone, under the digest that was shown, and the next comes at once', async () => {
    const answer = { subject_id: ONE, passed: false }
    const { router } = await open(record(ONE), { [`POST /api/verification/items/${ONE}/2/verify`]: answer })
    expect(document.activeElement).toBe(boxes()[0])
    key('F9')
    await flushPromises()
    expect(posts()).toEqual([])
    boxes()[0]!.click()
    await nextTick()
    expect(document.activeElement).toBe(boxes()[1])
    await settleAll()
    boxes().filter((box) => !box.checked).forEach((box) => box.click())
    await nextTick()
    key('F9')
    await flushPromises()
    expect(posts()[0]!.body).toEqual({ digest: record(ONE).digest })
    expect(router.currentRoute.value.params.subject).toBe(TWO)
    expect(queue.items.map((one) => one.subject_id)).toEqual([TWO])
  })

  it('goes from difference to difference', async () => {
    await open()
    key('F8')
    expect(document.activeElement).toBe(boxes()[2])
  })

  it('does nothing while an input method composes', async () => {
    await open()
    key('F8', window, { isComposing: true })
    expect(document.activeElement).toBe(boxes()[0])
  })

  it('keeps what was checked when a decision is refused', async () => {
    await open(record(ONE), { [`POST /api/verification/items/${ONE}/2/verify`]: () => refusal(409, 'changed', '记录已有新版本。') })
    for (const box of boxes()) if (!box.checked) box.click()
    await nextTick()
    key('F9')
    await flushPromises()
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('记录已有新版本。')
    expect(boxes().every((box) => box.checked)).toBe(true)
    expect(await faults(document.body)).toEqual([])
  })

  it('asks why, where a department says otherwise', async () => {
    const against = record(ONE, { answers: 'contradict', departments: [department({ verdicts: { unit: 'mismatch' }, contradicts: true })] })
    await open(against, { [`POST /api/verification/items/${ONE}/2/verify`]: { passed: false } })
    for (const box of boxes()) if (!box.checked) box.click()
    await nextTick()
    key('F9')
    await flushPromises()
    expect(posts()).toEqual([])
    const words = document.querySelector<HTMLTextAreaElement>('#despite-words')!
    words.value = '原件已核'
    words.dispatchEvent(new Event('input'))
    await nextTick()
    key('Enter', words, { ctrlKey: true })
    await flushPromises()
    expect(posts()[0]!.body).toEqual({ digest: against.digest, despite: '原件已核', contradicting: ['armed-forces'], cannot_tell: [] })
  })

  it('returns with a reason of the list for the field at hand; what is missing is said on top', async () => {
    await open(record(ONE), { [`POST /api/verification/items/${ONE}/2/return`]: {} })
    key('F8')
    key('F10')
    await flushPromises()
    const code = document.querySelector<HTMLSelectElement>('#reason-code-0')!
    expect(document.querySelector<HTMLSelectElement>('#reason-field-0')!.value).toBe('unit')
    key('Enter', code, { ctrlKey: true })
    await flushPromises()
    expect(posts()).toEqual([])
    expect(document.activeElement?.getAttribute('role')).toBe('alert')
    expect(await faults(document.querySelector('[role="dialog"]')!)).toEqual([])
    code.value = 'field-wrong'
    code.dispatchEvent(new Event('change'))
    await nextTick()
    key('Enter', code, { ctrlKey: true })
    await flushPromises()
    expect(posts()[0]!.body).toEqual({ digest: record(ONE).digest, reasons: [{ code: 'field-wrong', field: 'unit', text: '' }] })
  })

  it('offers no decision on what the reviewer collected', async () => {
    await open(record(ONE, { own: true }))
    expect(boxes().every((box) => box.disabled)).toBe(true)
    key('F10')
    await flushPromises()
    expect(document.querySelector('#reason-code-0')).toBeNull()
  })
})
