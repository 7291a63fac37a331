/** The first steps of the screen that faces the person. It is no page of the desk: it signs nobody in,
 * keeps no queue and asks no service and no gateway. */
import { createWords, firstLanguage, startTheme, type Language, type Words } from '@muster/ui'
import { createApp } from 'vue'
import SecondScreen from './SecondScreen.vue'

export function startSecond(own: Record<Language, Words>): void {
  startTheme()
  createApp(SecondScreen).use(createWords(own, firstLanguage())).mount('#app')
}
