/** The tree of areas: what is seen, and where keys lead. */
import { describe, expect, it } from 'vitest'
import type { Area } from '../src/use/campaign'
import { lines, moved } from '../src/use/tree'

const area = (code: string, parent: string | null, name: string): Area => ({ code, parent, level: 'village', name })
const ALL = [area('6', null, '青海省'), area('63', '6', '同仁县'), area('631', '63', '隆务镇'), area('632', '63', '保安镇'), area('6311', '631', '吾屯村')]
const below = (code: string) => ALL.filter((one) => one.parent === code)
const tops = [ALL[0]!]
const seen = (...open: string[]) => lines(tops, below, new Set(open))
const codes = (...open: string[]) => seen(...open).map((line) => line.area.code)

describe('what is seen', () => {
  it('is what is open, and nothing beneath what is shut', () => {
    expect(codes()).toEqual(['6'])
    expect(codes('6', '63')).toEqual(['6', '63', '631', '632'])
    expect(codes('63', '631')).toEqual(['6'])
    expect(codes('6', '63', '631')).toEqual(['6', '63', '631', '6311', '632'])
  })

  it('says level, place and number as readers of screens need them', () => {
    expect(seen('6', '63', '631').map(({ level, place, size, open, leaf }) => [level, place, size, open, leaf])).toEqual([
      [1, 1, 1, true, false],
      [2, 1, 1, true, false],
      [3, 1, 2, true, false],
      [4, 1, 1, false, true],
      [3, 2, 2, false, true],
    ])
  })
})

describe('keys', () => {
  const open = seen('6', '63', '631')
  it.each([
    ['ArrowDown', 1, { to: '631' }],
    ['ArrowDown', 4, { to: '632' }],
    ['ArrowUp', 0, { to: '6' }],
    ['Home', 3, { to: '6' }],
    ['End', 0, { to: '632' }],
    ['ArrowRight', 1, { to: '631' }],
    ['ArrowRight', 3, { to: '6311' }],
    ['ArrowLeft', 2, { shut: '631' }],
    ['ArrowLeft', 3, { to: '631' }],
    ['ArrowLeft', 4, { to: '63' }],
    ['保', 0, { to: '632' }],
    ['x', 0, null],
    [' ', 0, null],
    ['F8', 0, null],
    ['Tab', 0, null],
  ])('%s at line %i', (key, at, where) => expect(moved(key, open, at)).toEqual(where))

  it('opens what is shut', () => expect(moved('ArrowRight', seen('6'), 1)).toEqual({ open: '63' }))
})
