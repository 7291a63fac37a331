/** Work orders, and what is said about one, mounted whole. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { faults } from '../../tests/axe'
import OrdersPage from '../src/pages/orders/OrdersPage.vue'
import { COUNTY, problems, refusal, requests, serve, TOWN, VILLAGE, visit } from './support'

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

const NOW = '2026-11-24T07:04:00Z'
const words = { zh: '怎样算', en: 'how it is computed' }

async function press(within: Element, words: string): Promise<void> {
  ;[...within.querySelectorAll('button')].find((one) => one.textContent?.trim() === words)!.click()
  await flushPromises()
}

const ORDER = {
  discrepancy_id: 'd1', kind: 'field_mismatch', subject_id: 's', field: 'unit', department: 'armed-forces', other: null, village: VILLAGE, state: 'open', comparable: true,
  revision: 1, first_opened_at: NOW, opened_at: NOW, closed_at: null, closed_by: null, named_by: null, age_seconds: 40 * 86_400, handled_in: null, questions: 0,
}

describe('work orders', () => {
  const serves = (role: string, more: Record<string, unknown> = {}) =>
    serve(role, {
      'GET /api/crosscheck/discrepancies': { items: [ORDER], next: null },
      'GET /api/crosscheck/comparison': { open: true, opened_at: NOW, opened_by: 'x', waiting: 0 },
      ...more,
    })

  it('are opened with a reason and never closed by hand; a leader opens none', async () => {
    serves('leader')
    await visit('/orders', OrdersPage)
    await flushPromises()
    expect(document.body.textContent).toContain('超过30天（1）')
    expect(await faults(document.body)).toEqual([])
    expect([...document.querySelectorAll('tbody button')]).toEqual([])
  })

  it('are chosen by kind and age from the address, counted as reporting counts, and read on after a failure', async () => {
    const asked: string[] = []
    let down = true
    const more = (_: unknown, url: URL) => {
      asked.push(url.search)
      if (!url.searchParams.has('after')) return { items: [ORDER], next: 'on' }
      return down ? refusal(503, 'store-away', '数据库暂时不可用。') : { items: [{ ...ORDER, discrepancy_id: 'd2' }], next: null }
    }
    serves('leader', { 'GET /api/crosscheck/discrepancies': more, 'GET /api/reporting/problems': { as_of: NOW, code: COUNTY, area: problems('同仁县', 1203), areas: {}, ages: words } })
    const { router } = await visit(`/orders/${COUNTY}?kind=dead&age=over_30_days`, OrdersPage)
    await flushPromises()
    expect(asked).toEqual([`?area=${COUNTY}&state=open&limit=100&kind=dead&age=over_30_days`])
    expect(document.querySelector('h1')?.textContent).toBe('同仁县：共 1,203 张核查单，先列出 1 张')
    expect(document.querySelector('.group')?.textContent).toBe('超过30天（1,203）')
    expect(document.body.textContent).toContain('超过30天（1,203）')
    await press(document.body, '继续列出')
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('数据库暂时不可用。')
    expect(document.querySelectorAll('tbody tr:not(.group)')).toHaveLength(1)
    expect(await faults(document.body)).toEqual([])
    down = false
    await press(document.body, '重试')
    expect(document.querySelector('[role="alert"]')).toBeNull()
    expect(document.querySelector('.group')?.textContent).toBe('超过30天（2）')
    const state = [...document.querySelectorAll<HTMLSelectElement>('.filters select')][0]!
    state.value = 'closed'
    state.dispatchEvent(new Event('change'))
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ state: 'closed', kind: 'dead' })
    expect(asked.at(-1)).toBe(`?area=${COUNTY}&state=closed&limit=100&kind=dead`)
  })

  it('of a list that is not all here say no number that is that of a page', async () => {
    serves('civil_affairs_reviewer', { 'GET /api/crosscheck/discrepancies': { items: [ORDER], next: 'on' } })
    await visit('/orders', OrdersPage)
    await flushPromises()
    expect(document.querySelector('.group')?.textContent).toBe('超过30天')
    expect(requests.some((one) => one.line.endsWith('/problems'))).toBe(false)
  })

  it('show both sides to who mends them, the number masked', async () => {
    // Nobody's: its checksum is wrong on purpose.
    const number = '00000000000000000X'
    const opened = { ...ORDER, person: { subject_id: 's', name: '某人', number }, record_value: '第二十一集团军', department_value: null, twin: null, reveal: null, notes: [] }
    serves('civil_affairs_reviewer', {
      'POST /api/crosscheck/discrepancies/d1/open': (body: unknown) => ((body as { reason: string }).reason === '核对档案' ? opened : refusal(422, 'reason', '不行')),
      'POST /api/crosscheck/discrepancies/d1/reveal': { reveal_id: 'r' },
    })
    await visit('/orders', OrdersPage)
    await flushPromises()
    document.querySelector<HTMLElement>('tbody .el-button')!.click()
    await flushPromises()
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('请写明打开的理由')
    const reason = document.querySelector<HTMLInputElement>('#order-reason')!
    reason.value = '核对档案'
    reason.dispatchEvent(new Event('input'))
    await nextTick()
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    const dialog = document.querySelector('[role="dialog"]')!
    expect(dialog.textContent).toContain('某人')
    expect(dialog.textContent).not.toContain(number)
    expect(dialog.textContent).toContain('数据留在部门，未揭示')
    expect(dialog.textContent).toContain('最近一次复核没有通过')
    expect(dialog.querySelector('a')?.textContent).toBe('到复核页完善或退回这条记录')
    expect(await faults(dialog)).toEqual([])
    ;[...dialog.querySelectorAll('button')].find((one) => one.textContent?.includes('申请揭示'))!.click()
    await flushPromises()
    expect(requests.at(-1)).toEqual({ line: 'POST /api/crosscheck/discrepancies/d1/reveal', body: { reason: '核对档案' } })
    expect(dialog.querySelector('[role="status"]')?.textContent).toContain('已向部门申请揭示')
  })

  it('show that sensitive sides differ, also where the mask covers what differs', async () => {
    const [ours, theirs] = ['00000000000000000X', '00000000900000000X']
    const opened = { ...ORDER, field: 'resident_number', person: { subject_id: 's', name: '某人', number: ours }, record_value: ours, department_value: theirs, twin: null, reveal: null, notes: [] }
    serves('civil_affairs_reviewer', {
      'GET /api/crosscheck/discrepancies': { items: [{ ...ORDER, field: 'resident_number' }], next: null },
      'POST /api/crosscheck/discrepancies/d1/open': opened,
    })
    await visit('/orders', OrdersPage)
    await flushPromises()
    document.querySelector<HTMLElement>('tbody .el-button')!.click()
    await flushPromises()
    const reason = document.querySelector<HTMLInputElement>('#order-reason')!
    reason.value = '核对档案'
    reason.dispatchEvent(new Event('input'))
    await nextTick()
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    const dialog = document.querySelector('[role="dialog"]')!
    const sides = (selector: string) => [...dialog.querySelectorAll(selector)].map((one) => one.textContent!.trim())
    for (const side of sides('tbody td')) expect(side).toContain('000***********000X')
    expect(sides('tbody td u')).toEqual(['*', '*'])
    await press(dialog, '显示敏感内容')
    for (const [at, side] of sides('tbody td').entries()) expect(side).toContain([ours, theirs][at])
    expect(sides('tbody td u')).toEqual(['0', '9'])
  })
})

describe('what is said about a work order', () => {
  const NOTE = { note_id: 'q1', kind: 'question', answers: null, to: TOWN, by: 'x', at: NOW, text: '请核对通知书' }
  const ID = /^[0-9a-f-]{36}$/

  async function dialogOf(notes: unknown[], more: Record<string, unknown> = {}): Promise<Element> {
    const opened = { ...ORDER, person: { subject_id: 's', name: '某人', number: null }, record_value: '甲', department_value: '乙', twin: null, reveal: null, notes }
    serve('civil_affairs_reviewer', {
      'GET /api/crosscheck/discrepancies': { items: [{ ...ORDER, questions: notes.length }], next: null },
      'GET /api/crosscheck/comparison': { open: true, opened_at: NOW, opened_by: 'x', waiting: 0 },
      'POST /api/crosscheck/discrepancies/d1/open': opened,
      'POST /api/crosscheck/discrepancies/d1/questions': () => new Response(null, { status: 204 }),
      'POST /api/crosscheck/discrepancies/d1/answers': () => new Response(null, { status: 204 }),
      'POST /api/crosscheck/discrepancies/d1/transfer': (body: unknown) => ({ ...ORDER, handled_in: (body as { area: string | null }).area }),
      ...more,
    })
    await visit('/orders', OrdersPage)
    await flushPromises()
    document.querySelector<HTMLElement>('tbody .el-button')!.click()
    await flushPromises()
    await type('order-reason', '核对')
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    return document.querySelector('[role="dialog"]')!
  }

  async function type(id: string, text: string): Promise<void> {
    const input = document.querySelector<HTMLInputElement>(`#${id}`)!
    input.value = text
    input.dispatchEvent(new Event('input'))
    await nextTick()
  }

  async function submit(dialog: Element): Promise<void> {
    dialog.querySelector('section form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
  }

  it('is asked of a department or an area, with words, and shown at once', async () => {
    const dialog = await dialogOf([])
    await press(dialog, '询问')
    expect(dialog.textContent).toContain('部门在系统里看不到这里的问题')
    await submit(dialog)
    expect(dialog.querySelector('[role="alert"]')?.textContent).toContain('请填写内容')
    expect(await faults(dialog)).toEqual([])
    const to = document.querySelector<HTMLSelectElement>('#note-to')!
    expect([...to.options].map((one) => one.value)).toEqual([COUNTY, TOWN, VILLAGE, 'armed-forces'])
    to.value = TOWN
    to.dispatchEvent(new Event('change'))
    await type('note-words', '请核对通知书')
    await submit(dialog)
    expect(requests.at(-1)).toEqual({ line: 'POST /api/crosscheck/discrepancies/d1/questions', body: { note_id: expect.stringMatching(ID), to: TOWN, text: '请核对通知书' } })
    expect(dialog.querySelector('section')!.textContent).toContain('您询问隆务镇：请核对通知书')
  }, 20_000)

  it('is answered once', async () => {
    const dialog = await dialogOf([NOTE])
    expect(document.querySelector('tbody')!.textContent).toContain('1问待答复')
    await press(dialog, '答复')
    await type('note-words', '为二连')
    await submit(dialog)
    expect(requests.at(-1)!.body).toMatchObject({ question: 'q1', text: '为二连' })
    expect(dialog.querySelector('section')!.textContent).not.toContain('待答复')
  }, 20_000)

  it('whose answer was lost is safely sent again, under the same id; nobody says that it was not sent', async () => {
    let down = true
    const dialog = await dialogOf([], {
      'POST /api/crosscheck/discrepancies/d1/questions': () => {
        if (down) throw new TypeError('failed')
        return new Response(null, { status: 204 })
      },
    })
    await press(dialog, '询问')
    await type('note-words', '请核对通知书')
    await submit(dialog)
    const said = dialog.querySelector('[role="alert"]')!.textContent!
    for (const words of ['没有收到答复', '可以放心再按一次']) expect(said).toContain(words)
    expect(said).not.toContain('没有发送')
    down = false
    await submit(dialog)
    const ids = requests.filter((one) => one.line.endsWith('/questions')).map((one) => (one.body as { note_id: string }).note_id)
    expect(ids).toEqual([ids[0], ids[0]])
  }, 20_000)

  it('is passed on to another area; nothing closes it by hand', async () => {
    const dialog = await dialogOf([])
    await press(dialog, '转出')
    const level = () => [...dialog.querySelectorAll<HTMLSelectElement>('.areas select')].at(-1)!
    for (const code of [TOWN, VILLAGE]) {
      level().value = code
      level().dispatchEvent(new Event('change'))
      await nextTick()
    }
    await type('note-words', '现居住在该村')
    await submit(dialog)
    expect(requests.find((one) => one.line.endsWith('/transfer'))!.body).toEqual({ note_id: expect.stringMatching(ID), area: VILLAGE, reason: '现居住在该村' })
    expect(dialog.textContent).toContain('转由吾屯村办理')
    expect([...dialog.querySelectorAll('button')].some((one) => one.textContent?.includes('销号'))).toBe(false)
  }, 20_000)
})
