import { describe, expect, it } from 'vitest'
import { clock, day, minute, partial, span, spoken } from '../src/format/dates'
import { count, percent, permille, short } from '../src/format/numbers'
import { csv, differing, grouped, masked, maskedPieces } from '../src/format/text'

describe('percent', () => {
  it('is floored: 100% only where all is done', () => {
    expect(percent(999_999, 1_000_000)).toBe('99.9%')
    expect(percent(7, 7)).toBe('100%')
    expect(percent(0, 7)).toBe('0.0%')
    expect(percent(0, 0)).toBe('—')
  })

  it('does not lose a tenth to binary fractions', () => {
    for (let part = 0; part <= 1000; part += 1) expect(permille(part, 1000)).toBe(part)
    expect(percent(814, 1000)).toBe('81.4%')
  })
})

it('groups digits, and shortens on axes only', () => {
  expect(count(12345)).toBe('12,345')
  expect(short(123_456, 'zh')).toBe('12.3万')
  expect(short(123_456, 'en')).toBe('123.4k')
  expect(short(9_999, 'zh')).toBe('9,999')
})

describe('dates', () => {
  const late = '2026-11-23T16:04:09Z' // already the 24th where the campaign is

  it('are those of the place, by a clock of 24 hours', () => {
    expect(day(late)).toBe('2026-11-24')
    expect(minute(late)).toBe('2026-11-24 00:04')
    expect(clock(late)).toBe('00:04:09')
    expect(spoken(late, 'zh')).toBe('2026年11月24日')
    expect(spoken(late, 'en')).toBe('24 Nov 2026')
  })

  it('of records never gain a day that nobody said', () => {
    expect(partial('1969', 'zh')).toBe('1969年')
    expect(partial('1969-12', 'zh')).toBe('1969年12月')
    expect(partial('1969-12', 'en')).toBe('Dec 1969')
    expect(partial('1969-12-03', 'zh')).toBe('1969-12-03')
    expect(partial('不详', 'zh')).toBe('不详')
  })

  it('spans are whole units', () => {
    expect(span(59)).toEqual({ unit: 'minutes', count: 0 })
    expect(span(3_600)).toEqual({ unit: 'hours', count: 1 })
    expect(span(200_000)).toEqual({ unit: 'days', count: 2 })
  })
})

describe('masking', () => {
  it('leaves the first 3 and the last 4', () => {
    expect(masked('12345678901234567X')).toBe('123***********567X')
    expect(masked('1234567')).toBe('*******')
    expect(masked('王𠮷')).toBe('**')
  })

  it('keeps the groups in which a number is read', () => {
    expect(grouped(masked('12345678901234567X'))).toBe('123*** ******** 567X')
    expect(grouped('123')).toBe('123')
  })
})

describe('differences', () => {
  const marked = (ours: string, theirs: string) =>
    differing(ours, theirs).map((piece) => (piece.differs ? `[${piece.text}]` : piece.text)).join('')

  it('mark what the other side does not have', () => {
    expect(marked('隆务镇吾屯村', '隆务镇吴屯村')).toBe('隆务镇[吾]屯村')
    expect(marked('1969-12-03', '1969-12-30')).toMatch(/\[/)
    expect(marked('same', 'same')).toBe('same')
    expect(marked('new', '')).toBe('[new]')
    expect(marked('', 'old')).toBe('')
  })

  it('stay marked where their signs are masked', () => {
    const shown = maskedPieces(differing('热贡路36号甲乙丙丁', '热贡路63号甲乙丙丁'))
    expect(shown.map((piece) => piece.text).join('')).toBe(masked('热贡路36号甲乙丙丁'))
    expect(shown.some((piece) => piece.differs && piece.text.includes('*'))).toBe(true)
  })

  it('take signs outside the basic plane as one', () => {
    expect(marked('王𠮷', '王吉')).toBe('王[𠮷]')
  })
})

it('a cell that would be a formula stays text', () => {
  expect(csv([['=1+1', '—', 'a,"b"', 3, null]])).toBe(`\uFEFF'=1+1,—,"a,""b""",3,\r\n`)
})
