/** Papers of a draft: made here, or kept from an earlier version. */
import { evidenceDigest, newId, newSalt, type Need } from '@muster/ui/forms'
import type { Draft, Known, Paper } from '../work/model'
import { bytesOf } from './picture'

/** The kind of the person's own photo, of which there is one. */
export const PORTRAIT_KIND = 'portrait'
/** Pieces that a record may name. */
export const PAPERS_LIMIT = 100

export async function makePaper(kind: string, content: Blob): Promise<Paper> {
  const salt = newSalt()
  const digest = await evidenceDigest(await bytesOf(content), content.type, salt)
  return { id: newId(), kind, mediaType: content.type, content, salt, digest, sent: false }
}

/** What the newest version of a known person names. Capture has the bytes and the salt; a record names a
 * piece by digest and kind alone, so `content` stays empty here. */
export function earlierPapers(known: Known | null): Paper[] {
  const named = (known?.record as { evidence?: unknown } | null | undefined)?.evidence
  if (!Array.isArray(named)) return []
  return (named as { digest: string; kind: string; media_type: string }[]).map(({ digest, kind, media_type }) => ({
    id: digest,
    kind,
    mediaType: media_type,
    content: new Blob([]),
    salt: '',
    digest,
    sent: true,
  }))
}

/** Whether its bytes are here; those of an earlier version are fetched when they are looked at. */
export function isHere(paper: Paper): boolean {
  return paper.content.size > 0
}

/** A draft with other papers. What was signed named the papers, so it is void. */
function withPapers(draft: Draft, papers: Paper[]): Draft {
  return { ...draft, papers, confirmation: null, changedAt: new Date().toISOString() }
}

/** Puts a paper in the place of another, or beside the others; of photos of the person the newest stays. */
export function added(draft: Draft, paper: Paper, instead?: string): Draft {
  const at = draft.papers.findIndex((one) => one.id === instead || (paper.kind === PORTRAIT_KIND && one.kind === PORTRAIT_KIND))
  const papers = at < 0 ? [...draft.papers, paper] : draft.papers.map((one, place) => (place === at ? paper : one))
  return withPapers(draft, papers)
}

export function removed(draft: Draft, id: string): Draft {
  return withPapers(draft, draft.papers.filter((one) => one.id !== id))
}

/** One need with the papers that meet it. */
export interface Row {
  need: Need
  papers: Paper[]
}

/** What must be there, what is only asked for, and papers that nothing asks for. */
export function arranged(needs: readonly Need[], papers: readonly Paper[]): { must: Row[]; may: Row[]; others: Paper[] } {
  const rows = needs.map((need) => ({ need, papers: papers.filter((paper) => need.one_of.some((one) => one.id === paper.kind)) }))
  const placed = new Set(rows.flatMap((row) => row.papers))
  return {
    must: rows.filter((row) => row.need.severity === 'refuse'),
    may: rows.filter((row) => row.need.severity !== 'refuse'),
    others: papers.filter((paper) => !placed.has(paper)),
  }
}
