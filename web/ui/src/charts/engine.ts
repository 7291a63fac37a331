/** ECharts, only the kinds in use. Drawn as SVG: sharp on paper and on walls. */
import { BarChart, LineChart } from 'echarts/charts'
import { AriaComponent, GridComponent, MarkLineComponent } from 'echarts/components'
import { init, use, type EChartsType } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, LineChart, GridComponent, MarkLineComponent, AriaComponent, SVGRenderer])

export { init, type EChartsType }
