/** Keeps figures new: news by server-sent events, else by asking now and then. */
import { address, useStream, type Stream } from '@muster/ui'
import { onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import type { Pulse } from './figures'

/** Nothing on a page changes more often (WCAG 2.2.2). */
const LEAST = 5_000
/** Without news figures are asked for so often; and with news, as ages pass by themselves. */
const UNTOLD = 30_000
const TOLD = 120_000
const LOOK = 1_000

export interface Live {
  stream: Stream
  paused: Ref<boolean>
  /** The newest pulse that was told; null before, and for who may not see one. */
  pulse: Ref<Pulse | null>
}

interface News {
  changed: boolean
  pulse: Pulse | null
}

/** `load` asks for the figures of the area anew; it is never called twice within five seconds. */
export function useLive(area: () => string, load: () => void): Live {
  const paused = ref(false)
  const pulse = shallowRef<Pulse | null>(null)
  let asked = Date.now()
  let due = false

  const stream = useStream(
    () => (paused.value || !area() ? null : `${address('reporting', '/events')}?area=${encodeURIComponent(area())}`),
    (message, first) => {
      const news = message as News
      if (news.pulse) pulse.value = news.pulse
      due ||= news.changed || (first && Date.now() - asked > LEAST)
    },
  )

  const timer = setInterval(() => {
    if (paused.value || document.hidden) return
    const waited = Date.now() - asked
    if (waited < LEAST || !(due || waited > (stream.state === 'open' ? TOLD : UNTOLD))) return
    asked = Date.now()
    due = false
    load()
  }, LOOK)
  onScopeDispose(() => clearInterval(timer))
  return { stream, paused, pulse }
}
