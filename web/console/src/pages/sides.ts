/** Two sides of one value as they stand beside each other: in words, compared, and masked, in the review
 * and in work orders alike. */
import { differing, grouped, masked, maskedPieces, partial, useCampaign, type Piece } from '@muster/ui'

export function useSides() {
  const { fieldOf, value, language } = useCampaign()

  function words(id: string, raw: unknown): string | null {
    const found = value(id, raw)
    return found !== null && ['partial_date', 'date'].includes(fieldOf(id)?.type ?? '') ? partial(found, language.value) : found
  }

  /** One side, with what the other does not have, to be underlined; nothing to compare with is null. */
  function pieces(id: string, raw: unknown, against: unknown, shown: boolean): Piece[] {
    const [own, other] = [words(id, raw), words(id, against)]
    if (own === null) return []
    const hidden = fieldOf(id)?.sensitivity === 'sensitive' && !shown
    // Compared as they are and masked afterwards: a difference shows even where its signs do not.
    if (other !== null) return hidden ? maskedPieces(differing(own, other)) : differing(own, other)
    return [{ text: grouped(hidden ? masked(own) : own), differs: false }]
  }

  return { pieces }
}
