/**
 * Rows of a sheet into a plant file: tags of endpoints, or assets with their endpoints. Nothing
 * counts by that: it is a text to look at, to plan and to sign. Pure; never throws.
 */
import { parsePlant } from "../parse-plant.ts";
import { readYaml } from "../yaml-document.ts";
import { type Inserted, type Insertion, insertLines, type NewLine } from "./insert-lines.ts";
import { type Outline, outlineOf } from "./pieced-outline.ts";
import { type CsvProblem, readCsv } from "./read-csv.ts";
import { type CellValue, type Columns, readSheet, type SheetRow } from "./sheet.ts";

export type ImportKind = "tags" | "assets";

export interface PlantImport {
  readonly kind: ImportKind;
  /** The plant file that the rows are put into. */
  readonly text: string;
  readonly csv: string;
  /** `ASSET/ENDPOINT` for tags whose rows do not say where. */
  readonly endpoint?: string;
}

export interface ImportedPlant {
  /** As given where there are problems. */
  readonly text: string;
  readonly rows: number;
  /** By lines of the sheet. */
  readonly problems: readonly CsvProblem[];
  /** What would be written, with the line of the sheet. */
  readonly preview: readonly CsvProblem[];
}

const TAG_COLUMNS: Columns = {
  ...{ asset: "text", endpoint: "text" },
  ...{ name: "text", register: "text", table: "text", address: "whole", node: "text" },
  ...{ type: "text", "unit-id": "whole", "word-order": "text" },
  ...{ scale: "number", offset: "number", unit: "text", min: "number", max: "number" },
  ...{ states: "states", "hold-distance": "number", report: "flag", description: "text" },
};
const ENDPOINT_COLUMNS = {
  ...{ endpoint: "text", protocol: "text", address: "text", units: "units" },
  ...{ connection: "text", security: "text", "allow-local": "flag" },
} as const satisfies Columns;
const ASSET_COLUMNS: Columns = {
  ...{ id: "text", name: "text", zone: "text", vendor: "text", model: "text" },
  ...{ description: "text", ...ENDPOINT_COLUMNS },
};
const PREVIEW_MAX = 200;

export function importPlant(asked: PlantImport): ImportedPlant {
  const none = (problems: readonly CsvProblem[]): ImportedPlant => ({
    ...{ text: asked.text, rows: 0, problems, preview: [] },
  });
  const csv = readCsv(asked.csv);
  if (csv.kind === "invalid") return none([csv.problem]);
  const columns = asked.kind === "tags" ? TAG_COLUMNS : ASSET_COLUMNS;
  const { rows, problems } = readSheet(csv.rows, columns, csv.decimalComma);
  if (problems.length > 0) return none(problems);
  if (rows.length === 0) return none([{ line: 1, message: "there are no rows below the names" }]);
  if (readYaml(asked.text).report.failed) {
    return none([{ line: 0, message: "the plant file is not valid; mend it before you import" }]);
  }
  const placed = place(asked, rows);
  if (placed.problems.length > 0) return none(placed.problems);
  const inserted = insertLines(asked.text, placed.insertions);
  const wrong = problemsOf(inserted);
  const preview = placed.insertions.flatMap(({ lines }) =>
    lines.map(({ text, from }) => ({ line: from, message: text })),
  );
  const made = { rows: rows.length, problems: wrong, preview: preview.slice(0, PREVIEW_MAX) };
  return { text: wrong.length > 0 ? asked.text : inserted.text, ...made };
}

/** What the plant's own rules say about the new lines, told by the lines of the sheet. */
function problemsOf({ text, origins }: Inserted): readonly CsvProblem[] {
  const parsed = parsePlant(text, "plant file");
  if (parsed.kind === "plant") return [];
  const own = parsed.problems.flatMap(({ line, message }) => {
    const from = origins.get(line);
    return from === undefined ? [] : [{ line: from, message }];
  });
  // What was wrong before stays for the editor; where nothing points to a row, say it all the same.
  return own;
}

interface Placed {
  readonly insertions: readonly Insertion[];
  readonly problems: readonly CsvProblem[];
}

function place(asked: PlantImport, rows: readonly SheetRow[]): Placed {
  const outline = outlineOf(asked.text);
  return asked.kind === "tags" ? tags(outline, asked.endpoint, rows) : assets(outline, rows);
}

function tags(outline: Outline, endpoint: string | undefined, rows: readonly SheetRow[]): Placed {
  const groups = groupBy(rows, (row) => whereOf(row, endpoint));
  const problems: CsvProblem[] = [];
  const insertions: Insertion[] = [];
  for (const [where, own] of groups) {
    const [asset = "", id = ""] = where.split("/");
    const line = own[0]?.line ?? 0;
    const found = where === "" ? NOWHERE : (outline.tagsOf(asset, id) ?? `there is no ${where}`);
    if (typeof found === "string") problems.push({ line, message: found });
    else insertions.push({ ...found, lines: own.map(tagLine) });
  }
  return { insertions, problems };
}

