/** A department's two keys: made here, kept in a file that only its passphrase opens, in memory while the
 * page is open, and nowhere else. What leaves the page are the public halves and what the keys signed. */
import { calculateJwkThumbprint, compactDecrypt, CompactEncrypt, exportJWK, generateKeyPair, importJWK } from 'jose'
import { decode, encode, sign, type Held, type Jwk } from './packets'

export interface DepartmentKeys {
  department: string
  signing: Held
  encryption: Held
}

/** Why a key file does not open: a key of the catalogue, below `answer.keyFault`. */
export class KeyFileFault extends Error {
  constructor(readonly why: 'file' | 'passphrase') {
    super(why)
    this.name = 'KeyFileFault'
  }
}

const KIND = 'muster-department-key'
const WRAP = 'PBES2-HS512+A256KW'
const ENCRYPT = 'A256GCM'
/** Rounds of PBKDF2-HMAC-SHA512: OWASP's Password Storage Cheat Sheet asks for 210,000. */
const ROUNDS = 210_000
/** More than a file of ours has is no file of ours, and would hold the page up. */
const MOST_ROUNDS = 1_000_000
export const SHORTEST = 12
/** Signs of the largest key file that is looked at. */
export const LARGEST = 16_384
const ALGORITHMS = { sig: 'ES256', enc: 'ECDH-ES' } as const

/** Two new keys of a department, as the text of a file under a passphrase. */
export async function makeKeyFile(department: string, passphrase: string): Promise<string> {
  const plain = JSON.stringify({ department, sig: await newKey('sig'), enc: await newKey('enc') })
  const box = await new CompactEncrypt(encode(plain))
    .setProtectedHeader({ alg: WRAP, enc: ENCRYPT, cty: KIND })
    .setKeyManagementParameters({ p2c: ROUNDS })
    .encrypt(encode(passphrase.normalize('NFC')))
  return `${JSON.stringify({ kind: KIND, department, box }, null, 1)}\n`
}

/** The keys of a file. Throws KeyFileFault. */
export async function openKeyFile(text: string, passphrase: string): Promise<DepartmentKeys> {
  let file: { kind: string; department: string; box: string }
  try {
    file = JSON.parse(text) as typeof file
    if (file.kind !== KIND || typeof file.department !== 'string' || typeof file.box !== 'string') throw new KeyFileFault('file')
  } catch {
    throw new KeyFileFault('file')
  }
  let plain: string
  try {
    const options = { keyManagementAlgorithms: [WRAP], contentEncryptionAlgorithms: [ENCRYPT], maxPBES2Count: MOST_ROUNDS }
    plain = decode((await compactDecrypt(file.box, encode(passphrase.normalize('NFC')), options)).plaintext)
  } catch {
    throw new KeyFileFault('passphrase')
  }
  try {
    const inside = JSON.parse(plain) as { department: string; sig: Jwk; enc: Jwk }
    // What stands on the file in the clear is for people; what is sealed inside counts.
    if (inside.department !== file.department) throw new KeyFileFault('file')
    return { department: inside.department, signing: await hold(inside.sig, 'sig'), encryption: await hold(inside.enc, 'enc') }
  } catch {
    throw new KeyFileFault('file')
  }
}

/** Shows access that whoever enrols these keys holds them (`muster.spool.services.enrol_department`). */
export function enrolment(keys: DepartmentKeys, code: string): Promise<string> {
  return sign(code, keys.signing, 'muster-enrolment')
}

async function newKey(use: 'sig' | 'enc'): Promise<Jwk> {
  const pair = await generateKeyPair(ALGORITHMS[use], { crv: 'P-256', extractable: true })
  const { kty, crv, x, y, d } = await exportJWK(pair.privateKey)
  const jwk = { kty: kty!, crv: crv!, x: x!, y: y! }
  return { ...jwk, d: d!, use, kid: await calculateJwkThumbprint(jwk) }
}

async function hold(jwk: Jwk, use: 'sig' | 'enc'): Promise<Held> {
  const open = Object.fromEntries(Object.entries(jwk).filter(([name]) => name !== 'd'))
  if (jwk.use !== use || jwk.kid !== (await calculateJwkThumbprint(open))) throw new KeyFileFault('file')
  // Not extractable: nothing on this page can take it out again.
  const key = (await importJWK({ ...jwk, ext: false } as never, ALGORITHMS[use])) as CryptoKey
  return { kid: jwk.kid, key, public: open }
}
