/** Where a desk keeps what it works on. Pages know this interface alone; one that keeps it over a
 * reload and without a network can take this one's place. */
import { readonly, shallowReactive } from 'vue'
import type { Draft, Parcel } from './model'

export interface DeskStore {
  readonly drafts: ReadonlyMap<string, Draft>
  readonly parcels: ReadonlyMap<string, Parcel>
  saveDraft(draft: Draft): Promise<void>
  removeDraft(id: string): Promise<void>
  /** Puts a parcel in the place of its draft, in one step. */
  handIn(parcel: Parcel): Promise<void>
  saveParcel(parcel: Parcel): Promise<void>
  /** Takes a parcel back to be mended, in one step. */
  takeBack(id: string, draft: Draft): Promise<void>
  removeParcel(id: string): Promise<void>
}

/** Keeps everything in this page's memory: nothing personal is written anywhere, and nothing outlives
 * the page. */
export function createMemoryStore(): DeskStore {
  const drafts = shallowReactive(new Map<string, Draft>())
  const parcels = shallowReactive(new Map<string, Parcel>())
  return {
    drafts: readonly(drafts) as ReadonlyMap<string, Draft>,
    parcels: readonly(parcels) as ReadonlyMap<string, Parcel>,
    saveDraft: async (draft) => void drafts.set(draft.id, draft),
    removeDraft: async (id) => void drafts.delete(id),
    handIn: async (parcel) => {
      drafts.delete(parcel.id)
      parcels.set(parcel.id, parcel)
    },
    saveParcel: async (parcel) => void parcels.set(parcel.id, parcel),
    takeBack: async (id, draft) => {
      parcels.delete(id)
      drafts.set(draft.id, draft)
    },
    removeParcel: async (id) => void parcels.delete(id),
  }
}

export const store: DeskStore = createMemoryStore()
