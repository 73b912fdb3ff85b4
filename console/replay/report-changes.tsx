/** Each change of a session: from what to what, what became of it, and who allowed it. */
import { Link } from "react-router";
import type { ReportView } from "../../broker/api/shapes/report.ts";
import { clockTime, exactUtc } from "../components/time-words.ts";
import { viewingText } from "../text/viewing.ts";
import { plain } from "../workbench/opcua/value-words.ts";
import { changesOf, type Written } from "./entry-words.ts";
import { nodeValueText } from "./report-values.tsx";
import { SignedAct } from "./signed-act.tsx";

const words = viewingText.report;

type Change = ReportView["changes"][number];

export function ReportChanges({ report }: { readonly report: ReportView }) {
  const { changes, recording } = report;
  return (
    <table className="rr-table" aria-label={words.changes}>
      <thead>
        <tr>
          <th>{words.time}</th>
          <th>{words.oldNew}</th>
          <th>{words.outcome}</th>
          <th>{words.allowed}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.sequence} data-tone={change.outcome === "answered" ? undefined : "odd"}>
            <td title={exactUtc(change.wallMs)}>
              <Link to={`/recordings/${recording.id}?at=${change.sequence}`}>
                {clockTime(change.wallMs)}
              </Link>
            </td>
            <td>{whatOf(report, change)}</td>
            <td>{words.outcomes[change.outcome]}</td>
            <td>
              <span className="sp-mono">{change.rule}</span>
              {change.approval && (
                <div>
                  {words.agreed(change.approval.name)}{" "}
                  <SignedAct recording={recording.id} act={change.approval.actionId} />
                </div>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function nodeChange({ name, before, value, unit }: NonNullable<Change["node"]>): string {
  const old = before && nodeValueText(before.text, before.number);
  return plain(words.written(name, old, value, unit));
}

/** By tags where the plant file names them, else by registers. */
function whatOf({ tags }: ReportView, { points, node, description }: Change): string {
  if (node !== null) return nodeChange(node);
  if (points === null) return description;
  const { before, table, ...place } = points;
  const known = before.map((value) => value ?? undefined);
  return changesOf({ ...place, table: table as Written["table"] }, known, tags).join(" · ");
}
