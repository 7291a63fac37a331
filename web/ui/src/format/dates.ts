/** Dates as people read them, in the time of the campaign's place. */

import type { Language } from './numbers'

const ZONE = 'Asia/Shanghai'
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const parts = new Intl.DateTimeFormat('en-CA', {
  timeZone: ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

function read(moment: string | Date): Record<string, string> {
  return Object.fromEntries(parts.formatToParts(new Date(moment)).map((part) => [part.type, part.value]))
}

/** 2026-11-24, for tables. */
export function day(moment: string | Date): string {
  const at = read(moment)
  return `${at.year}-${at.month}-${at.day}`
}

/** 2026-11-24 15:04, for tables. */
export function minute(moment: string | Date): string {
  const at = read(moment)
  return `${day(moment)} ${at.hour}:${at.minute}`
}

/** 15:04:09 */
export function clock(moment: string | Date): string {
  const at = read(moment)
  return `${at.hour}:${at.minute}:${at.second}`
}

/** 2026年11月24日 or 24 Nov 2026, for sentences. */
export function spoken(moment: string | Date, language: Language): string {
  const at = read(moment)
  const [month, date] = [Number(at.month), Number(at.day)]
  return language === 'zh' ? `${at.year}年${month}月${date}日` : `${date} ${MONTHS[month - 1]} ${at.year}`
}

/**
 * A date of a record, perhaps only a year or a month: 1969年, 1969年12月, 1969-12-03; never a day that
 * nobody said. What is no date stays as it is.
 */
export function partial(value: string, language: Language): string {
  const found = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/.exec(value)
  if (!found) return value
  const [, year, month, date] = found
  if (date !== undefined) return value
  if (month === undefined) return language === 'zh' ? `${year}年` : `${year}`
  return language === 'zh' ? `${year}年${Number(month)}月` : `${MONTHS[Number(month) - 1]} ${year}`
}

export type Span = { unit: 'days' | 'hours' | 'minutes'; count: number }

/** How long something has waited, in its largest whole unit; under a minute it is 0 minutes. */
export function span(seconds: number): Span {
  if (seconds >= 86_400) return { unit: 'days', count: Math.floor(seconds / 86_400) }
  if (seconds >= 3_600) return { unit: 'hours', count: Math.floor(seconds / 3_600) }
  return { unit: 'minutes', count: Math.floor(Math.max(0, seconds) / 60) }
}
