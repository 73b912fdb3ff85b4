/**
 * Where the active broker is reached by the others, as it publishes it in the database: sealed, so
 * that whoever can write there leads nobody to a place of theirs, and with the certificate that it
 * shows. That one's key is in its memory alone: nobody else can be taken for it, whatever they read.
 */
import { CompiledQuery } from "kysely";
import { z } from "zod";
import type { SqlStatement } from "../store/engine.ts";
import type { Queries } from "../store/schema.ts";
import { writeSetting } from "../store/settings.ts";
import type { PeerKey } from "./peer-key.ts";

/** Name of the setting in the database. */
export const ACTIVE_SETTING = "active-broker";
/** The server tells those who listen here that it is another one now. */
export const ACTIVE_CHANNEL = "sallyport_active";
export const LISTEN: SqlStatement = { sql: `listen ${ACTIVE_CHANNEL}`, parameters: [] };

/** A certificate of one key. */
const CERTIFICATE_MAX = 4_096;

const PLACE = z.strictObject({
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535),
  certificate: z.string().max(CERTIFICATE_MAX),
});
const PUBLISHED = z.strictObject({ place: PLACE, seal: z.string() });

export type ActivePlace = z.output<typeof PLACE>;

export function sealPlace(place: ActivePlace, key: PeerKey): string {
  return JSON.stringify({ place, seal: key.seal("active broker", JSON.stringify(place)) });
}

/** Undefined for whatever no broker of the site has published. */
export function placeIn(text: string, key: PeerKey): ActivePlace | undefined {
  const published = PUBLISHED.safeParse(jsonOf(text)).data;
  if (!published) return undefined;
  const { place, seal } = published;
  return key.isSeal(seal, "active broker", JSON.stringify(place)) ? place : undefined;
}

/** Those that wait hear of it at once. @throws StoreAway, StoreFailed */
export async function publish(queries: Queries, sealed: string): Promise<void> {
  await writeSetting(queries, ACTIVE_SETTING, sealed);
  await queries.executeQuery(CompiledQuery.raw(`select pg_notify('${ACTIVE_CHANNEL}', '')`));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
