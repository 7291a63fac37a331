/** Waits for a card: short looks one after the other, so that nobody waits long for one to end. */
import { Problem } from '@muster/ui'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { NotPaired, readCard, type CardReading } from '../gateway/client'

const LOOK = 5
const PAUSE = 500
/** Nothing lies there yet, or a look that was given up is still at the reader. */
const AGAIN = new Set(['no-card', 'reader-busy'])

export function useCardWait(take: (reading: CardReading) => void) {
  const waiting = ref(false)
  const failure = shallowRef<unknown>(null)
  let running: AbortController | null = null

  /** While it waits already it goes on: a look that is given up may take the card with it. */
  async function start(): Promise<void> {
    if (waiting.value) return
    const mine = (running = new AbortController())
    failure.value = null
    waiting.value = true
    while (!mine.signal.aborted) {
      const pause = new Promise((resolve) => setTimeout(resolve, PAUSE))
      try {
        const reading = await readCard(LOOK, mine.signal)
        if (mine.signal.aborted) return
        stop()
        return take(reading)
      } catch (error) {
        if (mine.signal.aborted) return
        if (!(error instanceof Problem && error.reasons.some((reason) => AGAIN.has(reason.rule)))) {
          stop()
          // Without a gateway numbers are typed, and the shell says what may be done.
          failure.value = error instanceof NotPaired ? null : error
          return
        }
      }
      await pause
    }
  }

  function stop(): void {
    running?.abort()
    running = null
    waiting.value = false
  }

  onScopeDispose(stop)
  return { waiting, failure, start, stop }
}
