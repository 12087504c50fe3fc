// The parts of Apache ECharts that the report uses: lines and points, read, chosen and zoomed.
import { use, init } from "echarts/core";
import { LineChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent, DatasetComponent, DataZoomComponent, GridComponent, TooltipComponent,
} from "echarts/components";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";

use([
  LineChart, ScatterChart,
  AriaComponent, DatasetComponent, DataZoomComponent, GridComponent, TooltipComponent,
  LabelLayout, SVGRenderer,
]);

export { init };
