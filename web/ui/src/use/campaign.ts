/** The campaign's own words: its form, its departments, its areas. Read once per page load. */
import { computed, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { get, type Answer } from '../api/client'
import type { Language } from '../format/numbers'

export type Profile = Answer<'capture', '/profile', 'get'>
export type Areas = Answer<'capture', '/areas', 'get'>
export type Area = Areas['areas'][number]
export type Field = Profile['fields'][number]

const profile = shallowRef<Profile | null>(null)
const areas = shallowRef<Areas | null>(null)
let loading: Promise<void> | null = null

const byCode = computed(() => new Map(areas.value?.areas.map((area) => [area.code, area])))
const fieldsById = computed(() => new Map(profile.value?.fields.map((field) => [field.id, field])))
const children = computed(() => {
  const found = new Map<string, Area[]>()
  for (const area of areas.value?.areas ?? []) {
    if (area.parent === null) continue
    const held = found.get(area.parent)
    if (held) held.push(area)
    else found.set(area.parent, [area])
  }
  return found
})

/** Loads both once; a failed load may be tried again. */
export function loadCampaign(): Promise<void> {
  loading ??= Promise.all([get('capture', '/profile'), get('capture', '/areas')])
    .then(([form, tree]) => {
      profile.value = form
      areas.value = tree
    })
    .catch((error: unknown) => {
      loading = null
      throw error
    })
  return loading
}

/** The form as it was loaded, for what is no component; null before that. */
export function loadedProfile(): Profile | null {
  return profile.value
}

/** Those that another window of this application has loaded, or what it gives of them. */
export function takeCampaign(form: Profile, tree: Areas): void {
  profile.value = form
  areas.value = tree
}

/** Areas that come from no service, where there is none: the pages of the design system. */
export function holdAreas(tree: Areas): void {
  areas.value = tree
}

/** Forgets them. */
export function forgetCampaign(): void {
  profile.value = areas.value = null
  loading = null
}

interface Words {
  zh: string
  en: string
}

/** What a finding or a reason may be about beside a field of the form. */
export const PLACES = ['categories', 'evidence', 'record'] as const

export function useCampaign() {
  const { locale, t } = useI18n()
  const language = computed(() => locale.value as Language)
  const said = (words: Words | undefined, otherwise: string) => words?.[language.value] ?? otherwise
  const of = (list: readonly (Words & { id: string })[] | undefined, id: string) =>
    said(
      list?.find((one) => one.id === id),
      id,
    )

  /** The area and what lies above it, the widest first. */
  function path(code: string): Area[] {
    const found: Area[] = []
    for (let area = byCode.value.get(code); area; area = area.parent === null ? undefined : byCode.value.get(area.parent)) {
      found.unshift(area)
    }
    return found
  }

  return {
    profile,
    areas,
    language,
    said,
    path,
    field: (id: string) => said(fieldsById.value.get(id), id),
    fieldOf: (id: string) => fieldsById.value.get(id),
    /** What a finding or a reason is about: a field, one of `PLACES`, or a kind of paper. */
    about: (id: string) => (PLACES.some((place) => place === id) ? t(`reason.place.${id}`) : said(fieldsById.value.get(id), of(profile.value?.papers, id))),
    /** Why a reviewer sends a record back: the list's words, and their own. */
    because: (reason: Words & { text: string }) => said(reason, '') + (reason.text ? t('reason.said', { text: reason.text }) : ''),
    category: (id: string) => of(profile.value?.categories, id),
    department: (id: string) => of(profile.value?.departments, id),
    departmentOf: (id: string) => profile.value?.departments.find((one) => one.id === id),
    paper: (id: string) => of(profile.value?.papers, id),
    desk: (id: string) => of(profile.value?.review_desks, id),
    section: (id: string) => of(profile.value?.sections, id),
    areaOf: (code: string) => byCode.value.get(code),
    /** The level by which figures of this area are one row; above counties that is the county. */
    levelOf(code: string): 'village' | 'township' | 'county' {
      const level = byCode.value.get(code)?.level
      return level === 'village' || level === 'township' ? level : 'county'
    },
    areaName: (code: string) => byCode.value.get(code)?.name ?? code,
    below: (code: string) => children.value.get(code) ?? [],
    /** Township and village, as places are named on lists. */
    place: (code: string) =>
      path(code)
        .filter((area) => area.level === 'township' || area.level === 'village')
        .map((area) => area.name)
        .join(' ') || (byCode.value.get(code)?.name ?? code),
    /** Whether one code lies at or below another. */
    within: (code: string, ancestor: string) => code === ancestor || path(code).some((area) => area.code === ancestor),
    /** A value of a record in words: an option's name, an area's, yes or no. */
    value(id: string, value: unknown): string | null {
      const field = fieldsById.value.get(id)
      if (value === null || value === undefined || value === '') return null
      if (typeof value === 'boolean') return t(value ? 'value.yes' : 'value.no')
      if (Array.isArray(value)) return value.map((one) => of(field?.options, String(one))).join(t('value.comma'))
      if (field?.type === 'code' || field?.type === 'choice') return of(field.options, String(value))
      if (field?.type === 'area') return path(String(value)).map((area) => area.name).join('') || String(value)
      return String(value)
    },
  }
}
