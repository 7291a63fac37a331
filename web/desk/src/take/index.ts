export { default as ConfirmStep } from './ConfirmStep.vue'
export { default as PapersPane } from './PapersPane.vue'
export { earlierPapers } from './papers'
