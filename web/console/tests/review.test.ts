/** One record before its reviewer: by keyboard, field by field, and never lost. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { faults } from '../../tests/axe'
import ItemPage from '../src/pages/review/ItemPage.vue'
import { rowsOf, standing, type Item } from '../src/pages/review/compare'
import { valueOf } from '../src/pages/review/complete'
import { queue } from '../src/pages/review/queue'
import { COUNTY, press, profile, refusal, requests, serve, VILLAGE, visit } from './support'

const [ONE, TWO] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
// Nobody's: its checksum is wrong on purpose.
const NUMBER = '00000000000000000X'

const entry = (subject_id: string) => ({
  subject_id, version: 2, village: VILLAGE, desk: 'civil_affairs', received_at: '2026-11-20T01:00:00Z', age_seconds: 400_000,
  returned: 0, own: false, passed: false, answers: 'agree', flagged: false, looking: null,
})

/** How a record stands, as who looks at it is told. */
const stand = (subject_id: string, more: object = {}) => ({
  subject_id, looking: { own: true, since: '2026-11-24T07:04:00Z', until: '2099-01-01T00:00:00Z' }, version: 2, digest: record(subject_id).digest, reviewable: true,
  answered: record(subject_id).departments.length, flagged: false, ...more,
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
    collected_at: '2026-11-19T01:00:00Z', corrects_version: null, completion: null, standing: [],
    baseline: { version: 1, record: { form_version: 'tongren/1', categories: ['soldier'], fields: { unit: '第二十集团军' } }, differs: ['unit'] }, card: null,
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
const posts = () => requests.filter((one) => one.line.startsWith('POST') && !one.line.endsWith('/claim'))
const lines = (what: string) => requests.filter((one) => one.line === what).length

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

describe('the card', () => {
  const headings = () => [...document.querySelectorAll('thead th')].map((one) => one.textContent)
  const cells = (at: number) => [...document.querySelectorAll('tbody tr:not(.group)')][at]!.querySelectorAll('td')
  const ON_CARD = NUMBER.replace('X', '0')
  const read = (more: Partial<Item> = {}) => record(ONE, {
    provenance: { name: 'chip', resident_number: 'typed', unit: 'typed' }, baseline: null,
    card: { fields: { name: '<img src=x onerror=alert(1)>', resident_number: ON_CARD }, differs: ['resident_number'] }, ...more,
  })

  it('stands beside record and baseline, and what differs from it asks for a look (R59)', async () => {
    const [name, number, unit] = rowsOf(read(), profile.fields as never)
    expect(name).toMatchObject({ card: '<img src=x onerror=alert(1)>', offCard: false, attention: false })
    expect(number).toMatchObject({ offCard: true, differs: false, attention: true })
    expect(unit).toMatchObject({ card: undefined, offCard: false })
    await open(read())
    expect(headings()).toEqual(['项目', '采集记录', '初始数据', '读卡', '来源', '人武'])
    expect(document.querySelectorAll('tr.group th')[0]!.getAttribute('colspan')).toBe('6')
    expect(document.querySelectorAll('td.apart')).toHaveLength(1)
    expect(cells(1)[2]!.classList.contains('apart')).toBe(true)
    expect(cells(1)[2]!.textContent).toContain('不一致')
    expect(cells(2)[2]!.textContent).toBe('—')
    expect(document.body.textContent).toContain('与读卡内容不同：公民身份号码')
    key('F8')
    expect(document.activeElement).toBe(boxes()[1])
    expect(document.querySelector('img')).toBeNull()
    expect(await faults(document.body)).toEqual([])
  })

  it('masks what is sensitive, and marks the sign that differs all the same', async () => {
    await open(read())
    expect(document.body.textContent).not.toContain(ON_CARD)
    expect(document.body.textContent).not.toContain(NUMBER)
    expect([...document.querySelectorAll('td u')]).toHaveLength(2)
  })

  it('of a field of which baseline and card both say otherwise, each is marked against the record', async () => {
    await open(record(ONE, { card: { fields: { unit: '第三十一集团军' }, differs: ['unit'] } }))
    expect([1, 2].map((at) => cells(2)[at]!.classList.contains('apart'))).toEqual([true, true])
    expect(cells(2)[2]!.querySelector('u')!.textContent).toBe('三')
  })

  it('that a reviewer’s change took a field from still shows it', () => {
    expect(rowsOf(record(ONE, { card: { fields: { former: '某' }, differs: [] } }), profile.fields as never).at(-1)).toMatchObject({ field: 'former', record: undefined, card: '某' })
  })

  it('has no column where none was read', async () => {
    await open()
    expect(headings()).toEqual(['项目', '采集记录', '初始数据', '来源', '人武'])
    expect(document.body.textContent).not.toContain('与读卡内容不同')
  })
})

describe('the page', () => {
  it('names who signed for the person, what they are to them, and who translated', async () => {
    await open(record(ONE, { signature_kind: 'by_proxy', signer: { name: '<b>卓玛</b>', relation: 'child' }, interpreter: '扎西' }))
    expect(document.querySelector('.signed')!.textContent).toContain('代签：<b>卓玛</b>（子女）')
    expect(document.querySelector('.signed')!.textContent).toContain('翻译：扎西')
    expect(document.querySelector('.signed b')).toBeNull()
  })

  it('says how it was confirmed where nobody signed by hand, and of an own signature nothing', async () => {
    const { wrapper } = await open(record(ONE, { signature_kind: 'thumbprint' }))
    expect(document.querySelector('.signed')!.textContent).toBe('确认方式：捺印')
    expect(await faults(document.body)).toEqual([])
    wrapper.unmount()
    await open()
    expect(document.querySelector('.signed')).toBeNull()
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

  it('has to be checked anew where it was read again and says something else', async () => {
    let here = record(ONE)
    const path = `/api/verification/items/${ONE}/2/verify`
    await open(here, { [`GET /api/verification/items/${ONE}`]: () => here, [`POST ${path}`]: () => refusal(409, 'changed', '记录已有新版本。') })
    for (const box of boxes()) if (!box.checked) box.click()
    await nextTick()
    key('F9')
    await flushPromises()
    here = record(ONE, { version: 3, digest: 'f'.repeat(64), record: { ...here.record, fields: { ...here.record.fields, unit: '某团' } } })
    await press('重新读取')
    expect(boxes().map((box) => box.checked)).toEqual([true, true, false])
    key('F9')
    await flushPromises()
    expect(posts().map((one) => one.line)).toEqual([`POST ${path}`])
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

describe('the next record', () => {
  const two = record(TWO, { record: { ...record(TWO).record, fields: { name: '第二人' } }, baseline: null, departments: [] })
  const CLAIM_TWO = `POST /api/verification/items/${TWO}/claim`
  const READ_TWO = `GET /api/verification/items/${TWO}`

  async function verifyFirst(more: Record<string, unknown>) {
    const found = await open(record(ONE), { [`POST /api/verification/items/${ONE}/2/verify`]: { passed: false }, [`POST /api/verification/items/${ONE}/claim`]: stand(ONE), ...more })
    for (const box of boxes()) if (!box.checked) box.click()
    await nextTick()
    key('F9')
    await flushPromises()
    return found
  }

  it('is fetched ahead, once, said to be so, and shown as it is', async () => {
    const asked: string[] = []
    const { wrapper } = await verifyFirst({ [CLAIM_TWO]: stand(TWO, { answered: 0 }), [READ_TWO]: (_: unknown, url: URL) => (asked.push(url.search), two) })
    expect(asked).toEqual(['?ahead=true'])
    expect(document.querySelector('h1')?.textContent).toBe('第二人')
    wrapper.unmount()
  })

  it('is read again where it is another by now', async () => {
    let reads = 0
    const newer = { ...two, version: 3, record: { ...two.record, fields: { name: '改过的名' } } }
    await verifyFirst({ [CLAIM_TWO]: stand(TWO, { answered: 0, version: 3 }), [READ_TWO]: () => (++reads > 1 ? newer : two) })
    expect(reads).toBe(2)
    expect(document.querySelector('h1')?.textContent).toBe('改过的名')
  })

  it('that somebody decided meanwhile is said and passed by', async () => {
    const { router } = await verifyFirst({ [CLAIM_TWO]: stand(TWO, { answered: 0, reviewable: false }), [READ_TWO]: { ...two, reviewable: false } })
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('review'), 10_000)
    expect(queue.items).toEqual([])
  })

  it('that another looks at stays theirs', async () => {
    const { router } = await verifyFirst({ [CLAIM_TWO]: stand(TWO, { answered: 0, looking: { own: false, since: '2026-11-24T07:04:00Z', until: '2099-01-01T00:00:00Z' } }) })
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('review'), 10_000)
    expect(queue.items.map((one) => one.looking?.own)).toEqual([false])
  })

  it('comes after a conflict too: who was first is said, and nothing is held', async () => {
    const refused = () => refusal(409, 'already-reviewed', '该版本已有复核结论，不能更改。')
    const { router } = await verifyFirst({ [`POST /api/verification/items/${ONE}/2/verify`]: refused, [CLAIM_TWO]: stand(TWO, { answered: 0 }) })
    await vi.waitFor(() => expect(router.currentRoute.value.params.subject).toBe(TWO), 10_000)
    expect(document.querySelector('.told')?.textContent).toContain('该版本已有复核结论，不能更改。')
  })
})

describe('looking at a record', () => {
  const CLAIM = `POST /api/verification/items/${ONE}/claim`
  const theirs = { own: false, since: '2026-11-24T07:04:00Z', until: '2099-01-01T00:00:00Z' }

  it('is said at the beginning and while the page is seen, and ended when it is left', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { wrapper } = await open(record(ONE), { [CLAIM]: stand(ONE), [`DELETE /api/verification/items/${ONE}/claim`]: () => new Response(null, { status: 204 }) })
    expect(lines(CLAIM)).toBe(1)
    await vi.advanceTimersByTimeAsync(61_000)
    expect(lines(CLAIM)).toBe(2)
    wrapper.unmount()
    await flushPromises()
    expect(lines(`DELETE /api/verification/items/${ONE}/claim`)).toBe(1)
    await vi.advanceTimersByTimeAsync(200_000)
    expect(lines(CLAIM)).toBe(2)
    vi.useRealTimers()
  })

  it('what another looks at is not decided until it is taken over, which is said', async () => {
    await open(record(ONE), { [CLAIM]: (body: unknown) => ((body as { take_over: boolean }).take_over ? stand(ONE) : stand(ONE, { looking: theirs })) })
    expect(document.querySelector('.other')?.textContent).toContain('另一位复核人员正在看这条记录，自 2026-11-24 15:04')
    expect(boxes().every((box) => box.disabled)).toBe(true)
    expect(await faults(document.body)).toEqual([])
    await press('由我接手')
    expect(document.querySelector('.other')).toBeNull()
    expect(boxes().every((box) => !box.disabled)).toBe(true)
    expect(requests.filter((one) => one.line === CLAIM).map((one) => one.body)).toEqual([{ take_over: false }, { take_over: true }])
  })
})

describe('completing', () => {
  const POST = `POST /api/capture/subjects/${ONE}/completion`
  const completion = { by: 'me', at: '2026-11-21T01:00:00Z', reason: '与档案核对', signed_version: 2, unsigned: ['unit'] }

  async function type(id: string, text: string): Promise<void> {
    const input = document.querySelector<HTMLInputElement>(`#${id}`)!
    input.value = text
    input.dispatchEvent(new Event('input'))
    await nextTick()
  }

  const send = async () => {
    key('Enter', document.querySelector('#complete-reason')!, { ctrlKey: true })
    await flushPromises()
  }

  it('opens the row at hand by E, sends what changed alone, and shows the new version with what nobody signed', async () => {
    let here = record(ONE)
    const newer = record(ONE, { version: 3, digest: `sha256:${'b'.repeat(64)}`, completion, record: { ...here.record, fields: { ...here.record.fields, unit: '第二十集团军' } }, provenance: { ...here.provenance, unit: 'reviewer' } })
    await open(here, {
      [`GET /api/verification/items/${ONE}`]: () => here,
      [POST]: () => {
        here = newer
        return { subject_id: ONE, version: 3, digest: newer.digest, unsigned: ['unit'] }
      },
    })
    boxes()[0]!.click()
    await nextTick()
    key('F8')
    key('e')
    await flushPromises()
    expect(document.querySelector<HTMLSelectElement>('#complete-field-0')!.value).toBe('unit')
    expect(document.querySelector<HTMLInputElement>('#complete-value-0')!.value).toBe('第二十一集团军')
    await send()
    expect(posts()).toEqual([])
    expect(document.querySelector('[role="dialog"] [role="alert"]')?.textContent).toContain('还没有改动任何一项')
    expect(await faults(document.querySelector('[role="dialog"]')!)).toEqual([])
    await type('complete-value-0', '第二十集团军')
    await type('complete-reason', '与档案核对')
    await send()
    expect(posts()[0]!.body).toMatchObject({ base_version: 2, fields: { unit: '第二十集团军' }, reason: '与档案核对' })
    await vi.waitFor(() => expect(document.body.textContent).toContain('第 3 版已可复核'), 3000)
    expect(document.body.textContent).toContain('第 2 版由本人签字，其后改动未经本人签字：服役部队')
    expect([...document.querySelectorAll('tbody tr')].at(-1)!.textContent).toContain('未签字')
    expect(boxes().map((box) => box.checked)).toEqual([true, false, false])
  }, 20_000)

  it('says which field is refused and why, and the same again is the same completion', async () => {
    const refused = () =>
      new Response(JSON.stringify({ type: 'urn:muster:problem:invalid', status: 422, reasons: [{ field: 'unit', rule: 'too-long', zh: '太长', en: 'Too long' }], trace_id: null }), { status: 422, headers: { 'content-type': 'application/problem+json' } })
    await open(record(ONE), { [POST]: refused })
    key('F8')
    key('Enter')
    await flushPromises()
    await type('complete-value-0', '某部')
    await type('complete-reason', '核对')
    await send()
    expect(document.querySelector('[role="dialog"] [role="alert"]')?.textContent).toContain('服役部队：太长')
    expect(document.querySelector('#complete-value-0')!.getAttribute('aria-invalid')).toBe('true')
    await send()
    await type('complete-value-0', '某团')
    await send()
    const ids = posts().map((one) => (one.body as { completion_id: string }).completion_id)
    expect(ids[0]).toBe(ids[1])
    expect(ids[2]).not.toBe(ids[0])
  }, 20_000)

  it('keeps what was typed when it is closed unsent, and shows the field at hand first', async () => {
    await open()
    key('F8')
    key('e')
    await flushPromises()
    await type('complete-value-0', '某部')
    await type('complete-reason', '核对')
    await press('取消', document.getElementById('complete-reason')!.closest('[role="dialog"]')!)
    boxes()[0]!.focus()
    key('e')
    await flushPromises()
    const fields = [...document.querySelectorAll<HTMLSelectElement>('select[id^="complete-field-"]')].map((one) => one.value)
    expect(fields).toEqual(['name', 'unit'])
    expect(document.querySelector<HTMLInputElement>('#complete-value-1')!.value).toBe('某部')
    expect(document.querySelector<HTMLInputElement>('#complete-reason')!.value).toBe('核对')
  }, 20_000)

  it('holds the decision until the new version is here', async () => {
    await open(record(ONE), { [POST]: { subject_id: ONE, version: 3, digest: record(ONE).digest, unsigned: ['unit'] } })
    for (const box of boxes()) box.click()
    key('F8')
    key('e')
    await flushPromises()
    await type('complete-value-0', '某部')
    await type('complete-reason', '核对')
    await send()
    key('F9')
    await flushPromises()
    expect(posts().map((one) => one.line)).toEqual([POST])
    expect(document.body.textContent).toContain('送到后才能继续复核')
  }, 20_000)

  it('gives values as records hold them, and null for what is taken away', () => {
    const field = (type: string) => ({ ...profile.fields[0]!, type }) as never
    expect([valueOf(field('integer'), '12'), valueOf(field('integer'), '1x'), valueOf(field('boolean'), 'false'), valueOf(field('text'), '  '), valueOf(field('choices'), []), valueOf(field('choices'), ['a'])]).toEqual([12, '1x', false, null, null, ['a']])
  })

  it('tells how often a record went back and forth, when, why and by whom', async () => {
    const back = (version: number, reviewer_id: string) => ({
      version, digest: `sha256:${'c'.repeat(64)}`, state: 'returned' as const, received_at: '2026-11-10T01:00:00Z', reviewed_at: '2026-11-11T01:00:00Z', reviewer_id,
      attestation: null, reasons: [{ code: 'other', zh: '其他原因', en: 'Another reason', field: 'evidence', text: '照片不清' }], departments: [], changed: ['unit'], completion: null,
    })
    await open(record(ONE, { version: 3, earlier: [back(2, 'me'), back(1, 'somebody')] }))
    const history = document.querySelector('details')!
    expect(history.open).toBe(true)
    expect(history.textContent).toContain('往返2次')
    expect(history.textContent).toContain('由您退回')
    expect(history.textContent).toContain('由其他复核人员退回')
    expect(history.textContent).toContain('证明材料：其他原因')
  })
})

describe('papers', () => {
  const piece = (kind: string, sign: string) => ({ digest: `sha256:${sign.repeat(64)}`, kind, media_type: 'image/png' })
  const shown = () => document.querySelector<HTMLImageElement>('.stage img')?.alt

  it('come with the field at hand, and one that shows it stays', async () => {
    await open(record(ONE, { evidence: [piece('id_card', 'd'), piece('discharge_certificate', 'e')] }))
    expect(shown()).toBe('居民身份证')
    key('F8')
    await flushPromises()
    expect(shown()).toBe('退伍证')
    key('ArrowUp', boxes()[2])
    await flushPromises()
    expect(shown()).toBe('退伍证')
  }, 20_000)

  it('are named where none of them came with the record', async () => {
    await open(record(ONE, { evidence: [piece('id_card', 'd')] }))
    key('F8')
    await flushPromises()
    expect(document.querySelector('.pane')!.textContent).toContain('服役部队：没有可对照的材料（退伍证）')
  }, 20_000)
})
