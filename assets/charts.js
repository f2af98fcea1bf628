// Charts from the JSON that a page carries beside each of them: <div data-chart="id of a script">.
import * as echarts from "echarts/core";
import { BarChart, LineChart, PieChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

echarts.use([BarChart, LineChart, PieChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

function draw(place) {
  const option = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  echarts.getInstanceByDom(place)?.dispose();
  const chart = echarts.init(place, null, { renderer: "svg" });
  const text = colour("--gx-quiet");
  const line = { lineStyle: { color: colour("--gx-line") } };
  for (const axis of [option.xAxis, option.yAxis]) {
    if (axis) Object.assign(axis, { axisLabel: { color: text }, splitLine: line, axisLine: line, nameTextStyle: { color: text } });
  }
  if (option.legend) option.legend.textStyle = { color: text };
  for (const series of option.series) if (series.type === "pie") series.label.color = text;
  chart.setOption({
    color: [colour("--tblr-primary"), colour("--gx-out"), "#2fb344", "#f59f00", "#ae3ec9", "#17a2b8", "#d6336c", "#74b816"],
    textStyle: { fontFamily: colour("--tblr-font-sans-serif"), color: text },
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    aria: { enabled: true },
    ...option,
  });
  new ResizeObserver(() => chart.resize()).observe(place);
}

function drawAll() {
  for (const place of document.querySelectorAll("[data-chart]")) draw(place);
}

document.addEventListener("DOMContentLoaded", drawAll);
document.addEventListener("guanxi:theme", drawAll);
