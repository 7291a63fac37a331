/** The pages of a collector's day, mounted whole, in both languages. */
import { session, SignInDialog } from '@muster/ui'
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { faults } from '../../tests/axe'
import { pairing } from '../src/gateway/pairing'
import { askGateway } from '../src/gateway/state'
import ReceiptPage from '../src/pages/receipt/ReceiptPage.vue'
import TodayPage from '../src/pages/today/TodayPage.vue'
import DeskBar from '../src/shell/DeskBar.vue'
import DeskNotices from '../src/shell/DeskNotices.vue'
import { takeAsked } from '../src/work/asked'
import { maskedName, maskedNumber } from '../src/work/names'
import { handIn, sendNow } from '../src/work/queue'
import { store } from '../src/work/store'
import { begin, button, draft, fill, lines, NUMBER, press, QUIET, refusal, requests, SECOND_TOWN, serve, signedInAgain, text, TOWN, VILLAGE, visit } from './day'

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
  takeAsked()
})

const RETURNED = {
  returned: [{ village: VILLAGE, subject_id: 'back', name: '退回某', version: 1, record_id: 'r', returned_at: '2018-11-20T02:15:00Z', reasons: [
    { code: 'paper-unreadable', zh: '证明材料无法辨认', en: 'A paper cannot be read', field: 'evidence', text: '' },
    { code: 'field-wrong', zh: '填写有误', en: 'Filled in wrongly', field: 'unit', text: '请对照退伍证' },
    { code: 'other', zh: '其他原因', en: 'Another reason', field: null, text: '请重新采集' },
  ] }],
  next: null,
}
const reason = { field: 'name', rule: 'wrong', zh: '姓名不对', en: 'wrong name', severity: 'refuse' }
const receipt = (id: string, status: string) => ({ packet_id: 'p', accepted: 1, refused: 0, receipts: [{ index: 0, record_id: id, subject_id: 's', status, version: 1, existing_subject_id: null, reasons: status === 'refused' ? [reason] : [] }] })

