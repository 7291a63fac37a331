/** What waits, by how long; and how many went back. */
import { permille, type Answer } from '@muster/ui'

export type Waiting = Answer<'reporting', '/waiting', 'get'>
export type AreaWaiting = Waiting['area']

export const WAITS = ['up_to_7_days', 'from_8_to_14_days', 'over_14_days', 'unknown'] as const
export type Wait = (typeof WAITS)[number]

export interface WaitRow {
  key: 'submitted' | 'returned' | 'units'
  ages: Partial<Record<Wait, number>>
  late: number
  all: number
}

/** Rows of the area, and the ages there are: that one is not known is said only where it is so. */
export function waits(area: AreaWaiting): { rows: WaitRow[]; ages: Wait[] } {
  const rows = (['submitted', 'returned', 'units'] as const).map((key) => {
    const ages: Partial<Record<Wait, number>> = area[key]
    return { key, ages, late: ages.over_14_days ?? 0, all: WAITS.reduce((sum, age) => sum + (ages[age] ?? 0), 0) }
  })
  return { rows, ages: WAITS.filter((age) => age !== 'unknown' || rows.some((row) => row.ages.unknown)) }
}

export interface QualityRow {
  code: string
  name: string
  reviewed: number
  returned: number
  /** Card reading or signature not attested by the terminal, whatever came of the review. */
  flagged: number
  /** Those of them that a reviewer has yet to look at. */
  flaggedOpen: number
  uploaded: number
  refused: number
  late: number
  /** Tenths of a percent, floored; null where nobody was reviewed, or too few to compare. */
  rate: number | null
}

/** So few people are not compared: one more or less would turn the order over. */
const FEW = 20

export function quality(code: string, area: AreaWaiting): QualityRow {
  return {
    code,
    name: area.name,
    reviewed: area.reviewed,
    returned: area.returned_once,
    flagged: Object.values(area.flagged).reduce((sum, one) => sum + one, 0),
    flaggedOpen: area.flagged.submitted ?? 0,
    uploaded: area.accepted + area.refused,
    refused: area.refused,
    late: (area.submitted.over_14_days ?? 0) + (area.returned.over_14_days ?? 0),
    rate: area.reviewed < FEW ? null : permille(area.returned_once, area.reviewed),
  }
}
