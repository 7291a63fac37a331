/** A county that is no real one, for everything that shows areas and figures. */
import { holdAreas, useCampaign } from '@muster/ui'
import { watch } from 'vue'
import { useI18n } from 'vue-i18n'

export const COUNTY = 'county'
const TOWNS = 6
const VILLAGES = 8

export interface Place {
  code: string
  name: string
  expected: number
  collected: number
  open: number
  returned: number
}

/** The same figures each time: nothing here is counted, and nothing is by chance. */
function figures(at: number, size: number): Omit<Place, 'code' | 'name'> {
  const expected = size + ((at * 7919) % size)
  const open = (at * 104_729) % Math.ceil(expected / 3)
  return { expected, open, collected: expected - open, returned: (at * 31) % 7 }
}

export function useSample() {
  const { t, locale } = useI18n()
  const { areas } = useCampaign()
  const name = (level: 'town' | 'village', at: number) => t(`sample.${level}`, { n: at + 1 })

  function places(level: 'town' | 'village', length: number): Place[] {
    return Array.from({ length }, (_, at) => ({ code: `${level}-${at}`, name: name(level, at), ...figures(at, level === 'town' ? 240 : 30) }))
  }

  /** Holds the county in the language of the page, as a service would give it. */
  function useAreas() {
    const draw = () =>
      holdAreas({
        root: COUNTY,
        granted: [COUNTY],
        areas: [
          { code: 'city', parent: null, level: 'city', name: t('sample.city') },
          { code: COUNTY, parent: 'city', level: 'county', name: t('sample.county') },
          ...Array.from({ length: TOWNS }, (_, town) => [
            { code: `town-${town}`, parent: COUNTY, level: 'township' as const, name: name('town', town) },
            ...Array.from({ length: VILLAGES }, (_, at) => ({ code: `town-${town}-${at}`, parent: `town-${town}`, level: 'village' as const, name: name('village', at) })),
          ]).flat(),
        ],
      })
    watch(locale, draw, { immediate: true })
    return areas
  }

  return { places, useAreas }
}
