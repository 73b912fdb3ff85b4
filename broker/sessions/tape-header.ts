/** The header of a session's tape: who, what, under which right, by which build. */
import { createHash } from "node:crypto";
import { type Header, type HeaderTag, TAPE_VERSION } from "../../protocols/tape/record.ts";
import type { PermitClaims } from "../access/permit.ts";
import { canonicalJson } from "../access/permits.ts";
import type { Endpoint, Profile, Tag } from "../plant/model.ts";
import type { NodeTag } from "../plant/opcua-model.ts";
import { placesJudged } from "./opcua-places.ts";
import { pagesJudged } from "./screen-pages.ts";

/** What is recorded of SSH that older tapes do not have. */
export const SSH_NOW = { decidesRealpath: true, tellsPassed: true, looksAgain: true } as const;

/** Likewise of web panels. */
export function webNow(endpoint: Endpoint) {
  if (endpoint.protocol !== "web") return {};
  const { moreFields } = endpoint;
  return { readsJson: true as const, ...(moreFields && { moreFields }) };
}

/** Sessions share their endpoint and profile (`shared-claims.ts`): so they share what is made of them. */
const tagsOf = new WeakMap<Endpoint, readonly HeaderTag[]>();
const digestOf = new WeakMap<Profile, string>();

export function tapeHeader(claims: PermitClaims, build: string, startedMs: number): Header {
  const { session, site, subject, asset, endpoint, profile, grant, plantDigest } = claims;
  const pages = pagesJudged(endpoint, profile);
  const places = placesJudged(endpoint, profile);
  return {
    version: TAPE_VERSION,
    build,
    session,
    site: site.id,
    subject,
    asset,
    endpoint: { id: endpoint.id, protocol: endpoint.protocol },
    grant: {
      ...{ id: grant.id, profile: profile.id, until: grant.untilMs },
      ...(grant.breakGlass && { breakGlass: true }),
    },
    digests: { profile: profileDigest(profile), plant: plantDigest },
    tags: headerTags(endpoint),
    ...(pages.length > 0 && { pages }),
    ...(places && { places }),
    ...(endpoint.protocol === "ssh" && SSH_NOW),
    ...webNow(endpoint),
    ...(claims.leftDown && { leftDown: claims.leftDown }),
    ...(claims.visit !== undefined && { visit: claims.visit }),
    startedMs,
  };
}

/** What the first rights on a tape are because of: who of the control room agreed, if that was asked. */
export function beginning({ consent }: PermitClaims): string {
  const began = "the session began";
  return consent ? `${began}: ${consent.name} agreed to it; signed act ${consent.actionId}` : began;
}

function profileDigest(profile: Profile): string {
  const known = digestOf.get(profile);
  if (known !== undefined) return known;
  const digest = createHash("sha256").update(canonicalJson(profile)).digest("hex");
  digestOf.set(profile, digest);
  return digest;
}

function headerTags(endpoint: Endpoint): readonly HeaderTag[] {
  const known = tagsOf.get(endpoint);
  if (known !== undefined) return known;
  const nodes = endpoint.protocol === "opcua" ? endpoint.nodes.map(nodeTag) : [];
  const tags = [...endpoint.tags.map(headerTag), ...nodes];
  tagsOf.set(endpoint, tags);
  return tags;
}

function headerTag(tag: Tag): HeaderTag {
  const { name, unitId, table, address, type, wordOrder, scale, offset, unit } = tag;
  const states = tag.states.map(({ value, word }) => ({ value, word }));
  const words = states.length > 0 && { states };
  const report = tag.report && { report: tag.report };
  return {
    name,
    unitId,
    table,
    address,
    type,
    wordOrder,
    scale,
    offset,
    unit,
    ...words,
    ...report,
  };
}

/** A node has its value in its unit, and no register. */
function nodeTag({ name, node, unit, states, report }: NodeTag): HeaderTag {
  return {
    ...{ name, node, unit, unitId: 0, table: "nodes", address: 0 },
    ...{ type: "float64", wordOrder: "big", scale: 1, offset: 0 },
    ...(states.length > 0 && { states: states.map(({ value, word }) => ({ value, word })) }),
    ...(report && { report }),
  };
}
