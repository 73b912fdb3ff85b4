/** What a write or a call came to, where it was asked for: the rule and its reason first. */

import { opcuaText } from "../../text/opcua.ts";
import { sentence } from "../../text/session.ts";
import type { Report } from "./desk.ts";

const words = opcuaText.deed;

interface DeedOutcomeProps {
  /** In words: `Write P101.SpeedSetpoint`. */
  readonly what: string;
  readonly report: Report;
}

export function DeedOutcome({ what, report }: DeedOutcomeProps) {
  if (report.kind === "done") {
    return (
      <p className="tg-done" role="status">
        {report.words}
      </p>
    );
  }
  return (
    <div className="tg-refusal-box tg-refusal-dialog" role="alert">
      <div>
        <strong>{titleOf(what, report)}</strong>
        {report.kind === "denied" && (
          <span className="tg-rule sp-mono">{words.byRule(report.rule)}</span>
        )}
        <p>
          {report.kind === "denied" ? `${sentence(report.reason)} ` : ""}
          <span className="wb-dim">{report.words}</span>
          {report.kind === "unknown" ? ` ${words.unknownAdvice}` : ""}
        </p>
      </div>
    </div>
  );
}

function titleOf(what: string, { kind }: Report): string {
  if (kind === "denied") return words.deniedTitle(what);
  return kind === "unknown" ? words.unknownTitle(what) : words.refusedTitle(what);
}
