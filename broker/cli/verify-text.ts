/** A verdict in words for somebody who was not there, and as JSON for programs. */

import type { BundleVerdict, ProvedBundle } from "../../protocols/log/bundle.ts";
import type { ProvedSession } from "../../protocols/log/bundle-recording.ts";
import type { JsonObject } from "../../protocols/log/bundle-refused.ts";
import type { JsonValue } from "../../protocols/log/canonical-json.ts";
import type { Cosigned } from "../../protocols/log/checked-note.ts";
import type { SessionRerun } from "../evidence/log/rerun-bundle.ts";
import { rerunFacts, rerunText } from "./rerun-text.ts";
import { saidFacts, saidText } from "./said-text.ts";
import { shown, utc } from "./verdict-words.ts";

export interface Found {
  readonly verdict: BundleVerdict;
  /** Absent without a key, and where the bundle is refused. */
  readonly reruns: readonly SessionRerun[] | undefined;
  /** Of this program. */
  readonly build: string;
}

/** Sessions of a range that are named one by one: the verdict stays on one screen. */
const LISTED_MAX = 8;

export function verdictText({ verdict, reruns, build }: Found): string {
  if (verdict.kind === "refused") {
    return lines(
      ["REFUSED", "", ...verdict.faults.map((fault) => `  ${shown(fault)}`), ""],
      [
        "This bundle is not the evidence it claims to be, or is not whole. Keep it as it is, and",
        "ask for it again: it says nothing about who changed it.",
      ],
    );
  }
  const { bundle } = verdict;
  const again = reruns === undefined ? [] : ["", ...list("Run again", rerunText(reruns, build))];
  return lines(
    ["PROVED", "", ...about(bundle), ""],
    [...list("Proved", proved(bundle)), "", ...list("Not proved", notProved(bundle, reruns))],
    ...[again, saidText(bundle.said)],
  );
}

/** One line. */
export function verdictJson({ verdict, reruns, build }: Found): string {
  const value =
    verdict.kind === "refused"
      ? { verdict: "refused", faults: verdict.faults.map(shown) }
      : {
          verdict: "proved",
          ...factsOf(verdict.bundle),
          ...(reruns === undefined ? {} : { rerun: rerunFacts(reruns, build) }),
          proved: proved(verdict.bundle),
          notProved: notProved(verdict.bundle, reruns),
          comments: saidFacts(verdict.bundle.said),
        };
  return `${JSON.stringify(value)}\n`;
}

function factsOf({ origin, size, cosigned, earlier, range, sessions }: ProvedBundle) {
  return {
    log: { origin: shown(origin), size },
    ...{ cosigned, earlier: earlier ?? null },
    range: range === undefined ? null : { ...range, scope: scopeFacts(range.scope) },
    sessions: sessions.map(sessionFacts),
  };
}

/** The bundle's own words: on a terminal they must stay words. */
function scopeFacts(scope: NonNullable<ProvedBundle["range"]>["scope"]) {
  return Object.fromEntries(Object.entries(scope).map(([name, value]) => [name, shown(value)]));
}

function sessionFacts(session: ProvedSession) {
  const { open, close } = session;
  return {
    session: shown(session.session),
    recording: session.recording,
    entries: { open: session.openIndex, close: session.closeIndex ?? null },
    state: close === undefined ? "open" : word(close.state),
    subject: word(at(open, "subject", "name")),
    asset: word(at(open, "asset", "name")),
    segments: session.segments,
    records: numberOr(close?.records, 0),
    progress: session.progress,
  };
}

function about(bundle: ProvedBundle): string[] {
  const [only] = bundle.sessions;
  if (bundle.range === undefined) return only === undefined ? [] : aboutOne(only);
  const { scope, fromMs, untilMs, first, end } = bundle.range;
  const whole = (kind: ProvedSession["recording"]) =>
    bundle.sessions.filter(({ recording }) => recording === kind).length;
  return [
    `  range    entries ${first} to ${end - 1} of the log, ${utc(fromMs)} to ${utc(untilMs)}`,
    ...(scope.asset === undefined ? [] : [`  asset    ${shown(scope.asset)}`]),
    ...(scope.person === undefined ? [] : [`  person   ${shown(scope.person)}`]),
    `  sessions ${bundle.sessions.length}: ${whole("whole")} whole, ${whole("deleted")} deleted by policy, ${whole("open")} not ended, ${whole("nothing")} without a record`,
    ...bundle.sessions.slice(0, LISTED_MAX).map(lineOf),
    ...(bundle.sessions.length > LISTED_MAX ? ["    … (--json lists all of them)"] : []),
  ];
}

function lineOf({ session, open, close, recording }: ProvedSession): string {
  const what = recording === "whole" ? word(close?.state) : recording;
  const [person, asset] = [word(at(open, "subject", "name")), word(at(open, "asset", "name"))];
  return `    ${utc(open.atMs)}  ${shown(session)}  ${person} on ${asset}  ${what}`;
}

