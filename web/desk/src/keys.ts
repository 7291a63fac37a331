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
  person: [
    ['F2', 'person.keyCard'],
    ['F3', 'person.keyFind'],
    ['F4', 'person.keySection'],
    ['F6', 'person.keyCategories'],
    ['F8', 'person.keyMarked'],
    ['F9', 'person.keyFinish'],
    ['Ctrl+S', 'person.keySave'],
    ['Enter', 'person.keyEnter'],
    ['1-9 0 - =', 'person.keyCategory'],
    ['Space Enter Esc R', 'person.keyCamera'],
  ],
}
