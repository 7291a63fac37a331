/** What is drawn, as plain data: each a pure function of figures, colours and language. */
import { count, short, type Language } from '../format/numbers'

/** Tokens by their names, as the theme has them now. */
export interface Colours {
  text: string
  'text-2': string
  hint: string
  surface: string
  divider: string
  'chart-1': string
  'chart-2': string
  'chart-3': string
  'chart-4': string
  'chart-source': string
  'chart-settled': string
  'chart-open': string
}

export interface Style {
  colours: Colours
  language: Language
  font: string
}

export type Option = Record<string, unknown>
export type Draw = (style: Style) => Option

const BAR = 18
/** Height of a row of a bar chart, and what its axis needs below. */
export const ROW = 30
export const AXIS = 32

function base(style: Style, description: string): Option {
  return {
    animationDuration: 200,
    animationDurationUpdate: 200,
    textStyle: { fontFamily: style.font, fontSize: 12, color: style.colours['text-2'] },
    aria: { enabled: true, label: { description } },
  }
}

function valueAxis(style: Style, more: Option = {}): Option {
  return {
    type: 'value',
    min: 0,
    splitNumber: 4,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: style.colours.divider } },
    axisLabel: { color: style.colours.hint, hideOverlap: true, formatter: (value: number) => short(value, style.language) },
    ...more,
  }
}

/** Width of a text at 12 px: what is not Latin takes a whole square. */
function widthOf(text: string): number {
  return [...text].reduce((sum, sign) => sum + (sign.codePointAt(0)! > 0x2e7f ? 12 : 6.8), 0)
}

function nameAxis(style: Style, names: readonly string[]): Option {
  const width = Math.min(150, Math.ceil(Math.max(...names.map(widthOf), 24)) + 6)
  return {
    type: 'category',
    data: names,
    inverse: true,
    axisLine: { lineStyle: { color: style.colours['text-2'] } },
    axisTick: { show: false },
    axisLabel: { color: style.colours.text, width, overflow: 'break', lineHeight: 14, interval: 0 },
  }
}

const GRID = { left: 4, right: 76, top: 4, bottom: 4, containLabel: true }

export interface Step {
  label: string
  value: number
  kind: 'source' | 'sum' | 'settled' | 'open'
}

/** Where each step of a waterfall begins: sources build up, the settled take away, the open is what is
 * counted as open, and meets them only where the balance holds. */
export function starts(steps: readonly Step[]): number[] {
  let at = 0
  return steps.map((step) => {
    if (step.kind === 'source') return (at += step.value) - step.value
    if (step.kind === 'settled') return (at -= step.value)
    if (step.kind === 'sum') at = step.value
    return 0
  })
}

const HATCH = { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: -Math.PI / 4 }

export function waterfall(steps: readonly Step[], description: string): Draw {
  return (style) => {
    const { colours } = style
    const colour = { source: colours['chart-source'], sum: colours['text-2'], settled: colours['chart-settled'], open: colours['chart-open'] }
    return {
      ...base(style, description),
      grid: GRID,
      xAxis: valueAxis(style),
      yAxis: nameAxis(style, steps.map((step) => step.label)),
      series: [
        // Carries each bar to where it begins; is not seen, not heard.
        { type: 'bar', stack: 'all', silent: true, itemStyle: { color: 'transparent', decal: { symbol: 'none' } }, data: starts(steps), emphasis: { disabled: true } },
        {
          type: 'bar',
          stack: 'all',
          barWidth: BAR,
          silent: true,
          data: steps.map((step) => ({
            value: step.value,
            itemStyle: {
              color: colour[step.kind],
              ...(step.kind === 'open' ? { borderColor: colours['text-2'], borderWidth: 1, decal: { ...HATCH, color: colours.surface } } : {}),
            },
          })),
          label: {
            show: true,
            position: 'right',
            color: colours.text,
            formatter: (bar: { dataIndex: number }) => {
              const step = steps[bar.dataIndex]!
              return step.kind === 'settled' ? `−${count(step.value)}` : count(step.value)
            },
          },
        },
      ],
    }
  }
}

export interface Rate {
  label: string
  /** Tenths of a percent; null where there is nobody. */
  permille: number | null
  note: string
}

/** Shares of 100 %, with the target drawn as a line at its place. */
export function rates(bars: readonly Rate[], description: string): Draw {
  return (style) => ({
    ...base(style, description),
    grid: { ...GRID, right: 132 },
    xAxis: valueAxis(style, { max: 100, interval: 25, axisLabel: { color: style.colours.hint, formatter: '{value}%' } }),
    yAxis: nameAxis(style, bars.map((bar) => bar.label)),
    series: [
      {
        type: 'bar',
        barWidth: BAR,
        cursor: 'pointer',
        showBackground: true,
        backgroundStyle: { color: 'transparent', borderColor: style.colours.divider, borderWidth: 1 },
        data: bars.map((bar) => (bar.permille ?? 0) / 10),
        itemStyle: { color: style.colours['chart-1'] },
        emphasis: { itemStyle: { color: style.colours['chart-1'], opacity: 0.85 } },
        label: { show: false },
      },
      {
        // Notes stand in one column to the right of 100 %, where they are read like a table's.
        type: 'bar',
        barGap: '-100%',
        barWidth: BAR,
        silent: true,
        data: bars.map(() => 100),
        itemStyle: { color: 'transparent' },
        label: { show: true, position: 'right', color: style.colours.text, formatter: (bar: { dataIndex: number }) => bars[bar.dataIndex]!.note },
      },
    ],
  })
}

