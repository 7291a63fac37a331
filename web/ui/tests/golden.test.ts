/** The form's rules here and on the server say the same: what Python wrote down, case by case
    (tests/contracts/forms_golden.py; R22-R28). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  canonical,
  evidenceDigest,
  FormRules,
  LEFT_TO_SERVER,
  parseNumber,
  recordDigest,
  tidy,
  type AreasAnswer,
  type Content,
  type FormRecord,
  type Profile,
  type Reason,
} from '../src/forms'

interface Base extends Content {
  papers: string[]
}
interface Case extends Partial<Base> {
  of: number
  put?: Content['fields']
  drop?: string[]
  reasons: string[]
}
interface Golden {
  today: string
  profile: Profile
  areas: AreasAnswer
  sets: { rules: string[]; sets: number[] }[]
  bases: Base[]
  cases: Case[]
  words: Record<string, [string, string]>
}
interface Common {
  records: { record: FormRecord; evidence: string[]; record_id: string; salt: string; digest: string | null }[]
  evidence: { hex: string; times: number; media_type: string; salt: string; digest: string }[]
  canonical: { value: unknown; canonical: string | null }[]
  numbers: { text: string; read: unknown }[]
  tidy: { field: string; text: string; value: unknown }[]
}

function read<T>(name: string): T {
  const text = readFileSync(join(import.meta.dirname, '../../../tests/contracts/golden', `${name}.json`), 'utf8')
  // No file holds a literal resident number: long runs of digits are kept with a ~ in them.
  return JSON.parse(text.replaceAll('~', '')) as T
}

const short = (reason: Reason) => `${reason.field} ${reason.rule} ${reason.severity}`

describe.each(['tongren', 'loudi', 'everything'])('the form of %s', (name) => {
  const golden = read<Golden>(name)
  const { profile, today } = golden
  const rules = new FormRules(profile, golden.areas)
  const ids = profile.categories.map((category) => category.id)
  const chosen = (set: number) => ids.filter((_, place) => (set >> place) & 1)
  const legal = new Set(golden.sets.find((one) => one.rules.length === 0)?.sets)
  const refusing = new Set(profile.rules.filter((rule) => rule.severity === 'refuse').map((rule) => rule.id))

  function content(one: Case): Content {
    const base = golden.bases[one.of]!
    const kept = Object.entries(base.fields).filter(([id]) => !one.drop?.includes(id))
    return { categories: one.categories ?? base.categories, fields: { ...Object.fromEntries(kept), ...one.put } }
  }

  it('judges every set of categories alike', () => {
    expect(golden.sets.flatMap((one) => one.sets)).toHaveLength(2 ** ids.length - 1)
    for (const { rules: broken, sets } of golden.sets) {
      for (const set of sets) {
        expect(rules.checkCategories(chosen(set)).map((reason) => reason.rule), String(chosen(set))).toEqual(broken)
      }
    }
    expect(legal.size).toBeGreaterThan(20)
  })

  it('forbids a tick exactly where no further ticks lead to an allowed set', () => {
    const usable = golden.sets.filter((one) => !one.rules.some((rule) => refusing.has(rule))).flatMap((one) => one.sets)
    const open = (set: number) => usable.some((whole) => (whole & set) === set)
    for (const set of [0, ...golden.sets.flatMap((one) => one.sets)].filter(open)) {
      ids.forEach((id, place) => {
        if ((set >> place) & 1) return
        const { allowed, reason, blockers } = rules.category(id, chosen(set))
        expect(allowed, `${id} on ${chosen(set)}`).toBe(open(set | (1 << place)))
        expect(reason === null).toBe(allowed)
        // The ticks named make room, and none of them needlessly.
        const rest = (left: string[]) => left.reduce((sum, one) => sum - (1 << ids.indexOf(one)), set | (1 << place))
        expect(open(rest(blockers))).toBe(true)
        for (const one of blockers) expect(open(rest(blockers.filter((other) => other !== one)))).toBe(false)
      })
    }
  })

  it('finds the same in every record, in the same order', () => {
    const left = new Set(profile.rules.filter((rule) => LEFT_TO_SERVER.includes(rule.kind)).map((rule) => rule.id))
    for (const one of golden.cases) {
      const found = rules.check(content(one), today, one.papers ?? golden.bases[one.of]!.papers)
      const wanted = one.reasons.filter((reason) => !left.has(reason.split(' ')[1]!))
      expect(found.map(short), JSON.stringify(one)).toEqual(wanted)
      for (const { field, rule, zh, en } of found) expect([zh, en]).toEqual(golden.words[`${field} ${rule}`])
    }
  })

  it('meets every kind of rule that it judges, and names each that it does not', () => {
    const broken = new Set(golden.cases.flatMap((one) => one.reasons.map((reason) => reason.split(' ')[1])))
    const sets = new Set(golden.sets.flatMap((one) => one.rules))
    const never = profile.rules.filter((rule) => !broken.has(rule.id) && !sets.has(rule.id)).map((rule) => rule.id)
    expect(never).toEqual(name === 'everything' ? ['mission-of-children'] : [])
  })

  it('judges one field as it judges the record', () => {
    for (const one of golden.cases) {
      const { categories, fields } = content(one)
      const about = new Map(rules.check({ categories, fields }, today).map((reason) => [reason.field, reason]))
      for (const field of rules.fieldsFor(categories)) {
        if (!Object.hasOwn(fields, field.id)) continue
        const reason = rules.checkField(field, fields[field.id]!, today)
        if (reason) expect(about.get(field.id)).toEqual(reason)
      }
    }
  })

  it('asks by section, in the order of the form', () => {
    for (const { categories, fields } of golden.bases) {
      const asked = rules.fieldsFor(categories)
      expect(Object.keys(fields).every((id) => asked.some((field) => field.id === id))).toBe(true)
      expect(new Set(rules.sections(categories).flatMap((one) => one.fields))).toEqual(new Set(asked))
      const required = asked.filter((field) => rules.required(field, categories)).map((field) => field.id)
      const missing = rules.check({ categories, fields: {} }, today).filter((reason) => reason.rule === 'required')
      expect(missing.map((reason) => reason.field)).toEqual(required)
    }
  })

  it('names the papers that are missing as the check does', () => {
    for (const one of golden.cases) {
      const papers = one.papers ?? golden.bases[one.of]!.papers
      if (one.reasons.some((reason) => reason.startsWith('categories'))) continue
      const needs = rules.evidenceFor(content(one), papers)
      const missing = one.reasons.filter((reason) => reason.startsWith('evidence'))
      expect(needs.filter((need) => !need.met).map((need) => `evidence ${need.id} ${need.severity}`)).toEqual(missing)
      expect(needs.every((need) => need.one_of.length > 0)).toBe(true)
    }
  })
})

describe('without a profile', () => {
  const golden = read<Common>('common')

  it.each(golden.canonical)('writes $canonical', ({ value, canonical: wanted }) => {
    if (wanted === null) expect(() => canonical(value)).toThrow()
    else expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(canonical(value))).toBe(wanted)
  })

  it('makes the same digest of a record, or none', async () => {
    for (const { record, evidence, record_id, salt, digest } of golden.records) {
      const made = recordDigest(record, evidence, record_id, salt)
      if (digest === null) await expect(made, JSON.stringify(record)).rejects.toThrow()
      else await expect(made).resolves.toBe(digest)
    }
  })

  it('makes the same digest of a paper', async () => {
    for (const { hex, times, media_type, salt, digest } of golden.evidence) {
      const once = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))
      const content = new Uint8Array(once.length * times)
      for (let at = 0; at < times; at += 1) content.set(once, at * once.length)
      await expect(evidenceDigest(content, media_type, salt)).resolves.toBe(digest)
    }
  })

  it('reads the same in a resident number', () => {
    for (const { text, read: wanted } of golden.numbers) expect(parseNumber(text), text).toEqual(wanted)
  })

  it('takes the same noise from what is typed as from a baseline', () => {
    const fields = new Map(read<Golden>('everything').profile.fields.map((field) => [field.id, field]))
    for (const { field, text, value } of golden.tidy) {
      expect(tidy(fields.get(field)!, text), text).toEqual(value)
    }
  })
})
