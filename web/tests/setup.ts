// A warning of Vue or of a catalogue is a mistake of ours: it fails the test in which it comes.
import { afterEach, beforeEach, expect, vi } from 'vitest'

class NoObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
globalThis.ResizeObserver ??= NoObserver as unknown as typeof ResizeObserver
// Tests of what draws nothing may do without a window.
if (typeof window !== 'undefined') {
  window.scrollTo = () => undefined
  window.matchMedia ??= ((query: string) => ({
    matches: false,
    media: query,
    addEventListener() {},
    removeEventListener() {},
  })) as unknown as typeof window.matchMedia
}

beforeEach(() => {
  vi.spyOn(console, 'warn')
  vi.spyOn(console, 'error')
})

afterEach(() => {
  const said = [console.warn, console.error].flatMap((spy) => vi.mocked(spy).mock.calls)
  vi.restoreAllMocks()
  expect(said).toEqual([])
})
