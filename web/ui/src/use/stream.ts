/** Server-sent events: what comes, and whether it still comes. A hidden page follows nothing. */
import { onScopeDispose, shallowReactive, watch } from 'vue'

/** The server says something at least every 15 s: so long a silence is a cut. */
export const SILENCE = 40_000
const LOOK = 5_000
/** After so long a stream that was refused is asked for again. */
const AGAIN = 15_000

export interface Stream {
  /** `off`: not wanted, or not to be had here; `cut`: nothing comes any more. */
  state: 'off' | 'opening' | 'open' | 'cut'
  /** When something was heard last; while nothing was, when it was asked for first. */
  heard: number
}

/**
 * Follows an address while it is not null. `hear` gets each message, and whether it is the first one
 * since the stream was opened: what came in between was not heard.
 */
export function useStream(url: () => string | null, hear: (message: unknown, first: boolean) => void): Stream {
  const stream = shallowReactive<Stream>({ state: 'off', heard: 0 })
  let source: EventSource | null = null
  let again: ReturnType<typeof setTimeout> | undefined

  function close(): void {
    clearTimeout(again)
    source?.close()
    source = null
  }

  function open(): void {
    close()
    const wanted = url()
    if (wanted === null || document.hidden || typeof EventSource === 'undefined') {
      stream.state = 'off'
      return
    }
    if (stream.state === 'off') Object.assign(stream, { state: 'opening', heard: Date.now() })
    const mine = (source = new EventSource(wanted))
    let first = true
    mine.onopen = () => (first = true)
    mine.onmessage = (event) => {
      Object.assign(stream, { state: 'open', heard: Date.now() })
      hear(JSON.parse(String(event.data)), first)
      first = false
    }
    // What only broke off the browser opens again by itself.
    mine.onerror = () => {
      if (mine.readyState === 2) again = setTimeout(open, AGAIN)
    }
  }

  const timer = setInterval(() => {
    if (source !== null && Date.now() - stream.heard > SILENCE) stream.state = 'cut'
  }, LOOK)
  watch(url, open, { immediate: true })
  document.addEventListener('visibilitychange', open)
  onScopeDispose(() => {
    close()
    clearInterval(timer)
    document.removeEventListener('visibilitychange', open)
  })
  return stream
}
