/** Something that is loaded: what is there, whether it is on its way, and what went wrong. */
import { onScopeDispose, shallowReactive } from 'vue'

export interface Resource<T> {
  data: T | null
  error: unknown
  loading: boolean
  /** Loads anew; what was there stays until the new is there. */
  load(): Promise<void>
  /** Forgets what was there, as before another thing is loaded. */
  clear(): void
}

/** A newer load ends an older one, whose answer is then never shown. */
export function useResource<T>(fetch: (signal: AbortSignal) => Promise<T>): Resource<T> {
  let running: AbortController | null = null
  const resource = shallowReactive<Resource<T>>({
    data: null,
    error: null,
    loading: false,
    async load() {
      running?.abort()
      const mine = (running = new AbortController())
      resource.loading = true
      try {
        const found = await fetch(mine.signal)
        if (mine.signal.aborted) return
        resource.data = found
        resource.error = null
      } catch (error) {
        if (mine.signal.aborted) return
        resource.error = error
      } finally {
        if (running === mine) resource.loading = false
      }
    },
    clear() {
      running?.abort()
      resource.data = null
      resource.error = null
      resource.loading = false
    },
  })
  onScopeDispose(() => running?.abort())
  return resource
}
