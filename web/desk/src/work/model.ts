/** What a desk works on. Plain data throughout, so that any store can hold it. */
import type { Answer } from '@muster/ui'
import type { CardReading, SignatureKind, Trace } from '../gateway/client'

/** What capture knows of a person (`POST /subjects/lookup`). */
export type Known = Answer<'capture', '/subjects/lookup', 'post'>
export type Source = 'chip' | 'baseline' | 'typed'
/** As records carry them. */
export type FieldValue = string | number | boolean | string[]

/** A picture or paper. */
export interface Paper {
  id: string
  /** Kind of paper, as the profile names it. */
  kind: string
  mediaType: string
  content: Blob
  salt: string
  digest: string
  /** Whether capture has it: its receipt has come, or it came from there. */
  sent: boolean
}

/** Who confirmed, how, and under what. */
export interface Confirmation {
  kind: SignatureKind
  /** Digest of the very content that was shown. */
  digest: string
  /** The record's salt, which is in that digest. */
  salt: string
  trace: Trace
  signatureId: string
  traceSalt: string
  capturedAt: string
  /** Who signed for the person, and what they are to them. */
  signer?: { name: string; relation: string }
}

/** One record on its way from the card to the receipt. */
export interface Draft {
  /** Id of the record: made here, final. */
  id: string
  subjectId: string
  /** Version that this one follows; 0 for a first record. */
  baseVersion: number
  /** Whether nobody knew this person before. */
  isNew: boolean
  formVersion: string
  categories: string[]
  /** Values by field. Those of fields that left with a category stay, and are not sent. */
  fields: Record<string, FieldValue>
  sources: Record<string, Source>
  /** What was typed and is no value yet, by field: nothing that was typed is lost. */
  typed: Record<string, string>
  known: Known | null
  reading: CardReading | null
  papers: Paper[]
  interpreter: string
  /** Void as soon as anything that was shown changes. */
  confirmation: Confirmation | null
  /** Why capture refused it when it was sent last; there while it is mended. */
  refused?: Parcel['reasons']
  /** Whether somebody else's record of this person came first: what it says otherwise is shown. */
  overtaken?: boolean
  startedAt: string
  changedAt: string
}

/** `held`: a refusal that a person has to look at. */
export type ParcelState = 'waiting' | 'sending' | 'held' | 'received'

/** A confirmed record on its way to capture. */
export interface Parcel {
  /** Id of its record. */
  id: string
  draft: Draft
  state: ParcelState
  /** Packed once and sent unchanged until a receipt comes, so that its id holds. */
  evidence: string[]
  record: string | null
  since: string
  tries: number
  /** The receipt, once there is one. */
  receipt: Receipt | null
  /** Reasons of a refusal, in both languages; of a paper the field is its kind. */
  reasons: { field: string; rule: string; zh: string; en: string }[]
  /** Whom capture knows under this number already, where that is why it refused. */
  existing?: string
}

export interface Receipt {
  status: 'accepted' | 'duplicate' | 'refused'
  version: number | null
  at: string
}
