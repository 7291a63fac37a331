/** The screen that faces the person: what is shown there is what is signed, by two windows that speak to
 * nobody else, and nothing of anybody stays there (R58). */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { loadedProfile, type Areas, type Profile } from '@muster/ui'
import { recordDigest } from '@muster/ui/forms'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { reactive } from 'vue'
import { faults } from '../../tests/axe'
import { pairing } from '../src/gateway/pairing'
import { withdraw } from '../src/second/desk'
import { BEAT, Line, SILENT } from '../src/second/line'
import { ADDRESS, JOINED, type Sheet, type ToDesk, type ToPerson } from '../src/second/protocol'
import SecondScreen from '../src/second/SecondScreen.vue'
import { sheetOf } from '../src/second/sheet'
import ConfirmStep from '../src/take/ConfirmStep.vue'
import { shortDigest } from '../src/take/summary'
import type { Confirmation, Draft } from '../src/work/model'
import { campaign, draft, draw, fakePictures, page, paper, show, VILLAGE } from './taking'

const NAME = '示例'
const TRACE = [[[10, 50, 0], [200, 50, 400]]]
const SALT = '5'.repeat(64)

/** A busy machine takes its time. */
const soon = (check: () => void) => vi.waitFor(check, { timeout: 20_000 })

type Arrival = { data: unknown; origin: string; source: unknown; ports: readonly MessagePort[] }
const arrive = (more: Partial<Arrival>): void =>
  void window.dispatchEvent(Object.assign(new Event('message'), { origin: location.origin, ports: [], source: null, data: null, ...more }))

/** The other end of a port: what came, and whether it has left. */
class End<Heard, Said> {
  readonly heard: Heard[] = []
  left = false
  constructor(private readonly port: MessagePort) {
    port.onmessage = ({ data }) => {
      if (data === 'asks') port.postMessage('lives')
      else if (data === 'leaves') this.left = true
      else this.heard.push(data as Heard)
    }
  }
  say(what: Said | 'leaves'): void {
    this.port.postMessage(what)
  }
  close(): void {
    this.port.close()
  }
}

const ends: { close(): void }[] = []
let opened: ReturnType<typeof vi.fn>

beforeEach(async () => {
  fakePictures()
  await campaign()
  opened = vi.fn(() => ({ closed: false }))
  vi.stubGlobal('open', opened)
})
enableAutoUnmount(afterEach)
afterEach(() => {
  withdraw()
  dispatchEvent(new Event('pagehide'))
  for (const end of ends.splice(0)) end.close()
  vi.unstubAllGlobals()
  pairing.value = null
  Object.defineProperty(window, 'opener', { configurable: true, value: null })
})

