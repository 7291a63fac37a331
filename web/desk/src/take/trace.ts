/** What a hand drew, as records carry it. */
import type { PointGroup } from 'signature_pad'
import type { Trace } from '../gateway/client'

/** The gateway takes 60,000 numbers and lists; a point is four of them. */
const POINTS = 12_000
/** Pixels within which a drawing is a slip of the pen and no signature. */
const SLIP = 24

/** Strokes of [x, y, milliseconds since the first point]; of very many points every second, third ... */
export function traceOf(groups: readonly Pick<PointGroup, 'points'>[]): Trace {
  const strokes = groups.map((group) => group.points).filter((points) => points.length > 0)
  const begun = strokes[0]?.[0]?.time ?? 0
  const every = Math.ceil(strokes.reduce((all, points) => all + points.length, 0) / POINTS)
  return strokes.map((points) =>
    points
      .filter((_, at) => at % every === 0)
      .map(({ x, y, time }) => [Math.round(x), Math.round(y), Math.max(0, Math.round(time - begun))]),
  )
}

/** Whether nothing was drawn that could be a signature. */
export function isSlip(trace: Trace): boolean {
  const points = trace.flat()
  const span = (axis: 0 | 1) => Math.max(...points.map((point) => point[axis]!)) - Math.min(...points.map((point) => point[axis]!))
  return points.length < 2 || Math.max(span(0), span(1)) < SLIP
}

/** Whether something that came from another window is a trace. */
export function isTrace(value: unknown): value is Trace {
  const list = (found: unknown): found is unknown[] => Array.isArray(found)
  return list(value) && value.every((stroke) => list(stroke) && stroke.every((point) => list(point) && point.length === 3 && point.every(Number.isSafeInteger)))
}
