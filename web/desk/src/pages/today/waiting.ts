/** Who waits at this desk, as the collector notes it: in this page's memory alone, and of nobody more than
 * what they are called by. */
import { readonly, shallowRef } from 'vue'

export interface Waiting {
  id: string
  /** A ticket, a surname: whatever is called out. */
  called: string
  since: string
}

const line = shallowRef<readonly Waiting[]>([])
export const waiting = readonly(line)

export function join(called: string): void {
  line.value = [...line.value, { id: crypto.randomUUID(), called, since: new Date().toISOString() }]
}

/** Served, or gone. */
export function leave(id: string): void {
  line.value = line.value.filter((one) => one.id !== id)
}
