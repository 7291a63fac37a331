/** Whom another page wants opened on the person page (`{ name: 'person' }`): a number is in memory
 * alone, never in an address. Taken once, when that page comes up. */

/** Somebody by number, somebody whom a list names, or whoever lays a card on the reader. */
export type Asked = { number: string } | { subjectId: string } | { card: true }

let asked: Asked | null = null

export function ask(whom: Asked): void {
  asked = whom
}

export function takeAsked(): Asked | null {
  const whom = asked
  asked = null
  return whom
}
