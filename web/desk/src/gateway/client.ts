/** Asks the gateway of this computer: a card, a signature, a packet, its word at a sign-in. */
import { readProblem, Unreachable } from '@muster/ui'
import { pairing } from './pairing'

/** As a record carries it: which card was read, and what opens the values that it gives as read. */
export interface Revealed {
  reading_id: string
  card: string
  salt: string
  hashes: Record<string, string>
  salts: Record<string, string>
}

export interface CardReading {
  reading: Revealed
  /** Values by field of the form, and `photo`: base64 of what the chip has. */
  fields: Record<string, string>
  reader_id: string
  read_at: string
}

export type SignatureKind = 'handwriting' | 'thumbprint' | 'by_proxy' | 'guardian'
/** Strokes of points: x, y, milliseconds since the first; whole numbers. */
export type Trace = number[][][]

export interface Taken {
  signature: { kind: SignatureKind; digest: string; signature_id: string; trace_salt: string }
  captured_at: string
}

export interface GatewayStatus {
  terminal_id: string
  area: string | null
  label: string | null
  /** State of each reader by its name. */
  readers: Record<string, string>
  spool: { waiting: number; published: number; received: number; oldest: number }
  keys: Record<string, boolean>
}

/** There is no gateway that this browser knows. */
export class NotPaired extends Error {}

async function request<T>(method: 'GET' | 'POST', path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const paired = pairing.value
  if (paired === null) throw new NotPaired()
  let answer: Response
  try {
    answer = await fetch(paired.url + path, {
      method,
      headers: { authorization: `Bearer ${paired.token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Unreachable(null)
  }
  if (!answer.ok) throw await readProblem(answer)
  return (await answer.json()) as T
}

/** Waits up to `wait` seconds for a card. Throws Problem (a rule of readers), Unreachable, NotPaired. */
export function readCard(wait: number, signal?: AbortSignal): Promise<CardReading> {
  return request('POST', '/readings', { wait }, signal)
}

export function takeSignature(recordDigest: string, kind: SignatureKind, trace: Trace): Promise<Taken> {
  return request('POST', '/signatures', { record_digest: recordDigest, kind, trace })
}

/** A packet, signed by this terminal and sealed to capture. Sent again unchanged, it does nothing twice. */
export async function pack(payload: Record<string, unknown>): Promise<string> {
  return (await request<{ packet: string }>('POST', '/packets', { payload })).packet
}

/** This terminal's word that a sign-in happens at it; serves once. */
export async function assertion(): Promise<string> {
  return (await request<{ assertion: string }>('POST', '/assertions')).assertion
}

export function gatewayStatus(signal?: AbortSignal): Promise<GatewayStatus> {
  return request('GET', '/status', undefined, signal)
}