describe('at the desk', () => {
  const words = () => document.querySelector('#confirm-second')!.textContent
  const press = (text: string) => [...document.querySelectorAll<HTMLButtonElement>('#confirm-second button')].find((one) => one.textContent!.includes(text))!.click()

  /** A window as the desk opens it, which calls for its port. */
  function screen(id = 'first') {
    let end: End<ToPerson, ToDesk> | null = null
    const own = {
      opener: window as unknown, location: { pathname: ADDRESS as string }, closed: false,
      postMessage: vi.fn((data: unknown, origin: string, ports: MessagePort[]) => {
        expect([data, origin]).toEqual([JOINED, location.origin])
        end = new End(ports[0]!)
        ends.push(end)
      }),
    }
    const call = (more: Partial<Arrival> = {}) => arrive({ data: { muster: 'second.here', page: id }, source: own, ...more })
    return { own, call, end: () => end!, shown: () => end!.heard.filter((one) => one.say === 'show') }
  }

  function open(of: Draft = draft({ papers: [paper('id_card', 'a')] })) {
    const done: Confirmation[] = []
    const props = reactive({
      draft: of,
      content: { form_version: of.formVersion, categories: of.categories, fields: of.fields },
      onConfirmed: (confirmation: Confirmation) => done.push(confirmation),
    })
    const wrapper = page(ConfirmStep, props)
    return { wrapper, props, done, digest: () => soon(() => expect(wrapper.text()).toContain('所签内容的摘要')) }
  }

  /** The person's screen shows what is to be signed. */
  async function showing() {
    const desk = open()
    await desk.digest()
    press('打开第二屏')
    const there = screen()
    there.call()
    await soon(() => expect(there.shown()).toHaveLength(1))
    const { turn, sheet } = there.shown()[0]!
    const digest = await recordDigest(sheet.content, sheet.papers.map((one) => one.digest), sheet.recordId, sheet.salt)
    there.end().say({ say: 'at', turn, at: 'reading', digest })
    await soon(() => expect(words()).toContain('对方正在核对'))
    return { ...desk, there, turn, sheet, digest }
  }

  it('one press opens it at an address that holds nothing, and shows the sheet there', async () => {
    const { sheet, wrapper } = await showing()
    expect(opened.mock.calls.map((call) => call.slice(0, 2))).toEqual([['/desk/sign', 'muster-second']])
    expect(sheet).toMatchObject({ content: { fields: { name: NAME } }, papers: [{ kind: 'id_card' }], kind: 'handwriting', language: 'zh', changed: false })
    expect(wrapper.find('canvas').exists()).toBe(false)
    expect(document.activeElement?.id).toBe('confirm-second')
    expect(await faults(document.body)).toEqual([])
  })
  it('sees how far the person is, and confirms what was signed there', async () => {
    pairing.value = { url: 'http://127.0.0.1:1', token: 'token' }
    const asked: unknown[] = []
    vi.stubGlobal('fetch', async (_: string, how: RequestInit) => {
      const body = JSON.parse(String(how.body)) as Record<string, unknown>
      asked.push(body)
      return new Response(JSON.stringify({ signature: { kind: body.kind, digest: body.record_digest, signature_id: 'id', trace_salt: SALT }, captured_at: '' }))
    })
    const { there, turn, digest, wrapper, done } = await showing()
    await wrapper.get('.actions .el-button--primary').trigger('click')
    expect(wrapper.get('[role=alert]').text()).toContain('对方还没有在第二屏签好')
    there.end().say({ say: 'at', turn, at: 'signing', digest })
    await soon(() => expect(words()).toContain('对方正在签名'))
    there.end().say({ say: 'signed', turn, digest, trace: TRACE })
    await soon(() => expect(words()).toContain('对方已签好'))
    expect(wrapper.get('polyline').attributes('points')).toBe('10,50 200,50')
    expect(await faults(document.body)).toEqual([])
    // It is here: whether the window stays open is the same.
    there.end().say('leaves')
    await flushPromises()
    await wrapper.get('.actions .el-button--primary').trigger('click')
    await soon(() => expect(done).toHaveLength(1))
    expect(done[0]).toMatchObject({ digest, trace: TRACE, kind: 'handwriting' })
    expect(asked).toEqual([{ record_digest: digest, kind: 'handwriting', trace: TRACE }])
  })
  it('refuses what was signed under another digest, and takes it back', async () => {
    const { there, turn, wrapper } = await showing()
    there.end().say({ say: 'signed', turn, digest: `sha256:${'0'.repeat(64)}`, trace: TRACE })
    await soon(() => expect(words()).toContain('与本屏不一致'))
    expect(wrapper.find('polyline').exists()).toBe(false)
    expect(wrapper.find('canvas').exists()).toBe(true)
    await soon(() => expect(there.end().heard.at(-1)).toEqual({ say: 'forget' }))
  })
  it('takes nothing that is no trace', async () => {
    const { there, turn, digest } = await showing()
    there.end().say({ say: 'signed', turn, digest, trace: [[['<b>', 1, 2]]] as never })
    there.end().say({ say: 'at', turn, at: 'signing', digest })
    await soon(() => expect(words()).toContain('对方正在签名'))
  })
  it('falls back to its own pad when the window closes', async () => {
    const { there, wrapper } = await showing()
    there.end().say('leaves')
    await soon(() => expect(words()).toContain('第二屏已断开'))
    expect(wrapper.find('canvas').exists()).toBe(true)
  })
  it('shows what has changed anew, and hears nothing of what was shown before', async () => {
    const { there, turn, digest, props, wrapper } = await showing()
    props.content = { ...props.content, fields: { ...props.content.fields, name: '另一人' } }
    await soon(() => expect(there.shown()).toHaveLength(2))
    expect(there.shown()[1]).toMatchObject({ sheet: { changed: true, content: { fields: { name: '另一人' } } } })
    there.end().say({ say: 'signed', turn, digest, trace: TRACE })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(words()).not.toContain('对方已签好')
    expect(wrapper.find('polyline').exists()).toBe(false)
  })
  it('says that it came back unsigned, and shows it again', async () => {
    const { there, turn } = await showing()
    there.end().say({ say: 'returned', turn })
    await soon(() => expect(words()).toContain('没有签名'))
    press('重新给对方')
    await soon(() => expect(there.shown()).toHaveLength(2))
    expect(there.shown()[1]!.turn).not.toBe(turn)
  })
  it('has the person forgotten when it is left, and shows the next one on the same window', async () => {
    const { there, wrapper } = await showing()
    wrapper.unmount()
    await soon(() => expect(there.end().heard.at(-1)).toEqual({ say: 'forget' }))
    const next = open(draft({ fields: { name: '第二人' } }))
    await next.digest()
    expect(there.shown()).toHaveLength(1)
    press('在第二屏')
    await soon(() => expect(there.shown()).toHaveLength(2))
    expect(opened).toHaveBeenCalledTimes(1)
  })
  it('gives a port to its own window alone, and to one', async () => {
    const { there } = await showing()
    const other = screen('other')
    other.call()
    other.call({ origin: 'https://example.org' })
    there.end().say('leaves')
    await soon(() => expect(words()).toContain('第二屏已断开'))
    other.call({ origin: 'https://example.org' })
    other.own.opener = null
    other.call()
    other.own.opener = window
    other.own.location.pathname = '/desk/today'
    other.call()
    expect(other.own.postMessage).not.toHaveBeenCalled()
    other.own.location.pathname = ADDRESS
    other.call()
    other.call()
    expect(other.own.postMessage).toHaveBeenCalledTimes(1)
  })
  it('says that the browser allowed no window', async () => {
    opened.mockReturnValue(null)
    const { digest, wrapper } = open()
    await digest()
    press('打开第二屏')
    await soon(() => expect(words()).toContain('没有允许打开新窗口'))
    expect(wrapper.find('canvas').exists()).toBe(true)
  })
})

