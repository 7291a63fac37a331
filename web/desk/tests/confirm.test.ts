/** The person reads and confirms: signed is the digest of what is shown, by whom and how. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { recordDigest } from '@muster/ui/forms'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, reactive } from 'vue'
import { faults } from '../../tests/axe'
import uiEn from '../../ui/src/words/en.json'
import uiZh from '../../ui/src/words/zh.json'
import { pairing } from '../src/gateway/pairing'
import ConfirmStep from '../src/take/ConfirmStep.vue'
import { counted, minor, shortDigest } from '../src/take/summary'
import { isSlip, traceOf } from '../src/take/trace'
import type { Confirmation, Draft } from '../src/work/model'
import { campaign, draft, draw, fakePictures, NUMBER, page, paper } from './taking'

type Point = { x: number; y: number; time: number; pressure: number }
const strokes = (...all: Point[][]) => all.map((points) => ({ points }))
const point = (x: number, y: number, time: number): Point => ({ x, y, time, pressure: 0.5 })

const asked: Record<string, unknown>[] = []
let gateway: (body: Record<string, unknown>) => Response

beforeEach(async () => {
  fakePictures()
  await campaign()
  const campaignOnly = fetch
  asked.length = 0
  gateway = (body) =>
    new Response(
      JSON.stringify({ signature: { kind: body.kind, digest: body.record_digest, signature_id: crypto.randomUUID(), trace_salt: '1'.repeat(64) }, captured_at: '2026-11-30T02:00:00Z' }),
    )
  vi.stubGlobal('fetch', async (path: string, how: RequestInit) => {
    if (!path.endsWith('/signatures')) return campaignOnly(path, how)
    const body = JSON.parse(String(how.body)) as Record<string, unknown>
    asked.push(body)
    return gateway(body)
  })
  pairing.value = { url: 'http://127.0.0.1:1', token: 'token' }
})
enableAutoUnmount(afterEach)
afterEach(() => {
  vi.unstubAllGlobals()
  pairing.value = null
  Object.defineProperty(navigator, 'maxTouchPoints', { configurable: true, value: 0 })
})

function open(of: Draft = draft({ papers: [paper('id_card', 'a'), paper('discharge', 'b'), paper('discharge', 'c')] })) {
  const done: [Confirmation, Draft][] = []
  const back: (string | undefined)[] = []
  const props = reactive({
    draft: of,
    content: { form_version: of.formVersion, categories: of.categories, fields: of.fields },
    onConfirmed: (...all: [Confirmation, Draft]) => done.push(all),
    onBack: (field?: string) => back.push(field),
  })
  const wrapper = page(ConfirmStep, props)
  return { wrapper, props, done, back, confirm: async () => (await wrapper.get('.actions .el-button--primary').trigger('click'), settle()) }
}

const settle = async () => {
  await flushPromises()
  await new Promise((resolve) => setTimeout(resolve, 20))
  await flushPromises()
}

describe('what is shown', () => {
  it('is only what applies, blanks too, the number as it is read aloud, the papers, the notice', async () => {
    const { wrapper, back } = open()
    await settle()
    const text = wrapper.get('.summary').text()
    expect(text).toContain(`${NUMBER.slice(0, 6)} ${NUMBER.slice(6, 14)} ${NUMBER.slice(14)}`)
    expect(text).toContain('1980年11月')
    expect(text).toContain('身份证、退伍证 2 份')
    expect(text).toContain('不作为待遇依据')
    expect(text).not.toContain('现役者姓名')
    const rows = wrapper.findAll('dl > div').map((row) => row.text())
    expect(rows.find((row) => row.startsWith('服役部队'))).toContain('未填')
    expect(document.activeElement?.id).toBe('confirm-heading')
    expect(await faults(document.body)).toEqual([])
    await wrapper.get('[aria-label="更改服役部队"]').trigger('click')
    expect(back).toEqual(['unit'])
  })
  it('is signed by the digest of that very content', async () => {
    const { wrapper, props, done, confirm } = open()
    await settle()
    draw()
    await confirm()
    const [confirmation, sent] = done[0]!
    const made = await recordDigest(props.content, props.draft.papers.map((one) => one.digest), props.draft.id, confirmation.salt)
    expect(confirmation).toMatchObject({ kind: 'handwriting', digest: made })
    expect(confirmation.signer).toBeUndefined()
    expect(asked).toEqual([{ record_digest: made, kind: 'handwriting', trace: confirmation.trace }])
    expect(sent.confirmation).toEqual(confirmation)
    expect(wrapper.text()).toContain(shortDigest(made))
  })
  it('when it changes makes what was signed void, and says so', async () => {
    const { wrapper, props, done, confirm } = open()
    await settle()
    draw()
    props.content = { ...props.content, fields: { ...props.content.fields, name: '另一人' } }
    await settle()
    expect(wrapper.text()).toContain('之前的签字已作废')
    await confirm()
    expect(done).toEqual([])
    expect(wrapper.get('[role=alert]').text()).toContain('请在签名处签名')
  })
  it('that has no digest is not signed', async () => {
    const { wrapper } = open(draft({ fields: { name: '\ud800' } }))
    await settle()
    expect(wrapper.get('[role=alert]').text()).toContain('不能签字的字符')
    expect(wrapper.get('.actions .el-button--primary').attributes('disabled')).toBeDefined()
  })
})

describe('who confirms', () => {
  it('for another gives name and relation, and an interpreter is named', async () => {
    const { wrapper, done, confirm } = open()
    await settle()
    await wrapper.get('input[value=by_proxy]').setValue()
    draw()
    await confirm()
    expect(wrapper.findAll('[role=alert] a').map((one) => one.text())).toEqual(['请填写签字人姓名', '请选择签字人与采集对象的关系'])
    expect(await faults(document.body)).toEqual([])
    await wrapper.get('#confirm-signer').setValue(' <b>卓玛</b> ')
    await wrapper.get('#confirm-relation').setValue('child')
    await wrapper.get('#confirm-interpreter').setValue('扎西')
    await confirm()
    expect(done[0]![0]).toMatchObject({ kind: 'by_proxy', signer: { name: '<b>卓玛</b>', relation: 'child' } })
    expect(done[0]![1].interpreter).toBe('扎西')
  })
  it('starts anew when somebody else is to sign', async () => {
    const { wrapper, done, confirm } = open()
    await settle()
    draw()
    await wrapper.get('input[value=guardian]').setValue()
    await wrapper.get('#confirm-signer').setValue('卓玛')
    await wrapper.get('#confirm-relation').setValue('parent')
    await confirm()
    expect(done).toEqual([])
  })
  it('of a minor is first of all the guardian', async () => {
    const { wrapper } = open(draft({ fields: { name: '示例', birth_date: '2020-01-01' } }))
    await settle()
    expect(wrapper.findAll('input[type=radio]').map((one) => one.attributes('value'))[0]).toBe('guardian')
    expect(wrapper.get<HTMLInputElement>('input[value=guardian]').element.checked).toBe(true)
    expect(wrapper.text()).toContain('未满18周岁')
  })
  it('by thumb needs a touch screen, and a finger on it', async () => {
    const without = open()
    await settle()
    await without.wrapper.get('input[value=thumbprint]').setValue()
    expect(without.wrapper.text()).toContain('没有触摸屏')
    expect(without.wrapper.find('canvas').exists()).toBe(false)
    without.wrapper.unmount()
    Object.defineProperty(navigator, 'maxTouchPoints', { configurable: true, value: 5 })
    const { wrapper, done, confirm } = open()
    await settle()
    await wrapper.get('input[value=thumbprint]').setValue()
    draw(10, 'mouse')
    await nextTick()
    expect(wrapper.text()).toContain('鼠标和笔不算')
    draw(10, 'touch')
    await confirm()
    expect(done[0]![0]).toMatchObject({ kind: 'thumbprint' })
  })
})

describe('what goes wrong', () => {
  it('keeps what was signed while the gateway is away', async () => {
    gateway = () => {
      throw new TypeError('no network')
    }
    const { wrapper, done, confirm } = open()
    await settle()
    draw()
    await confirm()
    expect(wrapper.get('[role=alert]').text()).toContain('连接不上本机的读卡签字程序')
    pairing.value = null
    await confirm()
    expect(wrapper.get('[role=alert]').text()).toContain('还没有连接')
    pairing.value = { url: 'http://127.0.0.1:1', token: 'token' }
    gateway = (body) => new Response(JSON.stringify({ signature: { kind: body.kind, digest: body.record_digest, signature_id: 'id', trace_salt: 'salt' }, captured_at: '' }))
    await confirm()
    expect(done).toHaveLength(1)
  })
  it('never takes a signature under another digest', async () => {
    gateway = () => new Response(JSON.stringify({ signature: { kind: 'handwriting', digest: `sha256:${'0'.repeat(64)}`, signature_id: 'id', trace_salt: 'salt' }, captured_at: '' }))
    const { done, confirm } = open()
    await settle()
    draw()
    await confirm()
    expect(done).toEqual([])
  })
})

describe('the parts of it', () => {
  it('a trace is whole numbers within what the gateway takes', () => {
    expect(traceOf(strokes([point(1.4, 2.6, 1000), point(3, 4, 1016.7)], [], [point(5, 6, 2000)]))).toEqual([[[1, 3, 0], [3, 4, 17]], [[5, 6, 1000]]])
    const long = traceOf(strokes(Array.from({ length: 50_000 }, (_, at) => point(at % 640, 9, at))))
    expect(long.flat(2).length + long.flat().length + long.length + 1).toBeLessThanOrEqual(60_000)
  })
  it('a slip of the pen is no signature', () => {
    expect([[], [[[1, 1, 0]]], [[[1, 1, 0], [9, 9, 9]]]].map((one) => isSlip(one))).toEqual([true, true, true])
    expect(isSlip([[[1, 1, 0], [40, 1, 9]]])).toBe(false)
  })
  it('a minor is who is not yet eighteen, or may not be', () => {
    expect(['2008-11-30', '2008-12-01', '2008', '2007', '2009-05', 7, 'x', undefined].map((one) => minor(one, '2026-11-30'))).toEqual([false, true, true, false, true, false, false, false])
  })
  it('kinds are counted in their order', () => {
    expect(counted(['b', 'a', 'b'])).toEqual([{ kind: 'b', n: 2 }, { kind: 'a', n: 1 }])
    expect(shortDigest(`sha256:${'0123456789abcdef'.repeat(4)}`)).toBe('0123 4567 89ab cdef')
  })
  it('relations are said as the table of kin says them', () => {
    const lines = readFileSync('../shared/reference/kin.csv', 'utf8').split('\n').filter((line) => line && !line.startsWith('#')).slice(1)
    const rows = lines.map((line) => line.split(','))
    expect(Object.entries(uiZh.relation).filter(([id]) => id !== 'other')).toEqual(rows.map(([id, zh]) => [id, zh]))
    expect(Object.entries(uiEn.relation).filter(([id]) => id !== 'other')).toEqual(rows.map(([id, , en]) => [id, en]))
  })
})
