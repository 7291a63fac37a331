/** What the desk and the screen that faces the person say to each other. They are two windows of one
 * origin and speak over a port that nobody else holds, so that nothing of a person stands in an address or
 * in a browser's storage, and no third window can listen as it could on a channel with a name. */
import type { Areas, Language, Profile } from '@muster/ui'
import type { FormRecord } from '@muster/ui/forms'
import type { SignatureKind, Trace } from '../gateway/client'

/** Where the person's screen is. */
export const ADDRESS = '/desk/sign'

/** The person's screen to the window that opened it, until it is given a port; `page` is made anew at each
 * load, so that a window that was loaded again is told from one that repeats itself. */
export interface Here {
  muster: 'second.here'
  page: string
}

/** The answer of the desk; the port comes with it. */
export const JOINED = 'muster.second.joined'

/** All that the person's screen needs to show and to sign: it asks no service, and nobody signs in there. */
export interface Sheet {
  recordId: string
  salt: string
  content: FormRecord
  papers: { kind: string; digest: string }[]
  kind: SignatureKind
  language: Language
  /** Whether something has changed since it was first shown. */
  changed: boolean
  profile: Profile
  areas: Areas
}

export interface Signed {
  /** Of what the person's screen showed, computed there. */
  digest: string
  trace: Trace
}

/** `turn` names one showing; what comes under another is of the past and does nothing. */
export type ToPerson = { say: 'show'; turn: string; sheet: Sheet } | { say: 'forget' }
export type ToDesk =
  | { say: 'at'; turn: string; at: 'reading' | 'signing'; digest: string }
  | ({ say: 'signed'; turn: string } & Signed)
  | { say: 'returned'; turn: string }

export function isHere(data: unknown): data is Here {
  const found = data as Partial<Here> | null
  return typeof found === 'object' && found?.muster === 'second.here' && typeof found.page === 'string'
}
