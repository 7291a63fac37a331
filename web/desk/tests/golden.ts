/** Campaigns and records as the server's own tests have them (tests/contracts/golden). */
import { createWords, forgetCampaign, loadCampaign, type Language, type Profile, type Areas } from '@muster/ui'
import type { FieldValue } from '@muster/ui/forms'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { CardReading } from '../src/gateway/client'
import type { Known } from '../src/work/model'
import en from '../src/words/en.json'
import zh from '../src/words/zh.json'

// jsdom draws and scrolls nothing, and would say so.
HTMLCanvasElement.prototype.getContext = () => null
globalThis.CSS ??= { escape: (text: string) => text } as typeof CSS
Element.prototype.scrollIntoView = () => undefined

export const PROFILES = ['tongren', 'loudi', 'everything'] as const

export interface Golden {
  today: string
  profile: Profile
  areas: Areas
  bases: { categories: string[]; fields: Record<string, FieldValue>; papers: string[] }[]
}

export function golden(name: (typeof PROFILES)[number]): Golden {
  const text = readFileSync(join(import.meta.dirname, '../../../tests/contracts/golden', `${name}.json`), 'utf8')
  // No file holds a literal resident number: long runs of digits are kept with a ~ in them.
  return JSON.parse(text.replaceAll('~', '')) as Golden
}

type Answer = unknown | ((body: unknown) => unknown)
export const requests: { line: string; body: unknown }[] = []

/** Answers by `METHOD path`, of services and of the gateway; a path that nobody expects gets no answer. */
export function serve(campaign: Golden, answers: Record<string, Answer> = {}): void {
  requests.length = 0
  const all: Record<string, Answer> = {
    'GET /api/access/session': { account_id: 'me', username: 'me', grants: [{ role: 'collector', area: campaign.areas.granted[0] }], expires_at: '2099-01-01T00:00:00Z' },
    'GET /api/capture/profile': campaign.profile,
    'GET /api/capture/areas': campaign.areas,
    ...answers,
  }
  vi.stubGlobal(
    'fetch',
    vi.fn(async (input: string, how: RequestInit) => {
      const line = `${how.method} ${new URL(input, 'http://here').pathname}`
      const body: unknown = how.body ? JSON.parse(String(how.body)) : undefined
      requests.push({ line, body })
      const found = all[line]
      if (found === undefined) throw new TypeError(`nobody answers ${line}`)
      const made = await (typeof found === 'function' ? (found as (body: unknown) => unknown)(body) : found)
      return made instanceof Response ? made : new Response(JSON.stringify(made), { headers: { 'content-type': 'application/json' } })
    }),
  )
}

export function refusal(status: number, rule: string, words: string): Response {
  const body = { type: 'urn:muster:problem:conflict', status, reasons: [{ field: 'card', rule, zh: words, en: 'No.' }], trace_id: 'trace' }
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } })
}

export async function campaign(name: (typeof PROFILES)[number], answers: Record<string, Answer> = {}): Promise<Golden> {
  const found = golden(name)
  serve(found, answers)
  forgetCampaign()
  await loadCampaign()
  return found
}

export const words = (language: Language = 'zh') => createWords({ zh, en }, language)

export const SUBJECT = '11111111-1111-4111-8111-111111111111'

/** Somebody whom the baseline names with these values. */
export function known(fields: Record<string, FieldValue>, more: Partial<Known> = {}): Known {
  return {
    known: true, elsewhere: false, subject_id: SUBJECT, version: 0, revision: 1, merged_into: null, record: null, review: null,
    entries: [{ village: String(fields.household_area), origin: 'baseline', state: 'open' }],
    baseline: { categories: [], fields }, ...more,
  }
}

export function reading(fields: Record<string, string>): CardReading {
  const each = (value: string) => Object.fromEntries(Object.keys(fields).map((name) => [name, value]))
  return {
    reading: { reading_id: '22222222-2222-4222-8222-222222222222', card: 'resident', salt: 'a'.repeat(64), hashes: each(`sha256:${'b'.repeat(64)}`), salts: each('c'.repeat(64)) },
    fields, reader_id: 'reader', read_at: '2026-11-30T02:00:00Z',
  }
}