describe('before the person', () => {
  let end: End<ToDesk, ToPerson> | null = null
  const text = () => document.body.textContent
  const button = (words: string) => [...document.querySelectorAll<HTMLButtonElement>('button')].find((one) => one.textContent!.includes(words))!

  function desk() {
    end = null
    const called: unknown[] = []
    const own = { closed: false, postMessage: (data: unknown, origin: string) => called.push([data, origin]) }
    Object.defineProperty(window, 'opener', { configurable: true, value: own })
    const join = (more: Partial<Arrival> = {}) => {
      const { port1, port2 } = new MessageChannel()
      end = new End(port1)
      ends.push(end)
      arrive({ data: JOINED, source: own, ports: [port2], ...more })
    }
    return { own, called, join }
  }

  async function showing(more: Partial<Sheet> = {}) {
    const given: Sheet = {
      recordId: crypto.randomUUID(), salt: SALT, content: { form_version: 'tongren/1', categories: ['soldier'], fields: { name: NAME, enlisted_on: '1980-11' } },
      papers: [{ kind: 'id_card', digest: `sha256:${'a'.repeat(64)}` }], kind: 'handwriting', language: 'zh', changed: false,
      profile: loadedProfile()!, areas: { root: VILLAGE, granted: [], areas: [] } as Areas, ...more,
    }
    const digest = await recordDigest(given.content, given.papers.map((one) => one.digest), given.recordId, given.salt)
    const there = desk()
    show(SecondScreen, {})
    there.join()
    end!.say({ say: 'show', turn: 'now', sheet: given })
    await soon(() => expect(text()).toContain(shortDigest(digest)))
    return { ...there, digest, given }
  }

  it('waits calmly, and tells its desk nothing but that it is there', async () => {
    const { called, join } = desk()
    show(SecondScreen, {})
    await flushPromises()
    expect(text()).toContain('请稍候')
    expect(called).toEqual([[{ muster: 'second.here', page: expect.any(String) as string }, location.origin]])
    join({ source: null })
    join({ origin: 'https://example.org' })
    end!.say({ say: 'show', turn: 'x', sheet: {} as Sheet })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(text()).toContain('请稍候')
    expect(await faults(document.body)).toEqual([])
  })
  it('says so when no desk opened it', async () => {
    show(SecondScreen, {})
    await flushPromises()
    expect(text()).toContain('没有连接采集页面')
    expect(await faults(document.body)).toEqual([])
  })
  it('shows all in the language that is chosen there, under the same digest', async () => {
    const { digest } = await showing()
    const kept = localStorage.getItem('muster.language')
    expect(text()).toContain('1980年11月')
    expect(text()).toContain('身份证')
    expect(document.querySelector('[aria-label^="更改"]')).toBeNull()
    expect(await faults(document.body)).toEqual([])
    button('English').click()
    await flushPromises()
    expect(text()).toContain('Nov 1980')
    expect(text()).toContain(shortDigest(digest))
    expect([document.documentElement.lang, localStorage.getItem('muster.language')]).toEqual(['en', kept])
    expect(await faults(document.body)).toEqual([])
    await soon(() => expect(end!.heard).toEqual([{ say: 'at', turn: 'now', at: 'reading', digest }]))
  })
  it('gives back what was drawn with the digest of what it showed, and holds nothing of it', async () => {
    const { digest } = await showing()
    draw(14)
    await flushPromises()
    button('签好了').click()
    await flushPromises()
    expect(document.querySelector('[role=alert]')!.textContent).toContain('请在签名处签名')
    draw()
    await flushPromises()
    button('签好了').click()
    await soon(() => expect(end!.heard.at(-1)).toMatchObject({ say: 'signed', turn: 'now', digest }))
    expect((end!.heard.at(-1) as { trace: unknown[] }).trace.length).toBeGreaterThan(0)
    expect(end!.heard.map((one) => (one.say === 'at' ? one.at : one.say))).toEqual(['reading', 'signing', 'signed'])
    await flushPromises()
    expect(text()).toContain('谢谢')
    expect(text()).not.toContain(NAME)
    expect(loadedProfile()).toBeNull()
    expect(await faults(document.body)).toEqual([])
    end!.say({ say: 'forget' })
    await soon(() => expect(text()).toContain('请稍候'))
  })
  it('can be handed back unsigned', async () => {
    await showing()
    button('有不对').click()
    await soon(() => expect(end!.heard.at(-1)).toEqual({ say: 'returned', turn: 'now' }))
    expect(text()).not.toContain(NAME)
  })
  it('shows the next person from the start, in the language of the desk', async () => {
    const { given } = await showing()
    const smallest = () => document.querySelector<HTMLButtonElement>('.tools button')!.disabled
    button('放大文字').click()
    button('English').click()
    draw()
    await flushPromises()
    expect([smallest(), button('Signed;') !== undefined]).toEqual([false, true])
    end!.say({ say: 'show', turn: 'next', sheet: { ...given, recordId: crypto.randomUUID(), changed: true, content: { ...given.content, fields: { name: '第二人' } } } })
    await soon(() => expect(text()).toContain('第二人'))
    expect(text()).not.toContain(NAME)
    expect(text()).toContain('内容有变动')
    expect(button('签好了')).toBeUndefined()
    expect(smallest()).toBe(true)
  })
  it('is cleared as soon as the desk is gone', async () => {
    await showing()
    end!.say('leaves')
    await soon(() => expect(text()).toContain('请稍候'))
    expect(text()).not.toContain(NAME)
    expect(loadedProfile()).toBeNull()
  })
  it('is cleared when it is closed or loaded again, and tells the desk', async () => {
    await showing()
    dispatchEvent(new Event('pagehide'))
    await flushPromises()
    expect(text()).not.toContain(NAME)
    await soon(() => expect(end!.left).toBe(true))
  })
})

