/** A stream that is followed: what is heard, when it is cut, and that it rests when nobody looks. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref, type EffectScope } from 'vue'
import { SILENCE, useStream } from '../src/use/stream'

class Source {
  static all: Source[] = []
  readyState = 0
  onopen?: () => void
  onmessage?: (event: { data: string }) => void
  onerror?: () => void
  constructor(readonly url: string) {
    Source.all.push(this)
  }
  close() {
    this.readyState = 2
  }
  say(message: object) {
    this.onmessage!({ data: JSON.stringify(message) })
  }
}

let hidden = false

beforeEach(() => {
  vi.useFakeTimers()
  Source.all = []
  hidden = false
  vi.stubGlobal('EventSource', Source)
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden)
})
const scopes: EffectScope[] = []
afterEach(() => {
  scopes.splice(0).forEach((scope) => scope.stop())
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

function follow(address: string | null = '/api/reporting/events') {
  const url = ref<string | null>(address)
  const heard: [unknown, boolean][] = []
  const scope = effectScope()
  scopes.push(scope)
  const stream = scope.run(() => useStream(() => url.value, (message, first) => heard.push([message, first])))!
  return { url, heard, stream, scope }
}

describe('a stream', () => {
  it('gives each message, and says which was the first of a connection', () => {
    const { heard, stream } = follow()
    expect(stream.state).toBe('opening')
    const [source] = Source.all
    source!.onopen!()
    source!.say({ n: 1 })
    source!.say({ n: 2 })
    source!.onopen!()
    source!.say({ n: 3 })
    expect(heard).toEqual([[{ n: 1 }, true], [{ n: 2 }, false], [{ n: 3 }, true]])
    expect(stream.state).toBe('open')
  })

  it('that falls silent is cut, since when it was heard last, and opens by the next word', () => {
    const { stream } = follow()
    Source.all[0]!.say({})
    const heard = stream.heard
    vi.advanceTimersByTime(SILENCE - 6_000)
    expect(stream.state).toBe('open')
    vi.advanceTimersByTime(12_000)
    expect([stream.state, stream.heard]).toEqual(['cut', heard])
    Source.all[0]!.say({})
    expect(stream.state).toBe('open')
  })

  it('that never speaks is cut, too', () => {
    const { stream } = follow()
    vi.advanceTimersByTime(SILENCE + 6_000)
    expect(stream.state).toBe('cut')
  })

  it('that was refused is asked for again, one that broke off is the browser’s', () => {
    follow()
    Source.all[0]!.onerror!()
    vi.advanceTimersByTime(20_000)
    expect(Source.all).toHaveLength(1)
    Source.all[0]!.readyState = 2
    Source.all[0]!.onerror!()
    vi.advanceTimersByTime(20_000)
    expect(Source.all).toHaveLength(2)
  })

  it('rests while it is paused, while the page is hidden, and ends with its page', async () => {
    const { url, stream, scope } = follow()
    url.value = null
    await nextTick()
    expect([stream.state, Source.all[0]!.readyState]).toEqual(['off', 2])
    url.value = '/other'
    await nextTick()
    expect(Source.all.at(-1)!.url).toBe('/other')
    hidden = true
    document.dispatchEvent(new Event('visibilitychange'))
    expect([stream.state, Source.all.at(-1)!.readyState]).toEqual(['off', 2])
    hidden = false
    document.dispatchEvent(new Event('visibilitychange'))
    expect(Source.all).toHaveLength(3)
    scope.stop()
    expect(Source.all.at(-1)!.readyState).toBe(2)
    vi.advanceTimersByTime(120_000)
    expect(Source.all).toHaveLength(3)
  })

  it('is off where the browser knows none', () => {
    vi.stubGlobal('EventSource', undefined)
    expect(follow().stream.state).toBe('off')
  })
})
