/** Numbers as people read them. */

export type Language = 'zh' | 'en'

const plain = new Intl.NumberFormat('en-US')

/** 12,345. Digits are grouped the same in both languages. */
export function count(value: number): string {
  return plain.format(value)
}

/** For axes: 12.3万 or 123k. */
export function short(value: number, language: Language): string {
  const size = Math.abs(value)
  if (language === 'zh') return size >= 10_000 ? `${trim(value / 10_000)}万` : count(value)
  if (size >= 1_000_000) return `${trim(value / 1_000_000)}M`
  return size >= 10_000 ? `${trim(value / 1_000)}k` : count(value)
}

function trim(value: number): string {
  return plain.format(Math.trunc(value * 10) / 10)
}

/**
 * Tenths of a percent, floored, so that 100 % stands only where all is done. By whole numbers: of
 * 0.814 * 1000 a computer makes 813.9.
 */
export function permille(part: number, whole: number): number | null {
  return whole > 0 ? Math.floor((part * 1000) / whole) : null
}

/** 81.4%, floored; — where there is nothing to be a part of. */
export function percent(part: number, whole: number): string {
  const found = permille(part, whole)
  if (found === null) return '—'
  return found === 1000 ? '100%' : `${(found / 10).toFixed(1)}%`
}
