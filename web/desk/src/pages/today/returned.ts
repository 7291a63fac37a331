/** What reviewers sent back, in every area in which somebody collects. */
import { get, type Answer } from '@muster/ui'

type Page = Answer<'capture', '/returned', 'get'>
export type ReturnedItem = Page['returned'][number]

export interface Returned {
  items: ReturnedItem[]
  /** Where each area goes on that is not yet read to its end. */
  rest: { area: string; after: string }[]
}

/** One page of each of these areas, joined to what was read before; each look is audited. */
async function read(before: readonly ReturnedItem[], from: readonly { area: string; after?: string }[], signal?: AbortSignal): Promise<Returned> {
  const pages = await Promise.all(from.map((query) => get('capture', '/returned', { query: { limit: 100, ...query }, ...(signal ? { signal } : {}) })))
  const known = new Set(before.map((item) => item.record_id))
  return {
    items: [...before, ...pages.flatMap((page) => page.returned).filter((item) => !known.has(item.record_id))],
    rest: pages.flatMap((page, at) => (page.next === null ? [] : [{ area: from[at]!.area, after: page.next }])),
  }
}

export const firstReturned = (areas: readonly string[], signal: AbortSignal) => read([], areas.map((area) => ({ area })), signal)
export const moreReturned = (before: Returned) => read(before.items, before.rest)
