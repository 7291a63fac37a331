/** The figures of an area, asked for together, so that they are of one moment as nearly as can be. */
import { get, loadCampaign, useCampaign, useResource } from '@muster/ui'

export function useFigures(area: () => string) {
  const { levelOf } = useCampaign()
  return useResource(async (signal) => {
    const query = { area: area() }
    await loadCampaign()
    // The area's own level: one row, where the villages would be thousands.
    const level = levelOf(query.area)
    const [progress, problems, ledger, waiting] = await Promise.all([
      get('reporting', '/progress', { query, signal }),
      get('reporting', '/problems', { query, signal }),
      get('reporting', '/ledger', { query: { ...query, level }, signal }),
      get('reporting', '/waiting', { query, signal }),
    ])
    return { progress, problems, ledger, waiting }
  })
}
