/** What became of the extracts that departments supplied for the comparison. */
import { get, post, type Answer } from '@muster/ui'
import type { DepartmentKeys } from './keyfile'
import { signAndSeal } from './packets'

export type Extract = Answer<'crosscheck', '/extracts', 'get'>['items'][number]

/** Those of the department whose keys these are: the question is signed with them, so that the cross-check
 * knows who asks; an account says only that somebody is an officer of some department. */
export async function ownExtracts(keys: DepartmentKeys, signal: AbortSignal): Promise<readonly Extract[]> {
  const { packet } = await get('crosscheck', '/public-keys', { signal })
  const question = await signAndSeal({ asks: 'extracts' }, keys.signing, packet[0]!)
  const { items } = await post('crosscheck', '/extracts/own', { body: { packet: question }, signal })
  return items.filter((one) => one.department === keys.department)
}
