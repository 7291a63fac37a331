// Element Plus, only what is used, and dressed in our own colours (elements.css). Pages take it from
// here and nowhere else.
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/el-button.css'
import 'element-plus/theme-chalk/el-checkbox.css'
import 'element-plus/theme-chalk/el-dialog.css'
import 'element-plus/theme-chalk/el-input.css'
import 'element-plus/theme-chalk/el-overlay.css'

export { ElButton } from 'element-plus/es/components/button/index.mjs'
export { ElCheckbox } from 'element-plus/es/components/checkbox/index.mjs'
export { ElConfigProvider } from 'element-plus/es/components/config-provider/index.mjs'
export { ElInput } from 'element-plus/es/components/input/index.mjs'

export { default as ModalBox } from './ModalBox.vue'

export { default as elementsEn } from 'element-plus/es/locale/lang/en.mjs'
export { default as elementsZh } from 'element-plus/es/locale/lang/zh-cn.mjs'
