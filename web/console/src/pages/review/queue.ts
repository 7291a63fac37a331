/** What waits for this reviewer: shared by the list and by the record, so that the next comes at once. */
import { get, type Answer } from '@muster/ui'
import { reactive } from 'vue'

export type QueueItem = Answer<'verification', '/queue', 'get'>['items'][number]

const PAGE = 100

export const queue = reactive({
  items: [] as QueueItem[],
  /** Where the rest begins; null when all of it is here. */
  next: null as string | null,
  area: '',
  desk: '',
  loaded: false,
})

/** Reads the queue from its beginning, as it is filtered. */
export async function loadQueue(signal?: AbortSignal): Promise<void> {
  const query = { limit: PAGE, ...(queue.area ? { area: queue.area } : {}), ...(queue.desk ? { desk: queue.desk } : {}) }
  const found = await get('verification', '/queue', { query, ...(signal ? { signal } : {}) })
  queue.items = [...found.items]
  queue.next = found.next
  queue.loaded = true
}

/** Reads on; what is here already is not shown twice. */
export async function loadMore(): Promise<void> {
  if (queue.next === null) return
  const query = { limit: PAGE, after: queue.next, ...(queue.area ? { area: queue.area } : {}), ...(queue.desk ? { desk: queue.desk } : {}) }
  const found = await get('verification', '/queue', { query })
  const known = new Set(queue.items.map((item) => item.subject_id))
  queue.items.push(...found.items.filter((item) => !known.has(item.subject_id)))
  queue.next = found.next
}

/** The record after this one that the reviewer may decide; null at the end of what is here. */
export function following(subjectId: string): QueueItem | null {
  const at = queue.items.findIndex((item) => item.subject_id === subjectId)
  const others = [...queue.items.slice(at + 1), ...queue.items.slice(0, Math.max(at, 0))]
  return others.find((item) => !item.own) ?? null
}

/** Takes a decided record off. */
export function decided(subjectId: string): void {
  queue.items = queue.items.filter((item) => item.subject_id !== subjectId)
}
