/** Who may see which page: the services decide anew at each request; this decides what is offered. */
import type { Role } from '@muster/ui'

type Some = readonly [Role, ...Role[]]

/** Roles of whom one is enough, or: everybody who is signed in, or: everybody. */
export type Rights = Some | 'signed-in' | 'public'

export const FIGURES: Some = ['leader', 'township_leader', 'administrator']
export const REVIEW: Some = ['civil_affairs_reviewer', 'human_resources_reviewer']
/** Who sees which work orders there are; of collectors the desk takes care. */
export const ORDERS: Some = [...FIGURES, ...REVIEW]
/** Who may open the values of one. */
export const OPEN_ORDERS: Some = ['township_leader', 'administrator', ...REVIEW]
/** Who brings files in, gives grants and looks after what runs. */
export const ADMINISTER: Some = ['administrator']
/** Who sees how the readers of their desks are. */
export const TERMINALS: Some = ['administrator', 'township_leader']

export function allowed(rights: Rights, roles: readonly Role[]): boolean {
  return typeof rights === 'string' || rights.some((role) => roles.includes(role))
}
