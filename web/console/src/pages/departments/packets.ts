/** Packets across the border, as `muster.security.packets` makes and opens them: a JWS (ES256) inside a
 * JWE (ECDH-ES, A256GCM). Algorithms are pinned here and never taken from a header. */
import { compactDecrypt, CompactEncrypt, CompactSign, compactVerify, decodeProtectedHeader, importJWK, type CompactJWEHeaderParameters } from 'jose'

export type Jwk = Record<string, string>
/** What a part is bound to: it opens nowhere else. */
export type Context = Readonly<Record<string, string | number>>

/** A key of this department while the page holds it; the private half cannot be taken out of it. */
export interface Held {
  kid: string
  key: CryptoKey
  public: Jwk
}

/** A packet that is not taken; `rule` is the server's word for it. */
export class BadPacket extends Error {
  constructor(readonly rule: string) {
    super(rule)
    this.name = 'BadPacket'
  }
}

const TYPE = 'muster-packet'
const SEALED = { alg: 'ECDH-ES', enc: 'A256GCM', typ: TYPE, cty: 'JOSE' } as const
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export const encode = (text: string): Uint8Array => encoder.encode(text)
export const decode = (bytes: Uint8Array): string => decoder.decode(bytes)

/** A compact JWS with exactly alg, kid and typ in its header. */
export function sign(payload: string, by: Held, typ: string): Promise<string> {
  return new CompactSign(encode(payload)).setProtectedHeader({ alg: 'ES256', kid: by.kid, typ }).sign(by.key)
}

/** A packet from the holder of `by` to the reader. */
export async function signAndSeal(payload: unknown, by: Held, reader: Jwk): Promise<string> {
  const kid = reader.kid!
  const inner = JSON.stringify({ to: kid, iat: Math.floor(Date.now() / 1000), payload })
  const signed = await sign(inner, by, TYPE)
  const header: CompactJWEHeaderParameters = { alg: SEALED.alg, enc: SEALED.enc, kid, typ: SEALED.typ, cty: SEALED.cty }
  return new CompactEncrypt(encode(signed)).setProtectedHeader(header).encrypt(await importJWK(reader, SEALED.alg))
}

/** What is inside a packet that somebody of `signers` sealed to `own`. Throws BadPacket. */
export async function openPacket(text: string, own: Held, signers: readonly Jwk[]): Promise<unknown> {
  const header = headerOf(text)
  const names = Object.keys(header).sort().join()
  if (names !== 'alg,cty,enc,epk,kid,typ' || Object.entries(SEALED).some(([name, value]) => header[name] !== value)) throw new BadPacket('packet-malformed')
  if (header.kid !== own.kid) throw new BadPacket('packet-recipient')
  let signed: string
  try {
    const opened = await compactDecrypt(text, own.key, { keyManagementAlgorithms: [SEALED.alg], contentEncryptionAlgorithms: [SEALED.enc] })
    signed = decode(opened.plaintext)
  } catch {
    throw new BadPacket('packet-damaged')
  }
  const said = headerOf(signed)
  if (Object.keys(said).sort().join() !== 'alg,kid,typ' || said.alg !== 'ES256' || said.typ !== TYPE) throw new BadPacket('packet-malformed')
  const signer = signers.find((one) => one.kid === said.kid)
  if (!signer) throw new BadPacket('packet-key-unknown')
  let inner: Record<string, unknown>
  try {
    const verified = await compactVerify(signed, await importJWK(signer, 'ES256'), { algorithms: ['ES256'] })
    inner = JSON.parse(decode(verified.payload)) as Record<string, unknown>
  } catch {
    throw new BadPacket('packet-signature')
  }
  if (Object.keys(inner).sort().join() !== 'iat,payload,to') throw new BadPacket('packet-malformed')
  if (inner.to !== own.kid) throw new BadPacket('packet-recipient')
  return inner.payload
}

/** One part as a packet, bound to its context (`muster.messaging.border.seal_part`). */
export function sealPart(part: unknown, by: Held, reader: Jwk, context: Context): Promise<string> {
  return signAndSeal({ context, part }, by, reader)
}

/** The part inside a packet; one that belongs elsewhere is refused. Throws BadPacket. */
export async function openPart(text: string, own: Held, signers: readonly Jwk[], context: Context): Promise<unknown> {
  const payload = (await openPacket(text, own, signers)) as { context?: Record<string, unknown>; part?: unknown } | null
  const found = payload?.context
  const names = Object.keys(context)
  const same = found && Object.keys(found).length === names.length && names.every((name) => found[name] === context[name])
  if (!same || Object.keys(payload).sort().join() !== 'context,part') throw new BadPacket('packet-context')
  return payload.part
}

function headerOf(text: string): Record<string, unknown> {
  try {
    return decodeProtectedHeader(text) as Record<string, unknown>
  } catch {
    throw new BadPacket('packet-malformed')
  }
}
