/** What a node held in the past, as its asset has kept it: a line, and the values below. */
import { Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import type { DataValue } from "../../../protocols/opcua/client/answers.ts";
import { isBad } from "../../../protocols/opcua/status.ts";
import { Empty } from "../../components/states.tsx";
import { opcuaText } from "../../text/opcua.ts";
import type { TrendData } from "../modbus/trend-buffer.ts";
import { Notice } from "../session-notices.tsx";
import { TrendChart } from "../trend-chart.tsx";
import { HISTORY_MAX, type OpcUaDesk } from "./desk.ts";
import { Moment } from "./moment.tsx";
import type { NodeDetails } from "./node-details.ts";
import { QualityBadge } from "./quality-badge.tsx";
import { Scrolling } from "./scrolling.tsx";
import { plain, valueWords } from "./value-words.ts";

const words = opcuaText.history;

interface HistoryViewProps {
  readonly desk: OpcUaDesk;
  readonly details: NodeDetails;
}

interface Past {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly values: readonly DataValue[];
  readonly isPart: boolean;
}

/** Rows below the line; the line shows all. */
const ROWS_MAX = 100;

export function HistoryView({ desk, details }: HistoryViewProps) {
  const [spanMs, setSpan] = useState<number>(words.spans[0].ms);
  const [past, setPast] = useState<Past>();
  const [problem, setProblem] = useState<string>();
  const [reading, setReading] = useState(false);

  async function read() {
    setReading(true);
    const untilMs = Date.now();
    const fromMs = untilMs - spanMs;
    const answer = await desk.history(details.node, fromMs, untilMs);
    setReading(false);
    setProblem(answer.kind === "problem" ? answer.words : undefined);
    if (answer.kind === "values") setPast({ fromMs, untilMs, ...answer });
  }
  return (
    <section className="ua-history" aria-label={words.title(plain(details.name))}>
      <div className="wb-tools wb-tools-form">
        <NativeSelect
          size="xs"
          label={words.span}
          value={String(spanMs)}
          onChange={(event) => setSpan(Number(event.currentTarget.value))}
          data={words.spans.map(({ ms, label }) => ({ value: String(ms), label }))}
        />
        <Button size="xs" loading={reading} onClick={() => void read()}>
          {words.read}
        </Button>
        {past && (
          <span className="wb-dim" role="status">
            {past.isPart || past.values.length >= HISTORY_MAX
              ? words.part(past.values.length)
              : words.count(past.values.length)}
          </span>
        )}
      </div>
      {problem !== undefined && (
        <Notice tone="attention" title={words.failed}>
          {problem}
        </Notice>
      )}
      {past?.values.length === 0 && <Empty title={words.none}>{words.noneAdvice}</Empty>}
      {past && past.values.length > 0 && <Values past={past} details={details} />}
    </section>
  );
}

function Values({ past, details }: { readonly past: Past; readonly details: NodeDetails }) {
  const { fromMs, untilMs, values } = past;
  const newest = values.slice(-ROWS_MAX).reverse();
  return (
    <>
      <div className="ua-chart">
        <TrendChart
          lines={[details]}
          data={lineOf(values)}
          fromMs={fromMs}
          untilMs={untilMs}
          label={words.title(plain(details.name))}
        />
      </div>
      <Scrolling className="ua-past" label={words.table}>
        <table className="vt-table" aria-label={words.table}>
          <tbody>
            {newest.map((value, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a time may come twice
              <tr key={n}>
                <td>
                  <Moment atMs={value.sourceMs} withMs />
                </td>
                <td data-align="right">{valueWords(value, details)}</td>
                <td>
                  <QualityBadge status={value.status} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
    </>
  );
}

function lineOf(values: readonly DataValue[]): TrendData {
  const timed = values.filter(({ sourceMs }) => sourceMs !== undefined);
  return [
    timed.map(({ sourceMs = 0 }) => sourceMs / 1000),
    timed.map(({ value, status }) => (isBad(status) ? null : (value?.number ?? null))),
  ];
}
