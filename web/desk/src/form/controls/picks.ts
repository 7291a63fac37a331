/** What a box with a list offers, and which of it fits what was typed. */
export interface Pick {
  id: string
  label: string
  /** What is searched, in small letters. */
  words: string
}

export const SHOWN = 60

/** All of nothing; else those in which every part of the text occurs, the ones that begin with it first. */
export function fitting(picks: readonly Pick[], text: string): Pick[] {
  const parts = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (parts.length === 0) return [...picks]
  const found = picks.filter((pick) => parts.every((part) => pick.words.includes(part)))
  const first = (pick: Pick) => (pick.id === text || pick.label.toLowerCase().startsWith(parts[0]!) ? 0 : 1)
  return found.sort((one, other) => first(one) - first(other))
}
