/** What axe finds in a part of a page; contrast is computed in tokens.test.ts, for jsdom paints nothing. */
import axe from 'axe-core'

export async function faults(element: Element): Promise<string[]> {
  const found = await axe.run(element, {
    resultTypes: ['violations'],
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false }, 'page-has-heading-one': { enabled: false } },
  })
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`)
}
