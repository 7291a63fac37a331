/** How areas stood: two days side by side, and areas beside each other. */
import { count, permille, type Answer } from '@muster/ui'

export type History = Answer<'reporting', '/history', 'get'>
export type Day = History['days'][number]

export const MEASURES = ['expected', 'verified', 'submitted', 'returned', 'ended', 'open', 'problems'] as const
export type Measure = (typeof MEASURES)[number]
/** What is drawn of one area. */
export const DRAWN_MEASURES = ['verified', 'submitted', 'returned', 'open'] as const
export const SPANS = [7, 30, 60, 120] as const
/** Lines that can be told apart, by ends and dashes. */
export const MOST = 4

const DAY = 86_400_000

/** The first day of a span of so many days that ends on `last` (both as 2018-11-01). */
export function firstOf(last: string, days: number): string {
  return new Date(Date.parse(last) - (days - 1) * DAY).toISOString().slice(0, 10)
}

export function dayAt(history: History, day: string): Day | null {
  return history.days.find((one) => one.day === day) ?? null
}

export interface Compared {
  key: string
  then: number | null
  now: number | null
  /** Null where one of both days was not counted: nothing is made up. */
  change: number | null
}

function compared(key: string, then: number | undefined, now: number | undefined): Compared {
  return { key, then: then ?? null, now: now ?? null, change: then === undefined || now === undefined ? null : now - then }
}

/** Each measure of one area on two days. */
export function twoDays(history: History, then: string, now: string): Compared[] {
  const [a, b] = [dayAt(history, then), dayAt(history, now)]
  return MEASURES.map((measure) => compared(measure, a?.[measure], b?.[measure]))
}

/** One measure of several areas on two days. */
export function twoDaysOf(histories: readonly History[], measure: Measure, then: string, now: string): Compared[] {
  return histories.map((history) => compared(history.code, dayAt(history, then)?.[measure], dayAt(history, now)?.[measure]))
}

/** +1,203, −3, 0: a true minus, as wide as the plus. */
export function signed(change: number): string {
  return change > 0 ? `+${count(change)}` : change < 0 ? `−${count(-change)}` : '0'
}

/** Share of people accounted for on a day, in tenths of a percent. */
export function covered(day: Day): number | null {
  return permille(day.expected - day.open, day.expected)
}

/** Values of a measure by day; a day that was not counted has none. */
export function series(history: History, days: readonly string[], measure: Measure): (number | null)[] {
  const found = new Map(history.days.map((one) => [one.day, one[measure]]))
  return days.map((day) => found.get(day) ?? null)
}

/** Days on which any of them was counted, in order. */
export function daysOf(histories: readonly History[]): string[] {
  return [...new Set(histories.flatMap((one) => one.days.map((day) => day.day)))].sort()
}
