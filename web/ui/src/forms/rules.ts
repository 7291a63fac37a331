/** A campaign's form and its rules, as the server judges by them (`muster.forms.checking`): the same
    findings in the same order and the same words. */
import { tickable, type Tick } from './categories'
import { holds, keeps, type Facts } from './kinds'
import type { AreasAnswer, Content, Field, FieldValue, Label, Need, Profile, Reason, Rule, Severity } from './types'
import { Areas, brokenRule } from './values'

const CATEGORIES = 'categories'
const ANY_DAY = '9999-12-31'

/** Made once per profile and sign-in. Areas are those that the account sees: an area elsewhere in the
    campaign is an unknown one here. */
export class FormRules {
  private readonly areas: Areas
  private readonly fields: ReadonlyMap<string, Field>
  private readonly papers: ReadonlyMap<string, Label>
  private readonly words: ReadonlyMap<string, { zh: string; en: string }>
  private readonly setRules: readonly Rule[]
  private readonly fieldRules: readonly Rule[]

  constructor(
    readonly profile: Profile,
    areas: AreasAnswer,
  ) {
    this.areas = new Areas(areas)
    this.fields = new Map(profile.fields.map((field) => [field.id, field]))
    this.papers = new Map(profile.papers.map((paper) => [paper.id, paper]))
    this.words = new Map(profile.findings.map((finding) => [finding.rule, finding]))
    this.setRules = profile.rules.filter((rule) => rule.field === CATEGORIES)
    this.fieldRules = profile.rules.filter((rule) => rule.field !== CATEGORIES)
  }

  /** What a person of these categories is asked, in the order of the form. */
  fieldsFor(categories: readonly string[]): Field[] {
    const chosen = new Set(categories)
    return this.profile.fields.filter((field) => asked(field, chosen))
  }

  /** The same by section; a section without a field is left out. */
  sections(categories: readonly string[]): { section: Label; fields: Field[] }[] {
    const fields = this.fieldsFor(categories)
    return this.profile.sections
      .map((section) => ({ section, fields: fields.filter((field) => field.section === section.id) }))
      .filter((one) => one.fields.length > 0)
  }

  /** By category alone; a rule may ask for more (`required-when`). */
  required(field: Field, categories: readonly string[]): boolean {
    return field.required.some((id) => categories.includes(id))
  }

  /** What must be shown, and, of the kinds of papers that are held, whether it is. */
  evidenceFor(content: Content, papers?: readonly string[]): Need[] {
    const chosen = new Set(content.categories)
    const facts = this.facts(content, this.fieldReasons(content.fields, chosen, ANY_DAY), ANY_DAY)
    return this.needs(facts).map(({ id, zh, en, one_of, severity }) => ({
      id,
      zh,
      en,
      severity,
      one_of: one_of.flatMap((paper) => this.papers.get(paper) ?? []),
      ...(papers && { met: one_of.some((paper) => papers.includes(paper)) }),
    }))
  }

  /** Whether this category may be ticked on top of `chosen`: a set that can still become an allowed one
      by further ticks forbids nothing. Otherwise the rule against it, and the fewest ticks to remove. */
  category(id: string, chosen: readonly string[]): { allowed: boolean; reason: Reason | null; blockers: string[] } {
    if (!this.known([id])) return { allowed: false, reason: this.finding('unknown-category', CATEGORIES), blockers: [] }
    const held = this.inOrder(chosen.filter((one) => one !== id))
    const { rule, blockers }: Tick = tickable(this.setRules, id, held)
    return { allowed: rule === null, reason: rule && said(rule), blockers }
  }

  /** Empty for a set that the notice allows. */
  checkCategories(chosen: readonly string[]): Reason[] {
    if (chosen.length === 0) return [this.finding('categories-required', CATEGORIES)]
    if (!this.known(chosen)) return [this.finding('unknown-category', CATEGORIES)]
    return broken(this.setRules, { ...NOTHING, categories: new Set(chosen) })
  }

  /** The form of one value, whatever else is filled in. Without `today` a number may be of any day. */
  checkField(field: Field, value: FieldValue, today = ANY_DAY): Reason | null {
    const rule = brokenRule(field, value, this.areas, today)
    return rule ? this.finding(rule, field.id, field) : null
  }

