/** What a wall shows: everybody in the room reads it, so few people stand together. */
import { permille } from '@muster/ui'
import type { Progress } from './figures'

/** Villages of fewer people are one bar: of few, a share says who. */
export const POOLED = 10

export interface WallRow {
  name: string
  expected: number
  open: number
  covered: number | null
  /** How many villages stand in this bar; 0 for one area by its own name. */
  of: number
}

/** The least covered first, the pool of small villages last. */
export function pooled(areas: Progress['areas']): WallRow[] {
  const all = Object.values(areas).filter((area) => area.expected > 0)
  const small = all.filter((area) => area.level === 'village' && area.expected < POOLED)
  const row = (name: string, expected: number, open: number, of: number) => ({ name, expected, open, covered: permille(expected - open, expected), of })
  const rows = all
    .filter((area) => !small.includes(area))
    .map((area) => row(area.name, area.expected, area.open, 0))
    .sort((a, b) => a.covered! - b.covered! || b.open - a.open)
  if (!small.length) return rows
  const sum = (read: (area: (typeof small)[number]) => number) => small.reduce((all, area) => all + read(area), 0)
  return [...rows, row('', sum((area) => area.expected), sum((area) => area.open), small.length)]
}
