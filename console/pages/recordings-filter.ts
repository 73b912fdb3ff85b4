/** What the recordings list is narrowed to; it is part of the address. Pure. */
import type { RecordingView } from "../../broker/api/shapes/sessions.ts";
import { matchesFilter } from "../components/table-order.ts";
import { fromLocalInput } from "../components/time-words.ts";

const NAMES = ["text", "person", "asset", "state", "from", "until"] as const;
type Name = (typeof NAMES)[number];
/** Empty strings do not narrow. `from` and `until` as in `<input type="datetime-local">`. */
export type RecordingsFilter = Readonly<Record<Name, string>>;

export function filterFrom(search: URLSearchParams): RecordingsFilter {
  const values = NAMES.map((name) => [name, search.get(name) ?? ""]);
  return Object.fromEntries(values) as RecordingsFilter;
}

export const NO_FILTER: RecordingsFilter = filterFrom(new URLSearchParams());

export function filterToSearch(filter: RecordingsFilter): Record<string, string> {
  return Object.fromEntries(NAMES.map((name) => [name, filter[name]]).filter(([, v]) => v !== ""));
}

export function isNarrowed(filter: RecordingsFilter): boolean {
  return NAMES.some((name) => filter[name] !== "");
}

/** A session that reaches into the time asked for is shown, wherever it began. */
export function narrow(
  recordings: readonly RecordingView[],
  filter: RecordingsFilter,
): RecordingView[] {
  const fromMs = fromLocalInput(filter.from) ?? Number.NEGATIVE_INFINITY;
  const untilMs = fromLocalInput(filter.until) ?? Number.POSITIVE_INFINITY;
  return recordings.filter(
    (recording) =>
      (filter.person === "" || recording.subject.id === filter.person) &&
      (filter.asset === "" || recording.asset.id === filter.asset) &&
      (filter.state === "" || recording.state === filter.state) &&
      recording.endedMs >= fromMs &&
      recording.startedMs <= untilMs &&
      matchesFilter(filter.text, searchText(recording)),
  );
}

function searchText({ id, subject, asset, endpoint, profile, cause }: RecordingView): string {
  return [id, subject.name, asset.name, asset.id, asset.zone, endpoint, profile, cause].join(" ");
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** People or assets that occur, by name, once each. */
export function choicesOf(of: readonly { readonly id: string; readonly name: string }[]): Choice[] {
  const names = new Map(of.map(({ id, name }) => [id, name]));
  return [...names]
    .map(([value, label]) => ({ value, label }))
    .sort((a, b) => a.label.localeCompare(b.label));
}
