/** What the screen that faces the person is given: all that it shows, and no more. */
import type { Area, Areas, Language, Profile } from '@muster/ui'
import type { FormRecord } from '@muster/ui/forms'
import type { SignatureKind } from '../gateway/client'
import type { Draft } from '../work/model'
import type { Sheet } from './protocol'

interface Shown {
  draft: Draft
  content: FormRecord
  salt: string
  kind: SignatureKind
  language: Language
  changed: boolean
}

export function sheetOf({ draft, content, salt, kind, language, changed }: Shown, profile: Profile, areas: Areas): Sheet {
  return {
    recordId: draft.id,
    salt,
    // What a page watches cannot go to another window; a record is plain JSON.
    content: JSON.parse(JSON.stringify(content)) as FormRecord,
    papers: draft.papers.map((one) => ({ kind: one.kind, digest: one.digest })),
    kind,
    language,
    changed,
    profile,
    areas: { ...areas, areas: named(content, profile, areas) },
  }
}

/** Only those that stand in the record, and what lies above them: a province has very many. */
function named(content: FormRecord, profile: Profile, { areas }: Areas): Area[] {
  const byCode = new Map(areas.map((area) => [area.code, area]))
  const found = new Set<Area>()
  for (const field of profile.fields) {
    const held = content.fields[field.id]
    if (field.type !== 'area' || typeof held !== 'string') continue
    for (let area = byCode.get(held); area; area = area.parent === null ? undefined : byCode.get(area.parent)) found.add(area)
  }
  return [...found]
}
