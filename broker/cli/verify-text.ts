/** A verdict in words for somebody who was not there, and as JSON for programs. */

import type { BundleVerdict, JsonObject, ProvedSession } from "../../protocols/log/bundle.ts";
import type { JsonValue } from "../../protocols/log/canonical-json.ts";
import type { Cosigned } from "../../protocols/log/checked-note.ts";
import { plainText } from "../store/plain-text.ts";

/** What a bundle says is shown without control characters, and no longer than this. */
const TEXT_MAX = 300;

export function verdictText(verdict: BundleVerdict): string {
  if (verdict.kind === "refused") {
    return lines(
      ["REFUSED", "", ...verdict.faults.map((fault) => `  ${shown(fault)}`), ""],
      [
        "This bundle is not the evidence it claims to be, or is not whole. Keep it as it is, and",
        "ask for it again: it says nothing about who changed it.",
      ],
    );
  }
  const { session } = verdict;
  return lines(
    ["PROVED", "", ...about(session), ""],
    [...list("Proved", proved(session)), "", ...list("Not proved", notProved(session))],
  );
}

/** One line. */
export function verdictJson(verdict: BundleVerdict): string {
  const value =
    verdict.kind === "refused"
      ? { verdict: "refused", faults: verdict.faults.map(shown) }
      : { verdict: "proved", ...factsOf(verdict.session) };
  return `${JSON.stringify(value)}\n`;
}

function factsOf(session: ProvedSession) {
  const { open, close } = session;
  return {
    session: shown(session.session),
    log: shown(session.origin),
    entries: { open: session.openIndex, close: session.closeIndex, size: session.size },
    state: word(close.state),
    subject: word(at(open, "subject", "name")),
    asset: word(at(open, "asset", "name")),
    segments: session.segments,
    records: numberOr(close.records, 0),
    cosigned: session.cosigned,
    earlier: session.earlier ?? null,
    proved: proved(session),
    notProved: notProved(session),
  };
}

function about({ session, open, close }: ProvedSession): string[] {
  const subject = `${word(at(open, "subject", "name"))} (${word(at(open, "subject", "id"))})`;
  const asset = `${word(at(open, "asset", "name"))}, ${word(at(open, "endpoint", "protocol"))}`;
  const grant = `${word(at(open, "grant", "id"))}, profile ${word(at(open, "grant", "profile"))}`;
  return [
    `  session  ${shown(session)}`,
    `  person   ${subject}`,
    `  asset    ${asset}`,
    `  grant    ${grant}`,
    `  began    ${utc(open.atMs)}   ended ${utc(close.atMs)}   (clock of the broker)`,
    `  state    ${word(close.state)}: ${word(close.cause)}`,
  ];
}

function proved(session: ProvedSession): string[] {
  const { origin, size, openIndex, closeIndex, segments, close, cosigned, earlier } = session;
  const records = `${numberOr(close.records, 0)} records in ${segments} segments`;
  return [
    `The recording is the one that was closed, byte for byte: ${records}.`,
    `Its beginning and its end are entries ${openIndex} and ${closeIndex} of the log ${shown(origin)}, which has ${size} entries and is signed by the key in your policy.`,
    ...(cosigned.length === 0
      ? []
      : [
          `This log was seen by ${seen(cosigned)}: no other history of it can be shown to somebody who asks them.`,
        ]),
    ...(earlier === undefined ? [] : [enclosed(earlier)]),
  ];
}

function enclosed(earlier: NonNullable<ProvedSession["earlier"]>): string {
  const when = earlier.cosigned.length === 0 ? "" : `, seen by ${seen(earlier.cosigned)}`;
  return `The log had ${earlier.size} entries before the session${when}, and nothing of them has changed since.`;
}

function notProved({ close, cosigned, earlier, quorumNeeded }: ProvedSession): string[] {
  const gaps = numberOr(close.gaps, 0);
  const missing = numberOr(close.missing, 0);
  return [
    ...(close.state === "sealed"
      ? []
      : [
          `That the recording tells everything: it is ${word(close.state)}, with ${gaps} gaps and ${missing} records missing.`,
        ]),
    ...(cosigned.length === 0 && !quorumNeeded
      ? ["That nobody was shown another history: your policy asks for no witness."]
      : []),
    ...(earlier?.cosigned.length
      ? []
      : [
          "When it happened, other than by the broker's own clock: no witness saw the log shortly before.",
        ]),
    "What the records mean: their content was not read. With the site's key they can be played.",
    "What happened on the asset by other ways than this broker.",
  ];
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

/** The last moment that a date can name. */
const DATE_MAX_MS = 8.64e15;

function utc(ms: JsonValue | undefined): string {
  if (typeof ms !== "number" || Math.abs(ms) > DATE_MAX_MS) return "at an unknown time";
  return new Date(ms)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");
}

function shown(text: string): string {
  return plainText(text, TEXT_MAX);
}

function list(title: string, items: readonly string[]): string[] {
  return [title, ...items.map((item) => `  - ${item}`)];
}

function lines(...parts: readonly (readonly string[])[]): string {
  return `${parts.flat().join("\n")}\n`;
}
