/** What waits for this reviewer: shared by the list and by the record, so that the next comes at once. */
import { get, type Answer } from '@muster/ui'
import { reactive } from 'vue'
import type { LocationQuery, LocationQueryRaw } from 'vue-router'

export type QueueItem = Answer<'verification', '/queue', 'get'>['items'][number]
export type AgeCounts = Answer<'verification', '/queue/ages', 'get'>['desks'][string]

const PAGE = 100
/** So few are left here when more are asked for, so that a reviewer does not come to an end that is none. */
const LOW = 20
/** Whole days that one may ask for, and under which name each is counted. */
export const AGES = { 0: 'everything', 3: 'over_3', 7: 'over_7', 15: 'over_15' } as const
export type Days = keyof typeof AGES

export const queue = reactive({
  items: [] as QueueItem[],
  /** Where the rest begins; null when all of it is here. */
  next: null as string | null,
  area: '',
  desk: '',
  days: 0 as Days,
  /** A day, as an input of dates gives it: what has waited since then or longer. */
  since: '',
  flagged: false,
  /** How much waits, by desk and age; null while that is not known. */
  counts: null as Record<string, AgeCounts> | null,
  loaded: false,
})

const CODE = /^\d{6,12}$/
const DESK = /^[a-z_]{1,40}$/
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Takes the filters from an address, all of them: what it does not name is not filtered by. */
export function filterBy(query: LocationQuery): void {
  const text = (name: string) => (typeof query[name] === 'string' ? query[name] : '')
  const days = Number(text('days'))
  queue.area = CODE.test(text('area')) ? text('area') : ''
  queue.desk = DESK.test(text('desk')) ? text('desk') : ''
  queue.days = days in AGES ? (days as Days) : 0
  queue.since = DAY.test(text('since')) ? text('since') : ''
  queue.flagged = text('flagged') === '1'
}

/** The filters as an address names them. */
export function filters(): LocationQueryRaw {
  const { area, desk, days, since, flagged } = queue
  return { ...(area ? { area } : {}), ...(desk ? { desk } : {}), ...(days ? { days } : {}), ...(since ? { since } : {}), ...(flagged ? { flagged: 1 } : {}) }
}

function wanted() {
  return {
    limit: PAGE,
    ...(queue.area ? { area: queue.area } : {}),
    ...(queue.desk ? { desk: queue.desk } : {}),
    ...(queue.days ? { days: queue.days } : {}),
    ...(queue.since ? { since: queue.since } : {}),
    ...(queue.flagged ? { flagged: true } : {}),
  }
}

/** Reads the queue from its beginning, as it is filtered; and how much there is, as far as that is told. */
export async function loadQueue(signal?: AbortSignal): Promise<void> {
  const how = signal ? { signal } : {}
  const counting = get('verification', '/queue/ages', { query: queue.area ? { area: queue.area } : {}, ...how }).catch(() => null)
  const found = await get('verification', '/queue', { query: wanted(), ...how })
  queue.items = [...found.items]
  queue.next = found.next
  queue.loaded = true
  queue.counts = (await counting)?.desks ?? null
}

let reading: Promise<void> | null = null

/** Reads on; what is here already is not shown twice. Asked for again meanwhile, it is one reading. */
export function loadMore(): Promise<void> {
  reading ??= readOn().finally(() => (reading = null))
  return reading
}

async function readOn(): Promise<void> {
  const after = queue.next
  if (after === null) return
  const found = await get('verification', '/queue', { query: { ...wanted(), after } })
  // Filtered otherwise meanwhile: this is of another list.
  if (queue.next !== after) return
  const known = new Set(queue.items.map((item) => item.subject_id))
  queue.items.push(...found.items.filter((item) => !known.has(item.subject_id)))
  queue.next = found.next
}

/** How many wait at these desks, as it is filtered; null where that is not counted. */
export function counted(days: Days = queue.days, flagged = queue.flagged, desk = queue.desk): number | null {
  if (queue.counts === null || queue.since || (flagged && days)) return null
  const desks = desk ? [queue.counts[desk]] : Object.values(queue.counts)
  return desks.reduce((sum, one) => sum + (one?.[flagged ? 'flagged' : AGES[days]] ?? 0), 0)
}

/** Whether another reviewer looks at it now. */
export function taken(item: QueueItem): boolean {
  return item.looking !== null && item.looking !== undefined && !item.looking.own && Date.parse(item.looking.until) > Date.now()
}

/** The record after this one that the reviewer may decide and nobody else looks at; null at the end of what is here. */
export function following(subjectId: string): QueueItem | null {
  const at = queue.items.findIndex((item) => item.subject_id === subjectId)
  const others = [...queue.items.slice(at + 1), ...queue.items.slice(0, Math.max(at, 0))]
  return others.find((item) => !item.own && !taken(item)) ?? null
}

/** Takes a decided record off; reads on before the end comes. */
export function decided(subjectId: string): void {
  const gone = queue.items.find((item) => item.subject_id === subjectId)
  queue.items = queue.items.filter((item) => item.subject_id !== subjectId)
  if (gone) uncount(gone)
  if (queue.next !== null && queue.items.length < LOW) void loadMore().catch(() => undefined)
}

function uncount(gone: QueueItem): void {
  const counts = queue.counts?.[gone.desk]
  if (!counts) return
  for (const [days, name] of Object.entries(AGES)) if (gone.age_seconds >= Number(days) * 86_400 && counts[name]) counts[name] -= 1
  if (gone.flagged && counts.flagged) counts.flagged -= 1
}
