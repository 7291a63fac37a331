/** Who may see which page: the services decide anew at each request; this decides what is offered. */
import type { Role } from '../session/session'

export type Some = readonly [Role, ...Role[]]

/** Roles of whom one is enough, or: everybody who is signed in, or: everybody. */
export type Rights = Some | 'signed-in' | 'public'

export function allowed(rights: Rights, roles: readonly Role[]): boolean {
  return typeof rights === 'string' || rights.some((role) => roles.includes(role))
}