const NOWHERE =
  'say where it belongs: choose an endpoint, or add the columns "asset" and "endpoint"';

function whereOf({ values }: SheetRow, endpoint: string | undefined): string {
  const [asset, id] = [values.get("asset"), values.get("endpoint")];
  if (asset === undefined || id === undefined) return endpoint ?? "";
  return `${String(asset)}/${String(id)}`;
}

function tagLine({ line, values }: SheetRow): NewLine {
  return { text: `- ${flow(TAG_COLUMNS, values, ["asset", "endpoint"])}`, from: line };
}

function assets(outline: Outline, rows: readonly SheetRow[]): Placed {
  const problems: CsvProblem[] = [];
  const insertions: Insertion[] = [];
  const fresh: NewLine[] = [];
  for (const [id, own] of groupBy(rows, ({ values }) => String(values.get("id") ?? ""))) {
    const known = id === "" ? undefined : outline.endpointsOf(id);
    const endpoints = own.flatMap(endpointLines);
    if (endpoints.length === 0) problems.push({ line: own[0]?.line ?? 0, message: NO_ENDPOINT });
    else if (known === undefined) fresh.push(...assetLines(own), ...endpoints.map(deeper));
    else if (typeof known === "string") problems.push({ line: own[0]?.line ?? 0, message: known });
    else insertions.push({ ...known, lines: endpoints });
  }
  const behind = outline.assets();
  if (fresh.length > 0) {
    if (typeof behind === "string") problems.push({ line: 0, message: behind });
    else insertions.push({ ...behind, lines: fresh });
  }
  return { insertions, problems };
}

const NO_ENDPOINT = 'an asset has endpoints: fill "endpoint", "protocol" and "address"';

/** The first row of an asset says what it is; the others add endpoints. */
function assetLines([row]: readonly SheetRow[]): readonly NewLine[] {
  if (!row) return [];
  const head = ["id", "name", "zone", "vendor", "model", "description"].flatMap((key) => {
    const value = row.values.get(key);
    return value === undefined ? [] : [`${key}: ${written(value)}`];
  });
  const [first = 'id: ""', ...others] = head;
  const lines = [`- ${first}`, ...others.map((each) => `  ${each}`), "  endpoints:"];
  return lines.map((text) => ({ text, from: row.line }));
}

function deeper({ text, from }: NewLine): NewLine {
  return { text: `    ${text}`, from };
}

/** A key a line, so that tags can be added to it later. */
function endpointLines({ line, values }: SheetRow): readonly NewLine[] {
  const pairs = Object.keys(ENDPOINT_COLUMNS).flatMap((key) => {
    const value = values.get(key);
    return value === undefined ? [] : [`${key === "endpoint" ? "id" : key}: ${written(value)}`];
  });
  return pairs.map((pair, at) => ({ text: `${at === 0 ? "-" : " "} ${pair}`, from: line }));
}

/** `{ name: P101.Speed, register: 40012 }`, in the order of the columns. */
function flow(
  columns: Columns,
  values: ReadonlyMap<string, CellValue>,
  without: readonly string[],
): string {
  const pairs = Object.keys(columns).flatMap((key) => {
    const value = values.get(key);
    return value === undefined || without.includes(key) ? [] : [`${key}: ${written(value)}`];
  });
  return `{ ${pairs.join(", ")} }`;
}

function written(value: CellValue): string {
  if (typeof value === "string") return scalar(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  const pairs = Object.entries(value).map(([key, word]) => `${key}: ${scalar(String(word))}`);
  return `{ ${pairs.join(", ")} }`;
}

/** Words that YAML 1.2 does not take for a word. */
const NO_WORD = /^(?:true|false|null|~|y|n|yes|no|on|off)$/i;

/** Plain where it can be nothing else; quoted, everything is a word. */
function scalar(text: string): string {
  if (/^\d{5,6}$/.test(text)) return text;
  const plain = /^[A-Za-z][\w .°³²/%µ-]*$/.test(text) && !NO_WORD.test(text);
  return plain ? text : JSON.stringify(text);
}

function groupBy(
  rows: readonly SheetRow[],
  keyOf: (row: SheetRow) => string,
): ReadonlyMap<string, readonly SheetRow[]> {
  const groups = new Map<string, SheetRow[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key) ?? [];
    if (group.length === 0) groups.set(key, group);
    group.push(row);
  }
  return groups;
}
