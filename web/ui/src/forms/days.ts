/** Days as ISO text, which compares as it sorts, and dates of which only year or month is known. */

/** The first and the last day that a date can mean. */
export interface Span {
  earliest: string
  latest: string
}

const SHAPE = /^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?$/

/** `1969`, `1969-12` or `1969-12-03`; null for another shape and for a day that never was. */
export function span(text: string): Span | null {
  const [, year, month, day] = SHAPE.exec(text) ?? []
  if (year === undefined || year === '0000') return null
  if (month !== undefined && (month < '01' || month > '12')) return null
  if (day !== undefined && (day < '01' || day > last(year, month!))) return null
  const end = month ?? '12'
  return { earliest: `${year}-${month ?? '01'}-${day ?? '01'}`, latest: `${year}-${end}-${day ?? last(year, end)}` }
}

/** The day so many years later; for 29 February, 1 March in a year without one. */
export function later(day: string, years: number): string {
  const year = Number(day.slice(0, 4)) + years
  if (year > 9999) return '9999-12-31'
  const written = String(year).padStart(4, '0')
  return day.endsWith('-02-29') && !leap(year) ? `${written}-03-01` : written + day.slice(4)
}

function last(year: string, month: string): string {
  if (month === '02') return leap(Number(year)) ? '29' : '28'
  return ['04', '06', '09', '11'].includes(month) ? '30' : '31'
}

function leap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}
