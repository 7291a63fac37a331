/** Parcels as packets: what capture is told of a draft (`services/capture`, shapes of packets). */
import { pack } from '../gateway/client'
import { contentOf, typedOver } from './drafts'
import type { Draft, Paper } from './model'

/** Characters of pictures in one packet: sealing makes it longer by a third, twice. */
const LARGEST = 6_000_000

async function base64(content: Blob): Promise<string> {
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error ?? new Error('unreadable'))
    reader.readAsDataURL(content)
  })
  return url.slice(url.indexOf(',') + 1)
}

/** Packets of the papers that capture has not got, as many as fit into each. */
export async function packEvidence(draft: Draft): Promise<string[]> {
  const batches: Record<string, string>[][] = [[]]
  let size = 0
  for (const paper of draft.papers.filter((one) => !one.sent)) {
    const piece = await asPiece(draft.subjectId, paper)
    size += piece.content.length
    if (size > LARGEST && batches.at(-1)!.length > 0) {
      batches.push([])
      size = piece.content.length
    }
    batches.at(-1)!.push(piece)
  }
  const packets: string[] = []
  for (const pieces of batches.filter((batch) => batch.length > 0)) packets.push(await pack({ packet_id: crypto.randomUUID(), pieces }))
  return packets
}

async function asPiece(subjectId: string, paper: Paper) {
  return { subject_id: subjectId, digest: paper.digest, salt: paper.salt, media_type: paper.mediaType, kind: paper.kind, content: await base64(paper.content) }
}

/** A packet with the one record. */
export function packRecord(draft: Draft): Promise<string> {
  return pack({ packet_id: crypto.randomUUID(), made_at: new Date().toISOString(), records: [asRecord(draft)] })
}

function asRecord(draft: Draft): Record<string, unknown> {
  const { confirmation } = draft
  if (confirmation === null) throw new Error('nobody has confirmed this record')
  const content = contentOf(draft)
  const names = Object.keys(content.fields)
  const provenance = Object.fromEntries(names.map((name) => [name, draft.sources[name] ?? 'typed']))
  return {
    ...content,
    record_id: draft.id,
    subject_id: draft.subjectId,
    base_version: draft.baseVersion,
    provenance,
    evidence: draft.papers.map(({ digest, kind }) => ({ digest, kind })),
    salt: confirmation.salt,
    signature: {
      kind: confirmation.kind,
      digest: confirmation.digest,
      trace: confirmation.trace,
      signature_id: confirmation.signatureId,
      trace_salt: confirmation.traceSalt,
      ...(confirmation.signer ? { signer: confirmation.signer } : {}),
    },
    ...(draft.interpreter ? { interpreter: draft.interpreter } : {}),
    ...asReading(draft, names.filter((name) => provenance[name] === 'chip')),
    collected_at: confirmation.capturedAt,
    ...(draft.isNew ? { origin: 'new' } : {}),
  }
}

/** Only what opens the values that are given, as read or as typed over, goes out. */
function asReading(draft: Draft, read: readonly string[]): Record<string, unknown> {
  const over = typedOver(draft)
  const opened = [...read, ...Object.keys(over)]
  if (draft.reading === null || opened.length === 0) return {}
  const { reading } = draft.reading
  const salts = Object.fromEntries(opened.map((name) => [name, reading.salts[name]]))
  return { reading: { ...reading, salts, ...(opened.length > read.length ? { typed_over: over } : {}) } }
}
