// The least that an application of Element Plus can be: a button and an input, each fetched by itself.
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/el-button.css'
import 'element-plus/theme-chalk/el-input.css'
import { createApp } from 'vue'
import App from './App.vue'

createApp(App).mount('#app')
