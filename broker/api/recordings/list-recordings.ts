import { z } from "zod";
import type { PlantInForce } from "../../access/access.ts";
import { BROKER_SUBJECT } from "../../access/permit.ts";
import type { RecordingHead, Recordings } from "../../evidence/recordings.ts";
import { reaches } from "../../identity/token-scope.ts";
import { indexOf } from "../../plant/plant-index.ts";
import { endpoint } from "../endpoint.ts";
import { recordingChoicesSchema, recordingSchema } from "../shapes/sessions.ts";
import { recordingView } from "./recording-view.ts";
import { maySeeHead } from "./visible-recording.ts";

/** What a page of the console holds; older ones follow by `after`. */
const PAGE_MAX = 1_000;
const BROKER = BROKER_SUBJECT.id;

const wall = z.coerce.number().int().nonnegative();

const filterSchema = z.strictObject({
  asset: z.string().max(100).optional(),
  person: z.string().max(100).optional(),
  /** Id of a site: where the asset is now, or the whole for one that is gone. */
  site: z.string().max(100).exactOptional(),
  state: z.enum(["open", "sealed", "gap", "aborted"]).optional(),
  /** Each word in id, names, endpoint, profile or cause, whatever the case. */
  contains: z.string().max(200).exactOptional(),
  /** A session that reaches into the time counts, wherever it began. Wall clock, ms. */
  fromMs: wall.exactOptional(),
  untilMs: wall.exactOptional(),
  /** Sessions that were opened together, by the id of the first. */
  visit: z.string().max(100).exactOptional(),
  /** Those of the broker's own sessions. */
  probes: z.enum(["with", "without", "only"]).default("with"),
  /** Id of the last one seen: older ones follow. */
  after: z.string().min(1).max(100).exactOptional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_MAX),
});
type Filter = z.output<typeof filterSchema>;

export function listRecordings(recordings: Recordings, plant: Pick<PlantInForce, "current">) {
  return endpoint({
    summary: "Recordings, newest first: all with `recording:all`, else one's own",
    query: filterSchema,
    answer: z.array(recordingSchema),
    handle: async (call) => {
      const { after, limit, site } = call.query;
      const { siteOfAsset } = indexOf(plant.current());
      const found = await recordings.page({
        ...(after !== undefined && { after }),
        limit,
        wanted: (head) =>
          maySeeHead(head, call) &&
          reaches(call.me, head.asset) &&
          (site === undefined || siteOfAsset(head.asset).id === site) &&
          matches(head, call.query),
      });
      return found.map(recordingView);
    },
  });
}

export function recordingChoices(recordings: Recordings) {
  return endpoint({
    summary: "How many recordings one may see, and the people and assets that occur in them",
    answer: recordingChoicesSchema,
    handle: async (call) => {
      const heads = await recordings.heads((head) => maySeeHead(head, call));
      const people = new Map(heads.map((head) => [head.subject, head.subjectName]));
      const assets = new Map(heads.map((head) => [head.asset, head.assetName]));
      const probes = heads.filter(({ subject }) => subject === BROKER).length;
      return {
        ...{ count: heads.length - probes, probes },
        people: named(people),
        assets: named(assets),
      };
    },
  });
}

function named(names: ReadonlyMap<string, string>) {
  return [...names].map(([id, name]) => ({ id, name }));
}

function matches(head: RecordingHead, filter: Filter): boolean {
  const { contains, fromMs, untilMs, probes } = filter;
  return (
    (filter.asset ?? head.asset) === head.asset &&
    (filter.person ?? head.subject) === head.subject &&
    (filter.state ?? head.state) === head.state &&
    (filter.visit === undefined || filter.visit === (head.visit ?? head.session)) &&
    (probes === "with" || (probes === "only") === (head.subject === BROKER)) &&
    head.endedMs >= (fromMs ?? 0) &&
    head.startedMs <= (untilMs ?? Number.POSITIVE_INFINITY) &&
    (contains === undefined || hasWords(head, contains))
  );
}

function hasWords(head: RecordingHead, words: string): boolean {
  const { session, subjectName, assetName, asset, zone, endpoint: at, profile, cause } = head;
  const text = [session, subjectName, assetName, asset, zone, at, profile, cause].join(" ");
  const lower = text.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
