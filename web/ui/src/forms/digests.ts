/** Salted digests over canonical JSON, as `muster.security.digests` makes them. Web Crypto works only
    where pages come over TLS or from the computer itself, which is where all of ours come from. */
import { canonical } from './canonical'
import type { Content } from './types'

const SALT = /^[0-9a-f]{64}$/
const DIGEST = /^(sha256|sm3):[0-9a-f]{64}$/

/** What a desk submits and a person signs: categories sorted, none twice. */
export interface FormRecord extends Content {
  form_version: string
}

/** Of a record and the digests of its papers, which are sets and enter sorted. Throws on another shape,
    on what has no canonical form, and on a salt that is none. */
export async function recordDigest(record: FormRecord, evidence: string[], recordId: string, salt: string): Promise<string> {
  const { form_version, categories, fields, ...more } = record
  if (Object.keys(more).length > 0) throw new TypeError('a record is form_version, categories and fields')
  if (!evidence.every((one) => DIGEST.test(one))) throw new TypeError('not a digest that names its suite')
  if (twice(categories) || twice(evidence)) throw new TypeError('categories and evidence name each thing once')
  return digest({ form_version, categories: [...categories].sort(), fields, evidence: [...evidence].sort(), record_id: recordId, salt })
}

/** Of one paper: its salt, its media type and its bytes. */
export async function evidenceDigest(content: Uint8Array<ArrayBuffer>, mediaType: string, salt: string): Promise<string> {
  return digest({ salt, media_type: mediaType, content: await hash(content) })
}

/** 256 random bits as 64 lower-case hex characters. */
export function newSalt(): string {
  return hex(crypto.getRandomValues(new Uint8Array(32)))
}

/** A random UUID. */
export function newId(): string {
  return crypto.randomUUID()
}

async function digest(value: { salt: string } & Record<string, unknown>): Promise<string> {
  if (!SALT.test(value.salt)) throw new TypeError('the digested object carries no 256-bit salt')
  return hash(canonical(value))
}

async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return `sha256:${hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))}`
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function twice(list: string[]): boolean {
  return new Set(list).size < list.length
}
