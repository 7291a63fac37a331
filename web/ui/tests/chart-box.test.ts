// A chart's page stands before what draws it has come, and when it does not come at all.
import { mount } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import ChartBox from '../src/charts/ChartBox.vue'
import { createWords } from '../src/words'

const engine = vi.hoisted(() => ({ away: false, init: vi.fn() }))
vi.mock('../src/charts/engine', () => ({
  get init() {
    if (engine.away) throw new Error('away')
    return engine.init
  },
}))

let resized: (width: number) => void
class Observer {
  constructor(told: (entries: { contentRect: { width: number } }[]) => void) {
    resized = (width) => told([{ contentRect: { width } }])
  }
  observe() {}
  disconnect() {}
}

function box() {
  vi.stubGlobal('ResizeObserver', Observer)
  const chart = { on: vi.fn(), setOption: vi.fn(), resize: vi.fn(), dispose: vi.fn() }
  engine.init.mockReturnValue(chart)
  const words = createWords({ zh: {}, en: {} }, 'en')
  const wrapper = mount(ChartBox, { props: { draw: () => ({}), height: 100, description: 'Figures' }, global: { plugins: [words] } })
  return { chart, wrapper }
}

afterEach(() => {
  engine.away = false
  engine.init.mockReset()
  vi.unstubAllGlobals()
})

it('is drawn once it has a size and what draws it has come, in the size that it has then', async () => {
  const { chart, wrapper } = box()
  resized(0)
  resized(300)
  resized(400)
  expect(engine.init).not.toHaveBeenCalled()
  await vi.waitFor(() => expect(chart.setOption).toHaveBeenCalledOnce())
  expect(engine.init).toHaveBeenCalledExactlyOnceWith(wrapper.element, null, { renderer: 'svg', width: 400, height: 100 })
  resized(500)
  expect(chart.resize).toHaveBeenCalledExactlyOnceWith({ width: 500, height: 100 })
})

it('draws nothing on a page that is gone meanwhile', async () => {
  const { wrapper } = box()
  resized(300)
  wrapper.unmount()
  await vi.dynamicImportSettled()
  expect(engine.init).not.toHaveBeenCalled()
})

it('says so when what draws it does not come, and tries again', async () => {
  engine.away = true
  const { chart, wrapper } = box()
  expect(wrapper.attributes('role')).toBe('img')
  resized(300)
  await vi.waitFor(() => expect(wrapper.text()).toContain('could not be loaded'))
  expect(wrapper.attributes('role')).toBeUndefined()
  engine.away = false
  resized(400)
  await vi.waitFor(() => expect(chart.setOption).toHaveBeenCalledOnce())
  expect(wrapper.text()).toBe('')
})

it('is drawn in light colours for paper, at once and without moving, and in those of the screen after', async () => {
  document.documentElement.dataset.theme = 'dark'
  const { chart, wrapper } = box()
  const seen: (string | undefined)[] = []
  chart.setOption.mockImplementation(() => seen.push(document.documentElement.dataset.theme))
  resized(300)
  await vi.waitFor(() => expect(chart.setOption).toHaveBeenCalledOnce())
  window.dispatchEvent(new Event('beforeprint'))
  expect(chart.setOption).toHaveBeenLastCalledWith({ animation: false }, { notMerge: true })
  window.dispatchEvent(new Event('beforeprint'))
  window.dispatchEvent(new Event('afterprint'))
  expect(seen).toEqual(['dark', 'light', 'dark'])
  wrapper.unmount()
  window.dispatchEvent(new Event('beforeprint'))
  window.dispatchEvent(new Event('afterprint'))
  expect(seen).toHaveLength(3)
  delete document.documentElement.dataset.theme
})
