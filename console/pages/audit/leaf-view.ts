/** A leaf as a row shows it; read from the entry itself, of which anything may be missing. */
import type { LogEntryView } from "../../../broker/api/shapes/log.ts";
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

/** @param names of people, by id */
export function leafView(
  { entry }: LogEntryView,
  names: Readonly<Record<string, string>>,
): LeafView {
  const leaf = membersOf(parse(entry));
  const what = textOf(leaf.name) ?? textOf(leaf.kind) ?? "unreadable";
  const person = namedOf(leaf.subject, names) ?? namedOf(leaf.personId ?? leaf.by, names);
  const asset = namedOf(leaf.asset, {});
  return {
    ...{ what, person, asset },
    atMs: numberOf(leaf.atMs),
    occurredMs: numberOf(leaf.occurredMs),
    session: textOf(leaf.session),
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
