export { default as ChartBox } from './ChartBox.vue'
export { default as ChartPanel } from './ChartPanel.vue'
export * from './options'
export { save } from './saving'
