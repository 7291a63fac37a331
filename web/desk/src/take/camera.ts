/** The computer's camera, on as long as it is looked at and no longer. */
import { onScopeDispose, ref, shallowRef, type Ref } from 'vue'

/** `busy`: another program has it, or it was pulled out. */
export type CameraState = 'off' | 'asking' | 'live' | 'refused' | 'none' | 'busy'

const REASONS: Record<string, CameraState> = { NotAllowedError: 'refused', SecurityError: 'refused', NotFoundError: 'none', OverconstrainedError: 'none' }

/** Before its first picture is there, nothing can be taken of a stream. */
async function firstPicture(video: HTMLVideoElement): Promise<void> {
  if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) return
  await new Promise((resolve) => video.addEventListener('loadeddata', resolve, { once: true }))
}

/** Which one was chosen, until the page is left. */
const chosen = ref('')

export function useCamera(video: Readonly<Ref<HTMLVideoElement | null>>) {
  const state = ref<CameraState>('off')
  const devices = shallowRef<MediaDeviceInfo[]>([])
  let stream: MediaStream | null = null
  let turn = 0

  function release(): void {
    stream?.getTracks().forEach((track) => track.stop())
    stream = null
    if (video.value) video.value.srcObject = null
  }

  function stop(): void {
    turn += 1
    release()
    state.value = 'off'
  }

  async function start(): Promise<void> {
    stop()
    const mine = turn
    // Undefined where pages do not come over TLS or from this computer.
    const media = navigator.mediaDevices as MediaDevices | undefined
    if (!media?.getUserMedia) {
      state.value = 'none'
      return
    }
    state.value = 'asking'
    try {
      const wanted = { width: { ideal: 3840 }, height: { ideal: 2160 }, ...(chosen.value ? { deviceId: { ideal: chosen.value } } : {}) }
      const found = await media.getUserMedia({ audio: false, video: wanted })
      // Closed or asked anew while the browser asked for permission.
      if (mine !== turn) return found.getTracks().forEach((track) => track.stop())
      stream = found
      for (const track of found.getVideoTracks()) track.onended = () => mine === turn && fail('busy')
      if (video.value) {
        video.value.srcObject = found
        await firstPicture(video.value)
        if (mine !== turn) return
      }
      state.value = 'live'
      devices.value = (await media.enumerateDevices()).filter((one) => one.kind === 'videoinput')
    } catch (error) {
      if (mine === turn) fail(REASONS[(error as DOMException).name] ?? 'busy')
    }
  }

  function fail(why: CameraState): void {
    release()
    state.value = why
  }

  function choose(id: string): Promise<void> {
    chosen.value = id
    return start()
  }

  onScopeDispose(stop)
  return { state, devices, chosen, start, stop, choose }
}
