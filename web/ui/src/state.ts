/** Words of state: each has a shape, a word and a colour, so that colour alone never says it. */

export type Tone = 'text-2' | 'primary' | 'ok' | 'warn' | 'danger' | 'violet' | 'teal'

interface Mark {
  shape: Shape
  tone: Tone
}

/** What is drawn in a square of 14 by 14; the words stand in the catalogue under `state`. */
export const SHAPES = {
  ring: 'M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9Z',
  dot: 'M7 2a5 5 0 1 0 0 10a5 5 0 1 0 0-10Z',
  back: 'M6 2.5 2.5 6 6 9.5M3 6h5.5a3 3 0 0 1 0 6H6',
  tick: 'M2.5 7.5 5.5 10.5 11.5 3.5',
  flag: 'M3.5 12.5V2h7.5L9 4.75 11 7.5H3.5',
  cross: 'M3 3l8 8M11 3l-8 8',
  square: 'M2.5 2.5h9v9h-9Z',
  barred: 'M7 2a5 5 0 1 0 0 10a5 5 0 1 0 0-10ZM3.5 10.5l7-7',
  arrow: 'M2 7h9M7.5 3.5 11 7l-3.5 3.5',
  block: 'M2 5.5h10v3H2Z',
  joined: 'M2 4.5h6M2 9.5h6M7.5 3.5 12 7l-4.5 3.5',
  dash: 'M3 7h8',
  equal: 'M2.5 5h9M2.5 9h9',
  unequal: 'M2.5 5h9M2.5 9h9M9.5 2l-5 10',
  nobody: 'M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9ZM2.5 12l9-10',
  page: 'M3.5 1.5h7v11h-7Z',
  question: 'M4.5 5a2.5 2.5 0 1 1 3.6 2.2C7.3 7.6 7 8 7 9M7 11.4v.6',
  chip: 'M2 2h10v10H2ZM5 5h4v4H5Z',
  lines: 'M2 2h10v10H2ZM4.5 5h5M4.5 7h5M4.5 9h5',
  diamond: 'M7 1.5 12.5 7 7 12.5 1.5 7Z',
  pencil: 'M2.5 11.5 3 9l6.5-6.5 2 2L5 11Z',
  eye: 'M7 2a5 5 0 1 0 0 10a5 5 0 1 0 0-10ZM7 5.5a1.5 1.5 0 1 0 0 3a1.5 1.5 0 1 0 0-3Z',
  clock: 'M7 2a5 5 0 1 0 0 10a5 5 0 1 0 0-10ZM7 4v3.2l2.2 1.3',
} as const

export type Shape = keyof typeof SHAPES

/** Shapes that are filled; the others are lines. */
export const FILLED: ReadonlySet<Shape> = new Set<Shape>(['dot', 'block'])

export const STATES = {
  draft: { shape: 'ring', tone: 'text-2' },
  to_upload: { shape: 'clock', tone: 'warn' },
  on_computer: { shape: 'dot', tone: 'primary' },
  at_centre: { shape: 'tick', tone: 'ok' },
  ready: { shape: 'tick', tone: 'ok' },
  trouble: { shape: 'flag', tone: 'warn' },
  offline: { shape: 'barred', tone: 'warn' },
  submitted: { shape: 'dot', tone: 'primary' },
  returned: { shape: 'back', tone: 'warn' },
  verified: { shape: 'tick', tone: 'ok' },
  flagged: { shape: 'flag', tone: 'warn' },
  refused: { shape: 'cross', tone: 'danger' },
  open: { shape: 'square', tone: 'text-2' },
  collected: { shape: 'dot', tone: 'primary' },
  declined: { shape: 'barred', tone: 'text-2' },
  moved_out: { shape: 'arrow', tone: 'text-2' },
  dead_before: { shape: 'block', tone: 'text-2' },
  dead_after: { shape: 'block', tone: 'text-2' },
  merged: { shape: 'joined', tone: 'text-2' },
  ineligible: { shape: 'dash', tone: 'text-2' },
  match: { shape: 'equal', tone: 'ok' },
  mismatch: { shape: 'unequal', tone: 'danger' },
  no_such_person: { shape: 'nobody', tone: 'warn' },
  no_file: { shape: 'page', tone: 'warn' },
  undecided: { shape: 'question', tone: 'warn' },
  chip: { shape: 'chip', tone: 'ok' },
  baseline: { shape: 'lines', tone: 'violet' },
  department: { shape: 'diamond', tone: 'teal' },
  typed: { shape: 'pencil', tone: 'text-2' },
  reviewer: { shape: 'eye', tone: 'primary' },
  waiting: { shape: 'clock', tone: 'text-2' },
  agree: { shape: 'equal', tone: 'ok' },
  contradict: { shape: 'unequal', tone: 'danger' },
  cannot_tell: { shape: 'question', tone: 'warn' },
  attested: { shape: 'tick', tone: 'ok' },
  awaiting: { shape: 'clock', tone: 'text-2' },
  none: { shape: 'dash', tone: 'text-2' },
  order_open: { shape: 'ring', tone: 'warn' },
  order_closed: { shape: 'tick', tone: 'ok' },
  asked: { shape: 'clock', tone: 'text-2' },
  answered: { shape: 'tick', tone: 'ok' },
} as const satisfies Record<string, Mark>

export type StateName = keyof typeof STATES

/** Whether a word that came from a service is one that can be drawn. */
export function isState(word: string): word is StateName {
  return Object.hasOwn(STATES, word)
}
