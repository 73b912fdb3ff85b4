import { z } from "zod";
import type { PlantInForce } from "../../access/access.ts";
import { type AuditLog, type AuditPage, PAGE_MAX } from "../../evidence/audit/audit-log.ts";
import type { LeafFilter } from "../../evidence/audit/leaf-index.ts";
import type { People } from "../../identity/identity.ts";
import type { Plant } from "../../plant/model.ts";
import { indexOf } from "../../plant/plant-index.ts";
import { endpoint } from "../endpoint.ts";
import { instant } from "../parameters.ts";
import { notFound } from "../problem.ts";
import { logPageSchema } from "../shapes/log.ts";
import { namesIn, pageView, placeText, sessionsIn, withIndex } from "./log-views.ts";

const name = z.string().min(1).max(200);
const number = z.coerce.number().pipe(instant);

/** All that are given must fit. */
export const filterShape = {
  /** A kind such as `session:opened`, or an area such as `session`. */
  what: name.exactOptional(),
  person: name.exactOptional(),
  asset: name.exactOptional(),
  /** Id of a site: what is about an asset that the plant file in force has there. */
  site: name.exactOptional(),
  session: name.exactOptional(),
  /** Words; the beginning of one is enough. */
  text: name.exactOptional(),
  fromMs: number.exactOptional(),
  untilMs: number.exactOptional(),
  /** `1`: also what the log says of itself once a minute. */
  routine: z.literal("1").exactOptional(),
};

type Asked = Omit<LeafFilter, "assets" | "routine"> & {
  readonly site?: string;
  readonly routine?: "1";
};

export function filterOf({ routine, site, ...filter }: Asked, plant: Plant): LeafFilter {
  const { siteOfAsset } = indexOf(plant);
  const at = (id: string) => siteOfAsset(id).id === site;
  return {
    ...filter,
    ...(site !== undefined && { assets: plant.assets.map(({ id }) => id).filter(at) }),
    ...(routine !== undefined && { routine: true }),
  };
}

/** Rows that fill a window, with their proofs. */
const PAGE_USUAL = 50;

export function listLogEntries(
  audit: AuditLog,
  people: Pick<People, "list">,
  plant: Pick<PlantInForce, "current">,
) {
  return endpoint({
    summary: "Leaves of the site log with their proofs, newest first, at most 200 at once",
    query: z.strictObject({
      ...filterShape,
      before: placeText.exactOptional(),
      limit: z.coerce.number().int().min(1).max(PAGE_MAX).exactOptional(),
    }),
    answer: logPageSchema,
    handle: async ({ query: { before, limit, ...filter } }) => {
      const found = await withIndex(() =>
        audit.page(filterOf(filter, plant.current()), before, limit ?? PAGE_USUAL),
      );
      return namedPage(audit, people, found);
    },
  });
}

async function namedPage(audit: AuditLog, people: Pick<People, "list">, found: AuditPage) {
  const page = await pageView(audit, found);
  const sessions = await sessionsIn(audit, page.entries);
  const known = await people.list();
  const named = namesIn(page.entries, known);
  for (const { person } of Object.values(sessions)) {
    const name = known.find(({ id }) => id === person)?.name;
    if (person !== null && name !== undefined) named[person] = name;
  }
  return { ...page, sessions, people: named };
}

export function showLogEntry(audit: AuditLog, people: Pick<People, "list">) {
  return endpoint({
    summary: "One leaf of the site log with its proof towards the newest checkpoint",
    params: z.strictObject({ id: placeText }),
    answer: logPageSchema,
    handle: async ({ params }) => {
      const found = await audit.entry(params.id);
      if (!found) throw notFound();
      return namedPage(audit, people, found);
    },
  });
}