function aboutOne({ session, open, close, recording }: ProvedSession): string[] {
  const subject = `${word(at(open, "subject", "name"))} (${word(at(open, "subject", "id"))})`;
  const asset = `${word(at(open, "asset", "name"))}, ${word(at(open, "endpoint", "protocol"))}`;
  const grant = `${word(at(open, "grant", "id"))}, profile ${word(at(open, "grant", "profile"))}`;
  return [
    `  session  ${shown(session)}`,
    `  person   ${subject}`,
    `  asset    ${asset}`,
    `  grant    ${grant}`,
    `  began    ${utc(open.atMs)}   ended ${utc(close?.atMs)}   (clock of the broker)`,
    recording === "deleted"
      ? "  state    deleted by policy; what is left says what it was"
      : `  state    ${word(close?.state)}: ${word(close?.cause)}`,
  ];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function proved(bundle: ProvedBundle): string[] {
  const { origin, size, cosigned, earlier, sessions } = bundle;
  const whole = sessions.filter(({ recording }) => recording === "whole");
  const records = whole.reduce((sum, { close }) => sum + numberOr(close?.records, 0), 0);
  const segments = whole.reduce((sum, session) => sum + session.segments, 0);
  const progress = whole.reduce((sum, session) => sum + session.progress, 0);
  const count = `${counted(records, "record")} in ${counted(segments, "segment")}`;
  return [
    ...(whole.length === 0
      ? []
      : [
          whole.length === 1
            ? `The recording is the one that was closed, byte for byte: ${count}.`
            : `Each of ${whole.length} recordings is the one that was closed, byte for byte: ${count}.`,
        ]),
    placeText(
      bundle,
      `the log ${shown(origin)}, which has ${size} entries and is signed by the key in your policy`,
    ),
    ...(progress === 0
      ? []
      : [
          `While it was recorded the log fixed it ${counted(progress, "time")}: no segment is younger than the log says.`,
        ]),
    ...(cosigned.length === 0
      ? []
      : [
          `This log was seen by ${seen(cosigned)}: no other history of it can be shown to somebody who asks them.`,
        ]),
    ...(earlier === undefined ? [] : [enclosed(earlier)]),
  ];
}

function placeText({ range, sessions }: ProvedBundle, log: string): string {
  const [only] = sessions;
  if (range !== undefined) {
    const whose = Object.keys(range.scope).length === 0 ? "session" : "session of this scope";
    return `None was removed: every ${whose} that entries ${range.first} to ${range.end - 1} open has its recording or its tombstone here, or had not ended; they are whole, in ${log}.`;
  }
  return `Its beginning and its end are entries ${only?.openIndex} and ${only?.closeIndex} of ${log}.`;
}

function enclosed(earlier: NonNullable<ProvedBundle["earlier"]>): string {
  const when = earlier.cosigned.length === 0 ? "" : `, seen by ${seen(earlier.cosigned)}`;
  return `The log had ${earlier.size} entries before the session${when}, and nothing of them has changed since.`;
}

function notProved(
  { sessions, cosigned, earlier, quorumNeeded }: ProvedBundle,
  reruns: Found["reruns"],
): string[] {
  const partial = sessions.filter(
    ({ recording, close }) => recording === "whole" && close?.state !== "sealed",
  );
  return [
    ...partial.slice(0, LISTED_MAX).map(partialText),
    ...(sessions.some(({ recording }) => recording === "deleted")
      ? ["What a recording that was deleted by policy held: its tombstone says when and why."]
      : []),
    ...(cosigned.length === 0 && !quorumNeeded
      ? ["That nobody was shown another history: your policy asks for no witness."]
      : []),
    ...(earlier?.cosigned.length
      ? []
      : [
          "When it happened, other than by the broker's own clock: no witness saw the log shortly before.",
        ]),
    ...(reruns === undefined
      ? [
          "What the records mean: their content was not read. With the site's key they can be played.",
        ]
      : []),
    "What happened on the asset by other ways than this broker.",
  ];
}

function partialText({ session, close }: ProvedSession): string {
  const [gaps, missing] = [numberOr(close?.gaps, 0), numberOr(close?.missing, 0)];
  return `That the recording ${shown(session)} tells everything: it is ${word(close?.state)}, with ${gaps} gaps and ${missing} records missing.`;
}

function seen(cosigned: readonly Cosigned[]): string {
  return cosigned
    .map(({ witness, time }) => `${shown(witness)} at ${utc(time * 1000)}`)
    .join(" and ");
}

function at(value: JsonObject, outer: string, inner: string): JsonValue | undefined {
  const object = value[outer];
  if (typeof object !== "object" || object === null || Array.isArray(object)) return undefined;
  return (object as JsonObject)[inner];
}

function word(value: JsonValue | undefined): string {
  return typeof value === "string" ? shown(value) : "unknown";
}

function numberOr(value: JsonValue | undefined, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function list(title: string, items: readonly string[]): string[] {
  return [title, ...items.map((item) => `  - ${item}`)];
}

function lines(...parts: readonly (readonly string[])[]): string {
  return `${parts.flat().join("\n")}\n`;
}
