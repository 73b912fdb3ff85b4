/** Lines of values over time, drawn by uPlot on a canvas; the workbench and the player share it. */
import "uplot/dist/uPlot.min.css";
import "./trend-chart.css";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import { clockTime } from "../components/time-words.ts";
import type { TrendData } from "./modbus/trend-buffer.ts";

export interface TrendLine {
  readonly name: string;
  readonly unit: string;
}

interface TrendChartProps {
  readonly lines: readonly TrendLine[];
  readonly data: TrendData;
  /** The time shown, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** A moment to mark with a line across, the play head. */
  readonly headMs?: number;
  readonly onPick?: (atMs: number) => void;
  readonly label: string;
}

/** Dashes tell lines apart for those who cannot tell the colours. */
const DASHES = [[], [6, 3], [2, 2], [10, 3, 2, 3], [], [6, 3], [2, 2], [10, 3, 2, 3]];

interface Shown {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly headMs: number | undefined;
  readonly onPick: ((atMs: number) => void) | undefined;
}

export function TrendChart(props: TrendChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const shown = useRef<Shown>(shownOf(props));
  const latest = useRef(props.data);
  const scheme = useComputedColorScheme();
  const shape = props.lines.map((line) => `${line.name}|${line.unit}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines count by what they say
  const lines = useMemo(() => props.lines, [shape]);
  latest.current = props.data;
  shown.current = shownOf(props);

  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read anew when the scheme changes
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const chart = new uPlot(optionsOf(lines, element, shown), latest.current, element);
    plot.current = chart;
    const watch = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    watch.observe(element);
    return () => {
      watch.disconnect();
      chart.destroy();
      plot.current = undefined;
    };
  }, [lines, scheme]);

  useEffect(() => {
    if (plot.current?.series.length === props.data.length) plot.current.setData(props.data);
  }, [props.data]);

  const { fromMs, untilMs, headMs } = props;
  useEffect(() => {
    plot.current?.setScale("x", { min: fromMs / 1000, max: untilMs / 1000 });
  }, [fromMs, untilMs]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the head is read while drawing
  useEffect(() => plot.current?.redraw(false), [headMs]);

  return <div ref={place} className="tc-chart" role="img" aria-label={props.label} />;
}

function shownOf(props: TrendChartProps): Shown {
  const { fromMs, untilMs, headMs, onPick } = props;
  return { fromMs, untilMs, headMs, onPick };
}

function optionsOf(
  lines: readonly TrendLine[],
  element: HTMLElement,
  shown: { readonly current: Shown },
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const font = `11px ${style.fontFamily}`;
  const axis = { stroke: colour("--mantine-color-dimmed"), font, ticks: { show: false } };
  const grid = { stroke: colour("--sp-line"), width: 1 };
  const head = colour("--mantine-color-text");
  const units = [...new Set(lines.map((line) => line.unit))];
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { size: 5 } },
    scales: { x: { time: true, range: () => secondsOf(shown.current) } },
    series: [{}, ...lines.map((line, n) => seriesOf(line, n, colour))],
    axes: [
      {
        ...axis,
        grid,
        size: 26,
        space: TIME_LABEL_WIDTH,
        values: (_plot, ticks) => ticks.map((at) => clockTime(at * 1000)),
      },
      ...units.slice(0, axesIn(element.clientWidth)).map(
        (unit, n): uPlot.Axis => ({
          ...axis,
          scale: unit,
          side: n % 2 === 0 ? 3 : 1,
          size: 48,
          values: (_plot, ticks, _axis, _space, step) =>
            ticks.map((tick) => tick.toFixed(decimalsOf(step))),
          grid: n === 0 ? grid : { show: false },
          ...(unit === "" ? {} : { label: unit, labelSize: 16, labelFont: font }),
        }),
      ),
    ],
    hooks: {
      draw: [(plot) => drawHead(plot, shown.current.headMs, head)],
      ready: [(plot) => pickOnClick(plot, shown)],
    },
  };
}

/** Pixels that one label of the time axis needs. */
const TIME_LABEL_WIDTH = 74;

/** Units with an axis of their own; lines of further ones are read by their legend. */
function axesIn(width: number): number {
  return width < WIDE ? 2 : 4;
}

/** Pixels from which four axes leave enough room for the lines. */
const WIDE = 760;

/** As many decimals as neighbouring ticks need to differ. */
function decimalsOf(step: number): number {
  return Math.min(6, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
}

function seriesOf(line: TrendLine, n: number, colour: (name: string) => string): uPlot.Series {
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  return {
    label: line.name,
    scale: line.unit,
    stroke: colour(`--tc-line-${n + 1}`),
    width: 1.5,
    dash: DASHES[n] ?? [],
    points: { show: false },
    spanGaps: false,
    ...(stepped ? { paths: stepped } : {}),
  };
}

function secondsOf(shown: Shown): [number, number] {
  return [shown.fromMs / 1000, Math.max(shown.untilMs, shown.fromMs + 1) / 1000];
}

function drawHead(plot: uPlot, headMs: number | undefined, colour: string): void {
  if (headMs === undefined) return;
  const x = plot.valToPos(headMs / 1000, "x", true);
  const { left, top, width, height } = plot.bbox;
  if (x < left || x > left + width) return;
  plot.ctx.save();
  plot.ctx.setLineDash([]);
  plot.ctx.strokeStyle = colour;
  plot.ctx.lineWidth = devicePixelRatio;
  plot.ctx.beginPath();
  plot.ctx.moveTo(x, top);
  plot.ctx.lineTo(x, top + height);
  plot.ctx.stroke();
  plot.ctx.restore();
}

function pickOnClick(plot: uPlot, shown: { readonly current: Shown }): void {
  plot.over.addEventListener("click", (event) => {
    const x = event.clientX - plot.over.getBoundingClientRect().left;
    shown.current.onPick?.(plot.posToVal(x, "x") * 1000);
  });
}
