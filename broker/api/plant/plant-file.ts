/** The plant file as text, its versions, and what is wrong with a text. */
import { basename } from "node:path";
import { z } from "zod";
import type { PlantConfirmation } from "../../access/plant-confirmation.ts";
import type { PlantEdits } from "../../access/plant-edits.ts";
import type { ParsedPlant } from "../../plant/parse-plant.ts";
import type { PlantHistory, PlantVersion } from "../../plant/plant-history.ts";
import { FILE_BYTES_MAX } from "../../plant/plant-limits.ts";
import type { PlantSource } from "../../plant/plant-source.ts";
import { whyReadOnly } from "../../plant/plant-writer.ts";
import type { Person } from "../../store/model.ts";
import { endpoint } from "../endpoint.ts";
import { notFound } from "../problem.ts";
import {
  type PlantCheckView,
  type PlantFileView,
  type PlantVersionTextView,
  type PlantVersionView,
  plantCheckSchema,
  plantFileSchema,
  plantImportOrderSchema,
  plantImportSchema,
  plantTextSchema,
  plantVersionTextSchema,
} from "../shapes/plant-file.ts";
import { writeTexts } from "../written-json.ts";

export interface PlantFileGround {
  readonly edits: PlantEdits;
  readonly source: PlantSource;
  readonly history: PlantHistory;
  /** Where it lies; only its name is told. */
  readonly path: string;
}

/** A text of the largest size as JSON: line ends and quotation marks, a few in a hundred, take two bytes. */
export const PLANT_BODY_BYTES_MAX = 1.25 * FILE_BYTES_MAX;
/** What a page lists; older ones are found by their number. */
const VERSIONS_MAX = 200;

interface Needs {
  readonly plantConfirmation: Pick<PlantConfirmation, "needed">;
  readonly needsWhatIf: boolean;
}

export function showPlantFile(ground: PlantFileGround, { plantConfirmation, needsWhatIf }: Needs) {
  return endpoint({
    summary: "The plant file: its text in force, whether it can be changed, its versions",
    answer: plantFileSchema,
    handle: async ({ me }) => {
      const { source, history, path } = ground;
      const disk = source.onDisk();
      const { digest } = source.current();
      const held = source.held();
      const rest = {
        ...{ name: basename(path), digest },
        onDisk: disk && disk.digest !== digest ? { ...disk } : null,
        problem: source.problem() ?? null,
        readOnly: (await whyReadOnly(path)) ?? null,
        ...{ needsSecond: plantConfirmation.needed, needsWhatIf },
        held: held ? heldView(ground, held, me.person) : null,
        versions: history.versions().slice(-VERSIONS_MAX).toReversed().map(versionView),
      };
      return writeTexts<PlantFileView, "text">(rest, { text: source.currentText() });
    },
  });
}

function heldView(
  { edits }: PlantFileGround,
  held: NonNullable<ReturnType<PlantSource["held"]>>,
  me: Person,
): NonNullable<PlantFileView["held"]> {
  const by = edits.proposer(held);
  return {
    digest: held.plant.digest,
    byName: by?.name ?? null,
    note: by?.note ?? "",
    mine: by?.id === me.id,
  };
}

export function showPlantVersion({ history }: PlantFileGround) {
  return endpoint({
    summary: "The text of an earlier version of the plant file",
    /** The number of the version. */
    params: z.strictObject({ id: z.coerce.number().int().min(1) }),
    answer: plantVersionTextSchema,
    handle: async ({ params: { id } }) => {
      const version = history.versions().find(({ sequence }) => sequence === id);
      if (!version) throw notFound();
      const text = await history.text(id);
      const rest = { version: versionView(version) };
      return writeTexts<PlantVersionTextView, "text">(rest, { text });
    },
  });
}

export function checkPlantText({ edits }: PlantFileGround) {
  return endpoint({
    summary: "All that is wrong with a text of the plant file; nothing changes",
    body: plantTextSchema,
    bodyBytesMax: PLANT_BODY_BYTES_MAX,
    answer: plantCheckSchema,
    handle: async ({ body }) => checkView(await edits.check(body.text)),
  });
}

export function importIntoPlant({ edits }: PlantFileGround) {
  return endpoint({
    summary: "Rows of a sheet (CSV) into a text of the plant file; nothing changes",
    body: plantImportOrderSchema,
    bodyBytesMax: 2 * PLANT_BODY_BYTES_MAX,
    answer: plantImportSchema,
    handle: async ({ body }) => {
      const { problems, preview, ...made } = await edits.import(body);
      return { ...made, problems: [...problems], preview: [...preview] };
    },
  });
}

function checkView(parsed: ParsedPlant): PlantCheckView {
  if (parsed.kind === "plant") {
    return { valid: true, problems: [], warnings: parsed.warnings.map((each) => ({ ...each })) };
  }
  return { valid: false, problems: parsed.problems.map((each) => ({ ...each })), warnings: [] };
}

function versionView({ sequence, digest, atMs, byName, note }: PlantVersion): PlantVersionView {
  return { sequence, digest, atMs, byName, note };
}