  /** Everything wrong or doubtful, in the order in which the server gives it. `papers` are the kinds
      held; without them evidence is left out of the question. `today` as ISO text. */
  check(content: Content, today: string, papers?: readonly string[]): Reason[] {
    const chosen = new Set(content.categories)
    const usable = chosen.size > 0 && this.known(content.categories)
    const reasons = [
      ...this.checkCategories(content.categories),
      ...this.fieldReasons(content.fields, usable ? chosen : null, today),
    ]
    const facts = this.facts(content, reasons, today)
    reasons.push(...broken(this.fieldRules, facts))
    if (papers) {
      const missing = this.needs(facts).filter((need) => !need.one_of.some((paper) => papers.includes(paper)))
      reasons.push(...missing.map((need) => this.finding('evidence', 'evidence', need, need.id, need.severity)))
    }
    return reasons
  }

  /** The fields with a value that were asked of the categories before and no more of those after. */
  leaving(before: readonly string[], after: readonly string[], fields: Content['fields']): string[] {
    const stays = new Set(this.fieldsFor(after))
    return this.fieldsFor(before)
      .filter((field) => Object.hasOwn(fields, field.id) && !stays.has(field))
      .map((field) => field.id)
  }

  private known(categories: readonly string[]): boolean {
    return categories.every((id) => this.profile.categories.some((category) => category.id === id))
  }

  private inOrder(categories: readonly string[]): string[] {
    return this.profile.categories.map((category) => category.id).filter((id) => categories.includes(id))
  }

  /** `categories` is null where they are not known well enough to say what is asked. */
  private fieldReasons(values: Content['fields'], categories: ReadonlySet<string> | null, today: string): Reason[] {
    // A name that no form has may be anybody's: it is not told.
    const unknown = Object.keys(values).some((id) => !this.fields.has(id))
    const reasons = unknown ? [this.finding('unknown-field', 'record')] : []
    for (const field of this.profile.fields) {
      const rule = this.fieldRule(field, values, categories, today)
      if (rule) reasons.push(this.finding(rule, field.id, field))
    }
    return reasons
  }

  private fieldRule(field: Field, values: Content['fields'], categories: ReadonlySet<string> | null, today: string): string | null {
    if (!Object.hasOwn(values, field.id)) return categories && this.required(field, [...categories]) ? 'required' : null
    if (categories && !asked(field, categories)) return 'not-for-categories'
    return brokenRule(field, values[field.id], this.areas, today)
  }

  private facts(content: Content, reasons: readonly Reason[], today: string): Facts {
    const bad = new Set(reasons.map((reason) => reason.field))
    const good = Object.entries(content.fields).filter(([id]) => this.fields.has(id) && !bad.has(id))
    const categories = new Set(content.categories)
    return {
      fields: new Map(good),
      given: new Set(Object.keys(content.fields)),
      categories,
      today,
      asked: (id) => asked(this.fields.get(id)!, categories),
    }
  }

  private needs(facts: Facts): Profile['evidence'] {
    return this.profile.evidence.filter(
      (need) => need.categories.some((id) => facts.categories.has(id)) && (need.unless === null || !holds(need.unless, facts)),
    )
  }

  private finding(
    rule: string,
    field: string,
    label: { zh: string; en: string } = { zh: '', en: '' },
    name = rule,
    severity: Severity = 'refuse',
  ): Reason {
    const { zh, en } = this.words.get(rule)!
    const sentence = en.replaceAll('{en}', () => label.en)
    return { field, rule: name, zh: zh.replaceAll('{zh}', () => label.zh), en: sentence.charAt(0).toUpperCase() + sentence.slice(1), severity }
  }
}

const NOTHING: Facts = { fields: new Map(), given: new Set(), categories: new Set(), today: '', asked: () => false }

function asked(field: Field, categories: ReadonlySet<string>): boolean {
  return field.categories.some((id) => categories.has(id))
}

function broken(rules: readonly Rule[], facts: Facts): Reason[] {
  return rules.filter((rule) => !keeps(rule, facts)).map(said)
}

function said({ field, id, zh, en, severity }: Rule): Reason {
  return { field, rule: id, zh, en, severity }
}