export interface Layer {
  label: string
  values: readonly number[]
}

/** Bars of several parts; each part has its own colour and hatching, and its number where it fits. */
export function stacked(names: readonly string[], layers: readonly Layer[], description: string): Draw {
  return (style) => {
    const { colours } = style
    const paint = [colours['chart-2'], colours['chart-1'], colours['chart-4'], colours['chart-settled']]
    const decals = [{ symbol: 'none' }, { symbol: 'none' }, { ...HATCH, color: colours.surface }, { symbol: 'none' }]
    const sums = names.map((_, at) => layers.reduce((sum, layer) => sum + layer.values[at]!, 0))
    return {
      ...base(style, description),
      grid: GRID,
      xAxis: valueAxis(style, { minInterval: 1 }),
      yAxis: nameAxis(style, names),
      series: [
        ...layers.map((layer, at) => ({
          type: 'bar',
          name: layer.label,
          stack: 'all',
          barWidth: BAR,
          silent: true,
          data: layer.values,
          itemStyle: { color: paint[at % paint.length], decal: decals[at % decals.length], borderColor: colours.surface, borderWidth: 1 },
        })),
        {
          type: 'bar',
          stack: 'all',
          silent: true,
          data: names.map(() => 0),
          label: { show: true, position: 'right', color: colours.text, formatter: (bar: { dataIndex: number }) => count(sums[bar.dataIndex]!) },
        },
      ],
    }
  }
}

/** Plain counts. */
export function bars(names: readonly string[], values: readonly number[], description: string): Draw {
  return (style) => ({
    ...base(style, description),
    grid: GRID,
    xAxis: valueAxis(style, { minInterval: 1 }),
    yAxis: nameAxis(style, names),
    series: [
      {
        type: 'bar',
        barWidth: BAR,
        silent: true,
        data: values,
        itemStyle: { color: style.colours['chart-1'] },
        label: { show: true, position: 'right', color: style.colours.text, formatter: (bar: { value: number }) => count(bar.value) },
      },
    ],
  })
}

const LABEL = 15

/** A round number at or above the largest, so that four lines divide the axis evenly. */
export function roundUp(largest: number): number {
  const step = [1, 2, 5, 10].map((one) => one * 10 ** Math.floor(Math.log10(Math.max(largest / 4, 1))))
  return 4 * (step.find((one) => one * 4 >= largest) ?? largest)
}

/** How far each label at the end of a line moves down, so that none lies on another. */
export function apart(ends: readonly number[], height: number, max: number): number[] {
  const wanted = ends.map((end, at) => ({ at, y: height - (end / max) * height })).sort((a, b) => b.y - a.y)
  const moved = new Array<number>(ends.length).fill(0)
  let free = height
  for (const { at, y } of wanted) {
    const placed = Math.min(y, free)
    moved[at] = Math.round(placed - y)
    free = placed - LABEL
  }
  return moved
}

export interface Course {
  label: string
  /** Null where nothing was counted: the line has a gap there. */
  values: readonly (number | null)[]
}

/** A moment to be seen on the time axis, such as a deadline. */
export interface Rule {
  at: string
  label: string
}

/** Up to four lines over time, each labelled at its end, so that nobody matches a legend; a rule is
 * drawn where its moment lies among the times. */
export function lines(times: readonly string[], layers: readonly Course[], height: number, description: string, rules: readonly Rule[] = []): Draw {
  const max = roundUp(Math.max(1, ...layers.flatMap((layer) => layer.values.map((value) => value ?? 0))))
  const marked = rules.filter((rule) => times.includes(rule.at))
  const top = marked.length ? 24 : 12
  const moved = apart(layers.map((layer) => layer.values.at(-1) ?? 0), height - 28 - top, max)
  return (style) => {
    const { colours } = style
    const paint = [colours['chart-1'], colours['chart-2'], colours['chart-3'], colours['chart-4']]
    const dashes = ['solid', 'dashed', 'dotted', [8, 3, 2, 3]]
    return {
      ...base(style, description),
      animation: false,
      grid: { left: 4, right: style.language === 'zh' ? 92 : 116, top, bottom: 4, containLabel: true },
      xAxis: {
        type: 'category',
        data: times,
        boundaryGap: false,
        axisLine: { lineStyle: { color: colours['text-2'] } },
        axisTick: { show: false },
        axisLabel: { color: colours.hint, hideOverlap: true },
      },
      yAxis: valueAxis(style, { max, interval: max / 4 }),
      series: layers.map((layer, at) => ({
        type: 'line',
        name: layer.label,
        data: layer.values,
        silent: true,
        showSymbol: false,
        lineStyle: { width: 2, type: dashes[at] },
        itemStyle: { color: paint[at] },
        ...(at === 0 && marked.length
          ? {
              markLine: {
                silent: true,
                symbol: 'none',
                lineStyle: { color: colours['text-2'], type: 'solid', width: 1 },
                label: { position: 'end', rotate: 0, distance: 4, color: colours.text, formatter: (mark: { dataIndex: number }) => marked[mark.dataIndex]!.label },
                data: marked.map((rule) => ({ xAxis: rule.at })),
              },
            }
          : {}),
        endLabel: { show: true, color: colours.text, offset: [0, moved[at]], formatter: () => `${layer.label} ${count(layer.values.at(-1) ?? 0)}` },
      })),
    }
  }
}
