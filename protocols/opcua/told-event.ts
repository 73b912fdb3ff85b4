/** Events (Part 4, 7.17 and 7.20.3) as a subscription delivered them: what people read of them. */
import type { QualifiedName } from "./built-in.ts";
import type { ShortValue } from "./variant.ts";

/** What an asset said about itself. All of it is the asset's words: text. */
export interface NodeEvent {
  readonly source: string;
  readonly message: string;
  /** 1 to 1,000; undefined where it was not asked for. */
  readonly severity: number | undefined;
}

/** The names of the fields that an event filter asks for, in its order. */
export function namesOfFields(filter: unknown): readonly string[] | undefined {
  const { selectClauses } = (filter ?? {}) as { readonly selectClauses?: readonly Clause[] };
  return selectClauses?.map(({ browsePath }) => browsePath.map(({ name }) => name).join("/"));
}

interface Clause {
  readonly browsePath: readonly QualifiedName[];
}

export function eventOf(names: readonly string[], fields: readonly ShortValue[]): NodeEvent {
  const field = (name: string) => fields[names.indexOf(name)];
  const text = (name: string) => {
    const found = field(name);
    return found === undefined || found.type === "Null" ? "" : found.text;
  };
  const rest = fields.map((each) => each.text).join(", ");
  return {
    source: text("SourceName"),
    message: text("Message") || (names.includes("Message") ? "" : rest),
    severity: field("Severity")?.number,
  };
}

/** For example `T301.LevelLow: Level is low (severity 800)`. */
export function eventText({ source, message, severity }: NodeEvent): string {
  const what = [source, message].filter((each) => each !== "").join(": ");
  return severity === undefined ? what : `${what} (severity ${severity})`.trimStart();
}
