/** A tree of areas as lines: which are seen, and where keys lead (WAI-ARIA tree pattern). */
import type { Area } from './campaign'

export interface Line {
  area: Area
  /** From 1, as readers of screens count. */
  level: number
  place: number
  size: number
  open: boolean
  leaf: boolean
}

type Below = (code: string) => readonly Area[]

/** What is seen when these areas are open: only their children, so a county of villages costs nothing. */
export function lines(tops: readonly Area[], below: Below, open: ReadonlySet<string>, level = 1): Line[] {
  return tops.flatMap((area, at) => {
    const children = below(area.code)
    const shown = open.has(area.code) && children.length > 0
    const line = { area, level, place: at + 1, size: tops.length, open: shown, leaf: children.length === 0 }
    return [line, ...(shown ? lines(children, below, open, level + 1) : [])]
  })
}

export type Move = { to: string } | { open: string } | { shut: string } | null

/** Where a key leads from a line; null when it is none of the tree's keys. A letter goes to the next
 * name that begins with it. */
export function moved(key: string, seen: readonly Line[], at: number): Move {
  const here = seen[at]
  if (!here) return null
  const to = (line: Line | undefined): Move => (line ? { to: line.area.code } : { to: here.area.code })
  switch (key) {
    case 'ArrowDown':
      return to(seen[at + 1])
    case 'ArrowUp':
      return to(seen[at - 1])
    case 'Home':
      return to(seen[0])
    case 'End':
      return to(seen.at(-1))
    case 'ArrowRight':
      if (here.leaf) return to(here)
      return here.open ? to(seen[at + 1]) : { open: here.area.code }
    case 'ArrowLeft':
      if (here.open) return { shut: here.area.code }
      return to(seen.slice(0, at).findLast((line) => line.level < here.level))
  }
  if ([...key].length !== 1 || key === ' ') return null
  const next = [...seen.slice(at + 1), ...seen.slice(0, at)].find((line) => line.area.name.startsWith(key))
  return next ? { to: next.area.code } : null
}
