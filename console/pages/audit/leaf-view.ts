/** A leaf as a row shows it; read from the entry itself, of which anything may be missing. */
import type { LogEntryView, LogPageView } from "../../../broker/api/shapes/log.ts";
import { auditText as words } from "../../text/audit.ts";

export interface LeafView {
  readonly atMs: number | null;
  /** `session:opened`, `session.open` */
  readonly what: string;
  readonly text: string;
  readonly person: { readonly id: string; readonly name: string } | null;
  readonly asset: { readonly id: string; readonly name: string } | null;
  readonly session: string | null;
  /** The event happened then; its leaf may have been written later. */
  readonly occurredMs: number | null;
}

type Members = Readonly<Record<string, unknown>>;

/** What the page knows beside the entries: names of people and assets, and whose a session is. */
export interface KnownNames extends Pick<LogPageView, "people" | "sessions"> {
  readonly assets: Readonly<Record<string, string>>;
}

export function leafView({ entry }: LogEntryView, known: KnownNames): LeafView {
  const leaf = membersOf(parse(entry));
  const what = textOf(leaf.name) ?? textOf(leaf.kind) ?? "unreadable";
  const session = textOf(leaf.session);
  const of =
    session !== null && Object.hasOwn(known.sessions, session)
      ? known.sessions[session]
      : undefined;
  const person =
    namedOf(leaf.subject, known.people) ??
    namedOf(leaf.personId ?? leaf.by ?? of?.person, known.people);
  const asset = namedOf(leaf.asset, known.assets) ?? namedOf(of?.asset, known.assets);
  return {
    ...{ what, person, asset, session },
    atMs: numberOf(leaf.atMs),
    occurredMs: numberOf(leaf.occurredMs),
    text: sentenceOf(what, leaf, person?.name ?? "", asset?.name ?? ""),
  };
}

function sentenceOf(what: string, leaf: Members, person: string, asset: string): string {
  if (what === "action.signed") {
    return [words.kindText[what], textOf(leaf.purpose)].filter(Boolean).join(": ");
  }
  if (what === "heartbeat") return words.heartbeat(numberOf(leaf.openSessions) ?? 0);
  if (what === "session.open") return words.opened(person, asset);
  const more = textOf(leaf.cause) ?? textOf(leaf.reason) ?? textOf(leaf.build);
  return textOf(leaf.text) ?? [words.kindText[what] ?? what, more].filter(Boolean).join(": ");
}

function parse(entry: string | null): unknown {
  try {
    return JSON.parse(entry ?? "null");
  } catch {
    return null;
  }
}

function membersOf(value: unknown): Members {
  return typeof value === "object" && value !== null ? (value as Members) : {};
}

function namedOf(value: unknown, names: Readonly<Record<string, string>>) {
  const id = textOf(value) ?? textOf(membersOf(value).id);
  if (id === null) return null;
  const known = Object.hasOwn(names, id) ? names[id] : undefined;
  return { id, name: textOf(membersOf(value).name) ?? known ?? id };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
