/** What is drawn is what was counted. */
import { describe, expect, it } from 'vitest'
import { apart, rates, roundUp, stacked, starts, waterfall, type Colours, type Style, type Step } from '../src/charts/options'

const colours = new Proxy({} as Colours, { get: (_, name) => String(name) })
const style: Style = { colours, language: 'zh', font: 'sans-serif' }
const steps: Step[] = [
  { label: 'a', value: 10, kind: 'source' },
  { label: 'b', value: 5, kind: 'source' },
  { label: 'sum', value: 15, kind: 'sum' },
  { label: 'c', value: 9, kind: 'settled' },
  { label: 'd', value: 4, kind: 'settled' },
  { label: 'open', value: 2, kind: 'open' },
]

describe('the waterfall', () => {
  it('builds up, stands, and goes down to what is open', () => {
    expect(starts(steps)).toEqual([0, 10, 0, 6, 2, 0])
  })

  it('ends above the open where the balance does not hold: nothing is made to fit', () => {
    const broken = steps.map((step) => (step.label === 'd' ? { ...step, value: 3 } : step))
    expect(starts(broken).at(-2)).toBe(3)
    expect(starts(broken).at(-1)).toBe(0)
  })

  it('hatches the open, so that colour alone does not tell it', () => {
    const { series } = waterfall(steps, 'words')(style) as { series: { data: { itemStyle: { decal?: object } }[] }[] }
    expect(series[1]!.data.map((bar) => bar.itemStyle.decal !== undefined)).toEqual([false, false, false, false, false, true])
  })
})

it('shares are drawn on a whole axis, counts from zero', () => {
  const option = rates([{ label: 'a', permille: 814, note: '81.4%' }], 'words')(style) as { xAxis: object; series: { data: number[] }[] }
  expect(option.xAxis).toMatchObject({ min: 0, max: 100 })
  expect(option.series[0]!.data).toEqual([81.4])
})

it('a stack says its sum', () => {
  const option = stacked(['a'], [{ label: 'x', values: [1200] }, { label: 'y', values: [34] }], 'words')(style) as { series: { label: { formatter: (bar: object) => string } }[] }
  expect(option.series.at(-1)!.label.formatter({ dataIndex: 0 })).toBe('1,234')
})

describe('labels at the end of lines', () => {
  it('never lie on one another', () => {
    const [ends, height, max] = [[1, 1, 2, 30], 140, 40] as const
    const moved = apart(ends, height, max)
    const at = ends.map((end, place) => height - (end / max) * height + moved[place]!).sort((a, b) => a - b)
    for (let place = 1; place < at.length; place += 1) expect(at[place]! - at[place - 1]!).toBeGreaterThanOrEqual(14)
  })

  it('stand on an axis of round numbers', () => {
    expect([1, 3, 23, 100, 101, 4_321].map(roundUp)).toEqual([4, 4, 40, 200, 200, 8_000])
    for (const largest of [1, 7, 23, 99, 401]) expect(roundUp(largest)).toBeGreaterThanOrEqual(largest)
  })
})
