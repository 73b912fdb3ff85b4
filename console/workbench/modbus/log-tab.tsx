/** What was done by hand in this session and everything that was refused, newest first. */
import { useSyncExternalStore } from "react";
import { StateBadge } from "../../components/state-badge.tsx";
import { Empty } from "../../components/states.tsx";
import { clockTime, exactUtc } from "../../components/time-words.ts";
import { workbenchText } from "../../text/workbench.ts";
import { VirtualTable } from "../virtual-table.tsx";
import type { LogEntry, OperationLog, Verdict } from "./operation-log.ts";

const words = workbenchText.log;
/** As in modbus.css, with the line below. */
const ROW_HEIGHT = 31;
const ROW_HEIGHT_LONG = 49;

const TONES: Readonly<Record<Verdict, "normal" | "active" | "attention" | "alarm">> = {
  asked: "active",
  permit: "normal",
  hold: "attention",
  deny: "alarm",
};

interface LogTabProps {
  readonly log: OperationLog;
  /** What is not listed here, for who finds nothing. */
  readonly advice?: string;
}

export function LogTab({ log, advice = words.emptyAdvice }: LogTabProps) {
  const entries = useSyncExternalStore(log.subscribe, () => log.all);
  if (entries.length === 0) return <Empty title={words.empty}>{advice}</Empty>;
  return (
    <VirtualTable
      rows={entries}
      keyOf={(entry) => entry.id}
      heightOf={heightOf}
      head={<Head />}
      columns={6}
      label={words.label}
    >
      {(entry) => <Row entry={entry} />}
    </VirtualTable>
  );
}

/** About what a line of its column holds; the names of nodes are longer than those of registers. */
const WHAT_LENGTH = 24;

/** What went wrong has two lines for its words, and so has a long name. */
const heightOf = (entry: LogEntry) => (isLong(entry) ? ROW_HEIGHT_LONG : ROW_HEIGHT);

function isLong(entry: LogEntry): boolean {
  return entry.reason !== "" || entry.failed || entry.what.length > WHAT_LENGTH;
}

function Head() {
  return (
    <>
      <th className="lg-time">{words.time}</th>
      <th className="lg-kind">{words.kind}</th>
      <th>{words.what}</th>
      <th className="lg-verdict">{words.verdict}</th>
      <th className="lg-because">{words.rule}</th>
      <th className="lg-outcome">{words.outcome}</th>
    </>
  );
}

function Row({ entry }: { readonly entry: LogEntry }) {
  const because = entry.reason === "" ? entry.rule : `${entry.rule}: ${entry.reason}`;
  return (
    <tr
      data-long={isLong(entry) || undefined}
      data-tone={entry.verdict === "deny" ? "alarm" : undefined}
    >
      <td className="sp-mono wb-dim" title={exactUtc(entry.atMs)}>
        {clockTime(entry.atMs)}
      </td>
      <td>{words.kinds[entry.kind]}</td>
      <td title={entry.what}>
        <div className="lg-words">{entry.what}</div>
      </td>
      <td>
        <StateBadge tone={TONES[entry.verdict]} word={words.verdicts[entry.verdict]} />
      </td>
      <td title={because}>
        <div className="lg-words">{because}</div>
      </td>
      <td className={entry.failed ? "" : "wb-dim"} title={entry.outcome}>
        <div className="lg-words">{entry.outcome}</div>
      </td>
    </tr>
  );
}
