/** The address of a picture that is here, for as long as it is shown. */
import { onScopeDispose, ref, watch, type Ref } from 'vue'

export function usePicture(blob: () => Blob | null): Readonly<Ref<string | null>> {
  const at = ref<string | null>(null)
  const forget = () => at.value !== null && URL.revokeObjectURL(at.value)
  watch(
    blob,
    (found) => {
      forget()
      at.value = found === null ? null : URL.createObjectURL(found)
    },
    { immediate: true },
  )
  onScopeDispose(forget)
  return at
}