describe('today', () => {
  it.each(['zh', 'en'] as const)('shows what waits, what came back and what is received, in %s', async (language) => {
    const [waits, bad, good] = [draft({ confirmation: null }), draft(), draft()]
    let at = 0
    serve({ ...QUIET, 'GET /api/capture/returned': RETURNED, 'POST /api/capture/uploads': () => ((at += 1) === 1 ? receipt(bad.id, 'refused') : receipt(good.id, 'accepted')) })
    await begin()
    await store.saveDraft(waits)
    for (const one of [bad, good]) {
      await handIn(one)
      await sendNow()
    }
    await visit('/today', TodayPage, language)
    await flushPromises()
    if (language === 'zh') {
      for (const words of ['1 份草稿', '1 份未通过，需要修改', '姓名：姓名不对', '中心已收', '1 份被退回', '证明材料：证明材料无法辨认', '服役部队：填写有误（请对照退伍证）', '其他原因（请重新采集）', '隆务镇 吾屯村']) expect(text()).toContain(words)
      expect(text()).not.toContain(NUMBER)
    } else for (const words of ['1 refused, to be mended', 'Papers: A paper cannot be read', 'unit en: Filled in wrongly (请对照退伍证)']) expect(text()).toContain(words)
    expect(await faults(document.body)).toEqual([])
  })

  it('shows what came back in every area that is granted, once each, and the rest when asked, again where that fails', async () => {
    const item = (id: string, name: string) => ({ ...RETURNED.returned[0]!, record_id: id, subject_id: id, name })
    const asked: string[] = []
    let down = true
    const grants = [SECOND_TOWN, TOWN, VILLAGE].map((area) => ({ role: 'collector', area }))
    serve({
      ...QUIET,
      'GET /api/access/session': { account_id: 'me', username: 'me', terminal_id: 'here', grants, expires_at: '2099-01-01T00:00:00Z' },
      'GET /api/capture/returned': (_: unknown, url: URL) => {
        const [area, after] = [url.searchParams.get('area')!, url.searchParams.get('after')]
        asked.push(after === null ? area : `${area} ${after}`)
        if (area === SECOND_TOWN) return { returned: [item('two', '二镇某')], next: null }
        if (after === null) return { returned: [item('one', '一镇某')], next: 'cursor' }
        return down ? refusal(503, 'away') : { returned: [item('one', '一镇某'), item('three', '续页某')], next: null }
      },
    })
    await begin()
    await visit('/today', TodayPage)
    await flushPromises()
    expect(asked).toEqual([TOWN, SECOND_TOWN])
    for (const words of ['一镇某', '二镇某', '2 份以上被退回']) expect(text()).toContain(words)
    await press('继续列出')
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('服务暂时没有办成这件事')
    expect(text()).toContain('一镇某')
    expect(await faults(document.body)).toEqual([])
    down = false
    await press('重试')
    expect(asked.slice(2)).toEqual([`${TOWN} cursor`, `${TOWN} cursor`])
    for (const words of ['续页某', '3 份被退回']) expect(text()).toContain(words)
    expect(document.querySelector('[role="alert"]')).toBeNull()
    expect(text()).not.toContain('继续列出')
  })

  it('a number goes to the person page in memory, and never into an address', async () => {
    serve(QUIET)
    await begin()
    const { router } = await visit('/today', TodayPage)
    await press('查找')
    expect(document.getElementById('find-wrong')?.textContent).toBe('请输入号码')
    expect(document.activeElement?.id).toBe('find-number')
    await fill('find-number', ` ${NUMBER.toLowerCase()} `)
    document.getElementById('find-number')!.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true }))
    await flushPromises()
    expect(router.currentRoute.value.name).toBe('today')
    document.getElementById('find-number')!.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }))
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/person'))
    expect(takeAsked()).toEqual({ number: NUMBER })
    expect(takeAsked()).toBeNull()
  })

  it('F2 leads to the card, F3 to the number', async () => {
    serve(QUIET)
    await begin()
    const { router } = await visit('/today', TodayPage)
    dispatchEvent(new KeyboardEvent('keydown', { key: 'F3', cancelable: true }))
    expect(document.activeElement?.id).toBe('find-number')
    dispatchEvent(new KeyboardEvent('keydown', { key: 'F2', cancelable: true }))
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('person'))
    expect(takeAsked()).toEqual({ card: true })
  })

  it.each(['zh', 'en'] as const)('who waits is noted on this page alone, and served from their card in turn, in %s', async (language) => {
    serve(QUIET)
    await begin()
    const { router } = await visit('/today', TodayPage, language)
    await flushPromises()
    const said = requests.length
    await press(language === 'zh' ? '加入等候' : 'Add to the line')
    expect(text()).toContain(language === 'zh' ? '没有人等候' : 'Nobody is waiting')
    for (const called of ['A012', ' 才让 ', 'A014']) {
      await fill('waiting-called', called)
      document.getElementById('waiting-called')!.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }))
      await flushPromises()
    }
    const names = () => [...document.querySelectorAll('ol .name')].map((one) => one.textContent)
    expect(names()).toEqual(['A012', '才让', 'A014'])
    expect(text()).toContain(language === 'zh' ? '3 人等候' : '3 waiting')
    expect(await faults(document.body)).toEqual([])
    await press(language === 'zh' ? '才让 已离开' : '才让 has left')
    expect(names()).toEqual(['A012', 'A014'])
    await press(language === 'zh' ? '接待 A012' : 'Serve A012')
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/person'))
    expect(takeAsked()).toEqual({ card: true })
    expect(names()).toEqual(['A014'])
    await press(language === 'zh' ? 'A014 已离开' : 'A014 has left')
    expect(requests).toHaveLength(said)
    expect(JSON.stringify([{ ...localStorage }, { ...sessionStorage }])).not.toMatch(/A01|才让/)
  })

  it('a draft is deleted only after a second word, the way back first', async () => {
    serve(QUIET)
    await begin()
    await store.saveDraft(draft())
    await visit('/today', TodayPage)
    await press('删除 测试某 的草稿')
    await vi.waitFor(() => expect(document.getElementById('keep-draft')).not.toBeNull())
    expect(store.drafts.size).toBe(1)
    document.getElementById('keep-draft')!.nextElementSibling!.dispatchEvent(new MouseEvent('click', { bubbles: true }))
    await flushPromises()
    expect(store.drafts.size).toBe(0)
  })

  it('what was refused is mended on the person page, and what came back is corrected there', async () => {
    const bad = draft()
    serve({ ...QUIET, 'GET /api/capture/returned': RETURNED, 'POST /api/capture/uploads': receipt(bad.id, 'refused') })
    await begin()
    await handIn(bad)
    await sendNow()
    const { router } = await visit('/today', TodayPage)
    await flushPromises()
    await press('补正 退回某 的记录')
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('person'))
    expect(takeAsked()).toEqual({ subjectId: 'back' })
    await press('修改')
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe(`/person/${bad.id}`))
    expect(store.drafts.has(bad.id)).toBe(true)
  })
})

