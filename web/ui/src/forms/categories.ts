/** Which category may be ticked on top of others, found from the rules themselves. */
import { keeps, type Facts } from './kinds'
import type { Rule } from './types'

/** The rule against a tick, null where it is allowed; and the ticks to remove for it. */
export interface Tick {
  rule: Rule | null
  blockers: string[]
}

/** `held` are the ticks without `id`, in the order of the form. Warnings forbid nothing. */
export function tickable(rules: readonly Rule[], id: string, held: readonly string[]): Tick {
  const refusing = rules.filter((rule) => rule.severity === 'refuse')
  const ticks = [...held, id]
  if (completable(refusing, ticks)) return { rule: null, blockers: [] }
  const already = broken(refusing, held)
  const added = broken(refusing, ticks).filter((rule) => !already.includes(rule))
  // What was wrong before this tick and could not be mended either is no ground against it.
  if (added.length === 0 && !completable(refusing, held)) return { rule: null, blockers: [] }
  const blockers = fewest(held, (removed) => completable(refusing, ticks.filter((one) => !removed.includes(one))))
  return { rule: added.find((rule) => mending(rule).length === 0) ?? added[0] ?? already[0] ?? null, blockers }
}

/** Whether further ticks can make this an allowed set. */
function completable(rules: readonly Rule[], ticks: readonly string[], tried = new Set<string>()): boolean {
  const name = [...ticks].sort().join(' ')
  if (tried.has(name)) return false
  tried.add(name)
  const wrong = broken(rules, ticks)
  if (wrong.length === 0) return true
  // Each broken rule must be mended in the end, so the ways to mend any one of them are all there are.
  const ways = wrong.map(mending).reduce((least, more) => (more.length < least.length ? more : least))
  return ways.some((more) => !ticks.includes(more) && completable(rules, [...ticks, more], tried))
}

/** The ticks of which one may mend a broken rule. */
function mending(rule: Rule): string[] {
  return [...(rule.kind === 'needs-one-of' ? rule.parameters.of : []), ...(rule.unless?.categories ?? [])]
}

function broken(rules: readonly Rule[], ticks: readonly string[]): Rule[] {
  const facts: Facts = { fields: new Map(), given: new Set(), categories: new Set(ticks), today: '', asked: () => false }
  return rules.filter((rule) => !keeps(rule, facts))
}

/** The smallest part of `ticks` whose removal helps; all of them where none does. */
function fewest(ticks: readonly string[], helps: (removed: readonly string[]) => boolean): string[] {
  let parts: string[][] = [[]]
  while (parts.length > 0) {
    const found = parts.find(helps)
    if (found) return found
    parts = parts.flatMap((part) => ticks.slice(part.length ? ticks.indexOf(part.at(-1)!) + 1 : 0).map((one) => [...part, one]))
  }
  return [...ticks]
}
