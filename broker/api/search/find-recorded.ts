import { printQuery } from "../../../protocols/search/print-query.ts";
import type { Term } from "../../../protocols/search/terms.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { endpoint } from "../endpoint.ts";
import { foundSchema, searchSchema } from "../shapes/search.ts";
import { askSearch, type SearchRouteParts } from "./ask-search.ts";
import { foundView } from "./found-view.ts";
import { parseCursor } from "./page-cursor.ts";

/** Searching the sessions of others is itself noted, with what was looked for. */
export function findRecorded(parts: SearchRouteParts, siteLog: Pick<SiteEvents, "record">) {
  return endpoint({
    summary: "Operations, texts and happenings in the recordings that one may see, newest first",
    body: searchSchema,
    answer: foundSchema,
    handle: async (call) => {
      const { terms, cursor, limit } = call.body;
      const { person } = call.me;
      if (call.rights.has("recording:all") && cursor === undefined) {
        await siteLog.record({
          kind: "recording:searched",
          priority: "event",
          text: `${person.name} searched the recordings for ${asked(terms)}`,
          subject: person.id,
        });
      }
      const place = cursor === undefined ? undefined : parseCursor(cursor);
      return foundView(await askSearch(parts, call, { terms, limit, cursor: place }));
    },
  });
}

export function asked(terms: readonly Term[]): string {
  return printQuery(terms, (ms) => new Date(ms).toISOString()) || "everything";
}
