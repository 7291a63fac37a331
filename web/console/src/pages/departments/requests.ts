/** What verification asks a department, opened here; and the department's answers, sealed here. The server
 * hands over and takes packets, and between the two sees nothing of what they hold. */
import { get, post, type Answer } from '@muster/ui'
import type { DepartmentKeys } from './keyfile'
import { BadPacket, openPart, sealPart, signAndSeal, type Context, type Jwk } from './packets'

export const VERDICTS = ['match', 'mismatch', 'no_such_person', 'no_file', 'undecided'] as const
export type Verdict = (typeof VERDICTS)[number]

/** One request that was opened. */
export interface Asked {
  /** Event id of the request. */
  id: string
  caseId: string
  version: number
  fields: Readonly<Record<string, unknown>>
  asked: readonly string[]
  askedAt: string
}

/** An answer as it is being filled in: a verdict for each asked field, or none yet. */
export interface Filled {
  verdicts: Record<string, Verdict | ''>
  remark: string
}

/** Most signs of a remark; the rest of a long story belongs into a file of the department's own. */
export const REMARK = 500

type Posted = Parameters<typeof sendPosted>[1][number]
export type Outcome = Answer<'verification', '/departments/answers', 'post'>['items'][number]

export interface Loaded {
  department: string
  requests: Asked[]
  /** Rules of packets that did not open: none of ours writes such. */
  bad: string[]
}

interface Services {
  packet: Jwk
  sign: Jwk[]
}

const PAGE = 200
/** Packets that are opened or sealed side by side. */
const AT_ONCE = 50
/** Answers that are posted at a time. */
export const BATCH = 100

/** The keys of verification: to seal to it, and of what it signs. */
async function services(): Promise<Services> {
  const said = await get('verification', '/public-keys')
  return { packet: said.packet[0]!, sign: said.sign }
}

const requestedContext = (department: string, one: { event_id: string; case_id: string; version: number }): Context => ({
  topic: `verification-requested-${department}`,
  consumer: `connector-${department}`,
  event: one.event_id,
  type: 'muster.verification.requested.v1',
  subject: one.case_id,
  version: one.version,
})

const answeredContext = (department: string, one: { event_id: string; case_id: string; version: number }): Context => ({
  topic: `verification-answered-${department}`,
  consumer: 'verification',
  event: one.event_id,
  type: 'muster.verification.answered.v1',
  subject: one.case_id,
  version: one.version,
})

/** All open requests of the department, page by page; `told` hears how many are here, and of how many. */
export async function load(keys: DepartmentKeys, told: (here: number, all: number) => void, signal: AbortSignal): Promise<Loaded> {
  const { packet, sign } = await services()
  const found = new Map<string, Asked>()
  const bad: string[] = []
  let after: string | null = null
  do {
    const question = await signAndSeal({ asks: 'requests' }, keys.signing, packet)
    const page: Answer<'verification', '/departments/requests', 'post'> = await post('verification', '/departments/requests', { body: { packet: question, after, limit: PAGE }, signal })
    if (page.department !== keys.department) throw new BadPacket('packet-recipient')
    await inTurns(page.items, async (item) => {
      try {
        found.set(item.event_id, await openRequest(keys, sign, item))
      } catch (error) {
        if (!(error instanceof BadPacket)) throw error
        bad.push(error.rule)
      }
    })
    after = page.next
    told(found.size, Math.max(page.open, found.size))
    signal.throwIfAborted()
  } while (after !== null)
  const requests = [...found.values()].sort((a, b) => a.askedAt.localeCompare(b.askedAt) || a.id.localeCompare(b.id))
  return { department: keys.department, requests, bad }
}

/** One request of the department, as its packet says. Throws BadPacket. */
export async function openRequest(keys: DepartmentKeys, signers: readonly Jwk[], item: { event_id: string; case_id: string; version: number; sealed: string }): Promise<Asked> {
  const part = (await openPart(item.sealed, keys.encryption, signers, requestedContext(keys.department, item))) as {
    case_id: string
    version: number
    fields: Record<string, unknown>
    asked: string[]
    asked_at: string
  }
  if (part.case_id !== item.case_id || part.version !== item.version) throw new BadPacket('packet-context')
  return { id: item.event_id, caseId: part.case_id, version: part.version, fields: part.fields, asked: part.asked, askedAt: part.asked_at }
}

/** Whether every asked field has a verdict. */
export function complete(request: Asked, filled: Filled | undefined): boolean {
  return filled !== undefined && request.asked.every((field) => filled.verdicts[field])
}

/** An answer as it is posted, under a new id of its own. */
export async function sealAnswer(keys: DepartmentKeys, reader: Jwk, request: Asked, filled: Filled) {
  const item = { event_id: crypto.randomUUID() as string, case_id: request.caseId, version: request.version }
  const part = {
    request: request.id,
    case_id: request.caseId,
    version: request.version,
    verdicts: Object.fromEntries(request.asked.map((field) => [field, filled.verdicts[field]])),
    remark: filled.remark.trim(),
    answered_at: new Date().toISOString(),
  }
  return { ...item, sealed: await sealPart(part, keys.signing, reader, answeredContext(keys.department, item)) }
}

/** What was sealed and is not known to be received: sent again it is the same, under the same id. */
export type Kept = Map<string, { of: string; item: Posted }>

/** Sends answers in batches. After each `told` hears what became of it, by request. What was sealed before
 * and is unchanged goes again as it was. */
export async function send(keys: DepartmentKeys, answers: readonly (readonly [Asked, Filled])[], kept: Kept, told: (outcomes: ReadonlyMap<string, Outcome>) => void): Promise<void> {
  const { packet } = await services()
  for (let at = 0; at < answers.length; at += BATCH) {
    const batch = answers.slice(at, at + BATCH)
    await inTurns(batch, async ([request, filled]) => {
      const of = JSON.stringify([packet.kid, filled])
      if (kept.get(request.id)?.of !== of) kept.set(request.id, { of, item: await sealAnswer(keys, packet, request, filled) })
    })
    const items = batch.map(([request]) => kept.get(request.id)!.item)
    const said = await sendPosted(keys.department, items)
    const outcomes = new Map(said.items.map((one) => [one.event_id, one]))
    told(new Map(batch.map(([request], which) => [request.id, outcomes.get(items[which]!.event_id)!])))
    // A refused one is mended first, and is another then; one that waits goes again as it is.
    for (const [which, [request]] of batch.entries()) {
      if (outcomes.get(items[which]!.event_id)?.state !== 'later') kept.delete(request.id)
    }
  }
}

function sendPosted(department: string, items: { event_id: string; case_id: string; version: number; sealed: string }[]): Promise<Answer<'verification', '/departments/answers', 'post'>> {
  return post('verification', '/departments/answers', { body: { department, items } })
}

async function inTurns<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE) await Promise.all(all.slice(at, at + AT_ONCE).map(work))
}