describe('the parts of it', () => {
  it('a line ends once when the other end is silent, and not because this one slept', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      let now = 0
      vi.spyOn(performance, 'now').mockImplementation(() => now)
      const beat = (after = BEAT) => {
        now += after
        vi.advanceTimersByTime(BEAT)
      }
      const { port1, port2 } = new MessageChannel()
      const ended = vi.fn()
      const line = new Line(port1, () => undefined, ended)
      ends.push({ close: () => port2.close() })
      beat()
      beat(3_600_000)
      for (let at = 0; at < SILENT / BEAT; at += 1) beat()
      expect(ended).not.toHaveBeenCalled()
      beat()
      expect(ended).toHaveBeenCalledTimes(1)
      line.end()
      expect(ended).toHaveBeenCalledTimes(1)
    } finally {
      vi.useRealTimers()
    }
  })
  it('a line stays while the other end answers', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const { port1, port2 } = new MessageChannel()
      const [one, two] = [vi.fn(), vi.fn()]
      const lines = [new Line(port1, () => undefined, one), new Line(port2, () => undefined, two)]
      for (let beat = 0; beat < 10; beat += 1) {
        vi.advanceTimersByTime(BEAT)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      expect([one.mock.calls, two.mock.calls]).toEqual([[], []])
      lines[0]!.end()
      await soon(() => expect(two).toHaveBeenCalledTimes(1))
    } finally {
      vi.useRealTimers()
    }
  })
  it('a sheet names the areas of the record and those above them, and no others', () => {
    const areas = {
      root: '632321', granted: [], areas: [
        { code: '632321', parent: null, level: 'county', name: '同仁县' }, { code: '632321100', parent: '632321', level: 'township', name: '隆务镇' },
        { code: VILLAGE, parent: '632321100', level: 'village', name: '一村' }, { code: '632321100202', parent: '632321100', level: 'village', name: '二村' },
      ],
    } as unknown as Areas
    const profile = { ...loadedProfile()!, fields: [{ id: 'household_area', type: 'area' }] } as unknown as Profile
    const of = draft({ fields: { household_area: VILLAGE } })
    const content = reactive({ form_version: of.formVersion, categories: of.categories, fields: of.fields })
    const sheet = sheetOf({ draft: of, content, salt: SALT, kind: 'handwriting', language: 'zh', changed: false }, profile, areas)
    expect(sheet.areas.areas.map((one) => one.name)).toEqual(['一村', '隆务镇', '同仁县'])
    // It can go to another window: a record that a page watches could not.
    expect(structuredClone(sheet.content)).toEqual({ ...content })
  })
})
