import type { Keys } from '@muster/ui'

const FIND: Keys = [
  ['F2', 'desk.key.card'],
  ['F3', 'desk.key.find'],
]

/** Keys of pages, by the name of their route. */
export const KEYS: Readonly<Record<string, Keys>> = {
  today: FIND,
  people: FIND,
  ending: FIND,
  receipt: FIND,
}
