/** The watched nodes: their values as they change, and the course of those that are drawn. */
import { CloseButton, NativeSelect, SegmentedControl } from "@mantine/core";
import { IconChartLine, IconPencil } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { StateBadge } from "../../components/state-badge.tsx";
import { Empty } from "../../components/states.tsx";
import { opcuaText } from "../../text/opcua.ts";
import { workbenchText } from "../../text/workbench.ts";
import { Sparkline } from "../modbus/sparkline.tsx";
import { TREND_TAGS_MAX } from "../modbus/trend-buffer.ts";
import { TrendChart } from "../trend-chart.tsx";
import { NODE_CLASS } from "./address-tree.ts";
import type { Chosen } from "./chosen.ts";
import type { OpcUaDesk } from "./desk.ts";
import { Moment } from "./moment.tsx";
import { QualityBadge } from "./quality-badge.tsx";
import { Scrolling } from "./scrolling.tsx";
import { useChanges } from "./use-changes.ts";
import { plain, valueWords } from "./value-words.ts";
import type { Watched } from "./watch-list.ts";
import type { Writing } from "./write-dialog.tsx";

const words = opcuaText.watch;
const RATES = [250, 500, 1_000, 5_000];
/** Lines move this often; more is not seen. */
const DRAW_EVERY_MS = 500;
const RECENT_SHOWN = 60;

interface WatchPanelProps {
  readonly desk: OpcUaDesk;
  /** Why nothing can be changed now; undefined when it can. */
  readonly blocked: string | undefined;
  readonly onWrite: (writing: Writing) => void;
  readonly onShow: (node: Chosen) => void;
}

export function WatchPanel(props: WatchPanelProps) {
  const { desk } = props;
  useChanges(desk.watch);
  const [drawn, setDrawn] = useState<readonly string[]>([]);
  const { all } = desk.watch;
  useEffect(() => desk.watch.trends.keep(drawn), [desk, drawn]);
  if (all.length === 0) return <Empty title={words.none}>{words.noneAdvice}</Empty>;
  const toggle = (id: string) =>
    setDrawn(drawn.includes(id) ? drawn.filter((each) => each !== id) : [...drawn, id]);
  const lines = drawn.flatMap((id) => desk.watch.get(id) ?? []);
  return (
    <>
      {lines.length > 0 && <Trends desk={desk} lines={lines} />}
      <div className="wb-tools">
        <span className="wb-grow" />
        <NativeSelect
          size="xs"
          aria-label={words.every}
          value={String(desk.watch.everyMs)}
          onChange={(event) => desk.watch.every(Number(event.currentTarget.value))}
          data={RATES.map((ms) => ({
            value: String(ms),
            label: `${words.every} ${words.rate(ms)}`,
          }))}
        />
      </div>
      <Scrolling className="vt-view" label={words.label}>
        <table className="vt-table" aria-label={words.label}>
          <thead>
            <tr>
              <th>{words.name}</th>
              <th data-align="right">{words.value}</th>
              <th>{words.quality}</th>
              <th className="tg-wide">{words.recent}</th>
              <th className="tg-wide">{words.time}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {all.map((watched) => (
              <Row
                key={watched.id}
                {...props}
                watched={watched}
                isDrawn={drawn.includes(watched.id)}
                isFull={drawn.length >= TREND_TAGS_MAX}
                onToggle={() => toggle(watched.id)}
              />
            ))}
          </tbody>
        </table>
      </Scrolling>
    </>
  );
}

interface RowProps extends WatchPanelProps {
  readonly watched: Watched;
  readonly isDrawn: boolean;
  readonly isFull: boolean;
  readonly onToggle: () => void;
}

function Row(props: RowProps) {
  const { desk, watched, blocked, onWrite, onShow, isDrawn, isFull, onToggle } = props;
  const { id, node, value, problem } = watched;
  const name = plain(watched.name);
  const above = undefined;
  const show = () => onShow({ node, id, name, nodeClass: NODE_CLASS.variable, above });
  return (
    <tr>
      <td className="tg-name">
        <button type="button" className="ua-link" title={words.open(name)} onClick={show}>
          {name}
        </button>
      </td>
      <td className="tg-value" data-align="right" data-quality={problem ? "lost" : "good"}>
        {valueWords(value, watched)}
      </td>
      <td>
        <Quality watched={watched} />
      </td>
      <td className="tg-wide">
        <Sparkline
          values={desk.watch.trends.recent(id, RECENT_SHOWN)}
          label={`${words.recent}: ${name}`}
        />
      </td>
      <td className="tg-wide wb-dim">
        <Moment atMs={value?.sourceMs} />
      </td>
      <td data-align="right">
        <span className="ua-acts">
          <button
            type="button"
            className="tg-button tg-icon"
            title={isFull && !isDrawn ? words.trendsFull : words.trend(name)}
            aria-label={words.trend(name)}
            aria-pressed={isDrawn}
            disabled={isFull && !isDrawn}
            onClick={onToggle}
          >
            <IconChartLine size={14} aria-hidden />
          </button>
          {watched.mayWrite && (
            <button
              type="button"
              className="tg-button tg-icon"
              title={blocked ?? words.write(name)}
              aria-label={words.write(name)}
              disabled={blocked !== undefined}
              onClick={() => onWrite({ node, id, name })}
            >
              <IconPencil size={13} aria-hidden />
            </button>
          )}
          <CloseButton
            size="sm"
            aria-label={words.remove(name)}
            onClick={() => desk.watch.remove(id)}
          />
        </span>
      </td>
    </tr>
  );
}

function Quality({ watched: { value, problem } }: { readonly watched: Watched }) {
  if (problem !== undefined) {
    return <StateBadge tone="attention" word={words.stopped} title={problem} />;
  }
  if (value === undefined) return <span className="wb-dim">{words.waiting}</span>;
  return <QualityBadge status={value.status} />;
}

interface TrendsProps {
  readonly desk: OpcUaDesk;
  readonly lines: readonly Watched[];
}

function Trends({ desk, lines }: TrendsProps) {
  const { windows } = workbenchText.trendsTab;
  const [windowMs, setWindow] = useState<number>(windows[0].ms);
  const untilMs = useDrawTime();
  const ids = lines.map(({ id }) => id);
  return (
    <>
      <div className="wb-tools">
        <ul className="tc-legend">
          {lines.map((line, n) => (
            <li key={line.id}>
              <span className="tc-swatch" data-n={n + 1} aria-hidden />
              {plain(line.name)}
              <strong>{valueWords(line.value, line)}</strong>
            </li>
          ))}
        </ul>
        <span className="wb-grow" />
        <SegmentedControl
          size="xs"
          aria-label={words.window}
          value={String(windowMs)}
          onChange={(value) => setWindow(Number(value))}
          data={windows.map(({ ms, label }) => ({ value: String(ms), label }))}
        />
      </div>
      <div className="ua-chart">
        <TrendChart
          lines={lines}
          data={desk.watch.trends.aligned(ids, untilMs - windowMs)}
          fromMs={untilMs - windowMs}
          untilMs={untilMs}
          label={words.chart}
        />
      </div>
    </>
  );
}

function useDrawTime(): number {
  const [nowMs, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), DRAW_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
