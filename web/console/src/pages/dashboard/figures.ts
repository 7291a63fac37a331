/** What the dashboard says of its figures: plain functions, so that what adds up is tested as such. */
import { permille, type Answer } from '@muster/ui'
import type { Step } from '@muster/ui/charts'

export type Progress = Answer<'reporting', '/progress', 'get'>
export type AreaProgress = Progress['area']
export type Ledger = Answer<'reporting', '/ledger', 'get'>
export type Counts = Ledger['total']
export type Problems = Answer<'reporting', '/problems', 'get'>
export type AreaProblems = Problems['area']
export type Pulse = Answer<'reporting', '/pulse', 'get'>

export const ORIGINS = ['baseline', 'roster', 'new', 'discovered', 'moved_in'] as const
/** What collected people split into, then how the others ended. */
export const REVIEWED = ['verified', 'submitted', 'returned'] as const
export const ENDINGS = ['declined', 'moved_out', 'dead_before', 'dead_after', 'merged', 'ineligible'] as const
export const KINDS = ['field_mismatch', 'missing_field', 'missed_subject', 'duplicate', 'moved', 'dead'] as const
export const AGES = ['under_7_days', 'from_7_to_30_days', 'over_30_days'] as const

/** So few people are not ranked: one more or less would turn the order over. */
export const FEW = 20
/** So many areas are drawn; the table has all. */
export const DRAWN = 20

const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0)

export interface Line {
  key: string
  value: number
  kind: Step['kind']
}

export interface Balance {
  lines: Line[]
  left: number
  right: number
  /** Both sides agree, and those collected are those who are verified, submitted and returned. */
  holds: boolean
  difference: number
}

/** Both sides of the balance as they were counted; `open` is a count, too, and never the remainder. */
export function balance(counts: Counts): Balance {
  const origins = ORIGINS.map((key) => ({ key: `origin.${key}`, value: counts.origins[key] ?? 0, kind: 'source' as const }))
  const reviewed = REVIEWED.map((key) => ({ key: `state.${key}`, value: counts.review[key] ?? 0, kind: 'settled' as const }))
  const ended = ENDINGS.map((key) => ({ key: `state.${key}`, value: counts.states[key] ?? 0, kind: 'settled' as const }))
  const open = { key: 'state.open', value: counts.states.open ?? 0, kind: 'open' as const }
  const left = sum(origins.map((line) => line.value))
  const right = sum([...reviewed, ...ended, open].map((line) => line.value))
  return {
    lines: [...origins, { key: 'origin.all', value: left, kind: 'sum' }, ...reviewed, ...ended, open],
    left,
    right,
    holds: counts.balanced && left === right,
    difference: left - right,
  }
}

/** Lines that are drawn: an empty one says nothing, but the sum and the open always stand. */
export function drawn(lines: readonly Line[]): Line[] {
  return lines.filter((line) => line.value > 0 || line.kind === 'sum' || line.kind === 'open')
}

export interface AreaRow extends AreaProgress {
  code: string
  /** Tenths of a percent, floored; null where nobody is expected. */
  covered: number | null
  ranked: boolean
}

/** Areas below, the least covered first; those of few people, unranked, after them. */
export function ranking(areas: Progress['areas']): AreaRow[] {
  return Object.entries(areas)
    .map(([code, area]) => ({
      ...area,
      code,
      covered: permille(area.expected - area.open, area.expected),
      ranked: area.expected >= FEW,
    }))
    .sort((a, b) => Number(b.ranked) - Number(a.ranked) || (a.covered ?? 1001) - (b.covered ?? 1001) || b.open - a.open)
}

export interface KindRow {
  kind: (typeof KINDS)[number]
  ages: number[]
  open: number
  closed: number
}

export function byKind(problems: AreaProblems): KindRow[] {
  return KINDS.map((kind) => {
    const counts = problems.kinds[kind]
    return { kind, ages: AGES.map((age) => counts?.ages[age] ?? 0), open: counts?.open ?? 0, closed: counts?.closed ?? 0 }
  })
}

export const BEATS = [
  'capture-record-submitted',
  'verification-record-verified',
  'verification-record-returned',
  'capture-subject-status-changed',
] as const

export interface Minute {
  start: number
  counts: number[]
}

/** Each of the last minutes, quiet ones too, for these counties together. */
export function minutes(pulse: Pulse, back: number, county: string | null): Minute[] {
  const size = 60_000
  const last = Math.floor(Date.parse(pulse.as_of) / size) * size
  const windows = new Map(pulse.windows.map((window) => [Date.parse(window.start), window.counts]))
  return Array.from({ length: back }, (_, at) => {
    const start = last - (back - 1 - at) * size
    const counties = Object.entries(windows.get(start) ?? {}).filter(([code]) => county === null || code === county)
    return { start, counts: BEATS.map((topic) => sum(counties.map(([, counts]) => counts[topic] ?? 0))) }
  })
}
