import { TABLES } from "../../../protocols/search/terms.ts";
import type { Answer } from "../../evidence/search/search.ts";
import type { CatalogueEntry, Hit } from "../../evidence/search/search-messages.ts";
import type { FoundRecordingView, FoundView, HitView } from "../shapes/search.ts";
import { cursorText } from "./page-cursor.ts";

/** Points of one hit that are told: a read of a whole table has hundreds. */
const POINTS_MAX = 24;

export function foundView({ hits, recordings, cursor, asked, behind }: Answer): FoundView {
  return {
    hits: hits.map(hitView),
    recordings: [...recordings.values()].map(foundRecordingView),
    cursor: cursor === undefined ? null : cursorText(cursor),
    ...{ asked, behind },
  };
}

function hitView({ session, at, row }: Hit): HitView {
  const { points, untilSequence: _, ...rest } = row;
  return {
    ...rest,
    ...{ recording: session, at },
    class: row.class ?? null,
    verdict: row.verdict ?? null,
    outcome: row.outcome ?? null,
    points: points.slice(0, POINTS_MAX).map(({ tag, unit, table, address, min, max }) => ({
      ...{ tag, unit, address, table: TABLES[table] ?? "coils" },
      ...{ min: known(min), max: known(max) },
    })),
  };
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function foundRecordingView({ header, state, endedMs }: CatalogueEntry): FoundRecordingView {
  const { session, subject, asset, endpoint, grant, startedMs, visit } = header;
  return {
    id: session,
    state,
    subject: { id: subject.id, name: subject.name },
    asset: { ...asset },
    endpoint: `${asset.id}/${endpoint.id}`,
    profile: grant.profile,
    ...(visit !== undefined && { visit }),
    ...{ startedMs, endedMs },
  };
}
