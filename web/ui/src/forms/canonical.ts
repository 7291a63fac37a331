/** RFC 8785: one text, and so one digest, for a value. Strings and keys are written as JSON.stringify
    writes them, for the RFC takes that from ECMAScript; what has no single form here is refused. */

const DEPTH_LIMIT = 64

/** Names the trouble, never the value. */
export class NotCanonical extends Error {}

/** UTF-8 of text, whole numbers below 2**53, true, false, null, and lists and objects of these.
    Fractions are refused (decimals travel as text), and so are lone surrogates. */
export function canonical(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(write(value, 0))
}

function write(value: unknown, depth: number): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new NotCanonical('a fraction, or an integer at or beyond 2**53')
    return String(value)
  }
  if (typeof value !== 'object') throw new NotCanonical(`canonical JSON takes no ${typeof value}`)
  if (depth >= DEPTH_LIMIT) throw new NotCanonical(`nested deeper than ${DEPTH_LIMIT}`)
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`
  const kind: unknown = Object.getPrototypeOf(value)
  if (kind !== Object.prototype && kind !== null) throw new NotCanonical('an object that is no plain one')
  // The order of sort() is that of UTF-16 units, as the RFC wants it.
  const members = Object.keys(value).sort()
  return `{${members.map((key) => `${quoted(key)}:${write((value as Record<string, unknown>)[key], depth + 1)}`).join(',')}}`
}

function quoted(text: string): string {
  if (/\p{Cs}/u.test(text)) throw new NotCanonical('text holds a lone surrogate, which UTF-8 cannot carry')
  return JSON.stringify(text)
}