describe('the frame', () => {
  it('says where this is, how the reader is, and what waits for how long', async () => {
    serve({ ...QUIET, 'POST /api/capture/uploads': () => Promise.reject(new TypeError('failed')) })
    await begin()
    await askGateway()
    const one = draft()
    await handIn(one)
    await sendNow()
    await store.saveParcel({ ...store.parcels.get(one.id)!, since: new Date(Date.now() - 2 * 86_400_000 - 1000).toISOString() })
    await visit('/today', DeskBar)
    expect(text().replaceAll(/\s+/g, ' ')).toContain('隆务镇 · 1号')
    for (const words of ['读卡器就绪', '离线', '1份待上传', '最早2天']) expect(text()).toContain(words)
    expect(await faults(document.body)).toEqual([])
  })

  const unpair = (): void => void (pairing.value = null)
  const keep = (): void => undefined
  it.each<[string, () => void, Record<string, unknown>, string, string]>([
    ['without a gateway', unpair, {}, 'muster-gateway pair', '重试'],
    ['with one that does not answer', keep, { 'GET gateway/status': () => Promise.reject(new TypeError('failed')) }, '没有应答', '重试'],
    ['with one that knows this browser no more', keep, { 'GET gateway/status': () => refusal(401, 'token') }, '不认可这个浏览器', '断开这个网关'],
    ['signed in elsewhere', keep, { 'GET /api/access/session': { account_id: 'me', username: 'me', terminal_id: null, grants: [{ role: 'collector', area: TOWN }], expires_at: '2099-01-01T00:00:00Z' } }, '不是在本采集终端', '在本终端重新登录'],
  ])('%s says what to do', async (_, prepare, answers, words, offered) => {
    serve({ ...QUIET, ...answers })
    await begin()
    prepare()
    await askGateway()
    await visit('/today', DeskNotices)
    expect(text()).toContain(words)
    expect(button(offered)).toBeTruthy()
    expect(await faults(document.body)).toEqual([])
  })

  it('a sign-in that runs out is asked for over the page, and the same packet goes on after it', async () => {
    const one = draft()
    let lapsed = true
    serve({
      ...QUIET,
      'POST /api/access/session/renew': () => refusal(401, 'token-expired'),
      'POST /api/capture/uploads': () => (lapsed ? refusal(401, 'token-expired') : receipt(one.id, 'accepted')),
    })
    await begin()
    await handIn(one)
    await vi.waitFor(() => expect(session.standing).toBe('lapsed'))
    await visit('/today', SignInDialog)
    await vi.waitFor(() => expect(document.getElementById('sign-in-again')).not.toBeNull())
    expect(await faults(document.querySelector('[role="dialog"]')!)).toEqual([])
    lapsed = false
    signedInAgain()
    await vi.waitFor(() => expect(store.parcels.get(one.id)!.state).toBe('received'))
    expect(requests.filter((each) => each.line === 'POST /api/capture/uploads').map((each) => each.body)).toEqual(['packet', 'packet'])
  })

  it('says on every page that cards are simulated, and nothing where all is well', async () => {
    serve(QUIET)
    await begin()
    await askGateway()
    const { wrapper } = await visit('/today', DeskNotices)
    expect(text().trim()).toBe('')
    wrapper.unmount()
    pairing.value = { ...pairing.value!, cards: { url: 'http://127.0.0.1:1', token: 't', desk: 'd' } }
    await visit('/today', DeskNotices)
    expect(text()).toContain('模拟')
  })
})

describe('the receipt', () => {
  it.each(['zh', 'en'] as const)('says apart what is kept here and what the centre has, masked, in %s', async (language) => {
    const one = draft()
    let down = true
    serve({ ...QUIET, 'POST /api/capture/uploads': () => (down ? Promise.reject(new TypeError('failed')) : receipt(one.id, 'accepted')) })
    await begin()
    await handIn(one)
    await sendNow()
    await visit(`/receipt/${one.id}`, ReceiptPage, language)
    expect(text()).toContain(language === 'zh' ? '已存本机' : 'Kept on this computer')
    expect(text()).not.toContain(language === 'zh' ? '中心已收' : 'Received by the centre')
    down = false
    await sendNow()
    await flushPromises()
    expect(text()).toContain(language === 'zh' ? '中心已收' : 'Received by the centre')
    expect([text().includes(NUMBER), text().includes('测试某')]).toEqual([false, false])
    expect(text()).toContain('测**')
    expect(document.querySelector('svg[role="img"] path')?.getAttribute('d')?.length).toBeGreaterThan(500)
    expect(await faults(document.body)).toEqual([])
  })

  it('of a record that this page does not have says so', async () => {
    serve(QUIET)
    await begin()
    await visit(`/receipt/${crypto.randomUUID()}`, ReceiptPage)
    expect(text()).toContain('本页没有这份记录')
    expect(lines().some((line) => line.includes('capture/subjects'))).toBe(false)
  })
})

it('names and numbers are masked, also short ones', () => {
  expect(maskedName(draft({ fields: { name: '李' } }))).toBe('李*')
  expect(maskedName(draft({ fields: {} }))).toBeNull()
  expect(maskedNumber(draft())).toBe('000***********000X')
})
beforeEach(() => serve(QUIET))
