/** The marked values of an asset before and after a session, and while somebody was asked. */
import type { ReportView } from "../../broker/api/shapes/report.ts";
import { clockTime } from "../components/time-words.ts";
import { viewingText } from "../text/viewing.ts";
import { exactText, tagValue, valueText } from "../workbench/modbus/tag-value.ts";
import { Scrolling } from "../workbench/opcua/scrolling.tsx";
import { numberWords, plain } from "../workbench/opcua/value-words.ts";
import { shownTag } from "./value-tracks.ts";

const words = viewingText.report;

type Values = ReportView["values"][number];
type Reading = NonNullable<Values["before"]>;

export function ReportValues({ report }: { readonly report: ReportView }) {
  const { values } = report;
  const withHolds = values.some(({ held }) => held.length > 0);
  const noAfter = values.every(({ after }) => after === null);
  return (
    <>
      <Scrolling className="rr-scroll" label={words.values}>
        <table className="rr-table rr-values" aria-label={words.values}>
          <thead>
            <tr>
              <th>{words.tag}</th>
              <th data-align="right">{words.before}</th>
              {withHolds && <th data-align="right">{words.held}</th>}
              <th data-align="right">{words.after}</th>
              <th>{words.difference}</th>
            </tr>
          </thead>
          <tbody>
            {values.map((value) => (
              <Row key={value.tag} report={report} value={value} withHolds={withHolds} />
            ))}
          </tbody>
        </table>
      </Scrolling>
      {noAfter && <p>{words.afterMissing}</p>}
    </>
  );
}

interface RowProps {
  readonly report: ReportView;
  readonly value: Values;
  readonly withHolds: boolean;
}

function Row({ report, value, withHolds }: RowProps) {
  const { tag, before, held, after } = value;
  const changed = before !== null && after !== null && !isSame(before, after);
  const bothRead = before !== null && after !== null;
  return (
    <tr data-changed={changed || undefined}>
      <td>{tag}</td>
      <Read report={report} tag={tag} reading={before} />
      {withHolds && <Read report={report} tag={tag} reading={held.at(-1) ?? null} />}
      <Read report={report} tag={tag} reading={after} />
      <td>
        {bothRead ? changed ? <strong>{differenceOf(report, value)}</strong> : words.same : ""}
      </td>
    </tr>
  );
}

interface ReadProps {
  readonly report: ReportView;
  readonly tag: string;
  readonly reading: Reading | null;
}

function Read({ report, tag, reading }: ReadProps) {
  if (reading === null) {
    return (
      <td data-align="right" className="rr-dim">
        {words.notRead}
      </td>
    );
  }
  return (
    <td data-align="right">
      {textOf(report, tag, reading, valueText)}
      <div className="rr-dim">{clockTime(reading.atMs)}</div>
    </td>
  );
}

type Shown = typeof valueText;

function textOf(report: ReportView, name: string, reading: Reading, shown: Shown): string {
  const { registers, text, value: number } = reading;
  const tag = report.tags.find((one) => one.name === name);
  if (text !== undefined) return nodeText(tag, text, number);
  const known = tag && shownTag(tag);
  const value = known && tagValue(known, registers);
  return known && value !== undefined ? shown(known, value) : registers.join(" ");
}

/** Of a node: its word where the plant file has one, else its value in its unit. */
function nodeText(tag: ReportView["tags"][number] | undefined, text: string, value: number | null) {
  const word = tag?.states?.find((state) => state.value === value)?.word;
  if (word !== undefined) return word;
  return `${nodeValueText(text, value)} ${tag?.unit ?? ""}`.trimEnd();
}

/** Sensors tell more digits than anybody means; the JSON has all of them. */
export function nodeValueText(text: string, value: number | null): string {
  return value === null ? plain(text) : numberWords(value, "Double");
}

function isSame(a: Reading, b: Reading): boolean {
  return a.registers.join() === b.registers.join() && a.text === b.text;
}

function differenceOf(report: ReportView, { tag, before, after }: Values): string {
  if (!before || !after) return "";
  const from = textOf(report, tag, before, exactText);
  return `${from} → ${textOf(report, tag, after, exactText)}`;
}
