/** The header of a session's tape: who, what, under which right, by which build. */
import { createHash } from "node:crypto";
import { type Header, type HeaderTag, TAPE_VERSION } from "../../protocols/tape/record.ts";
import type { PermitClaims } from "../access/permit.ts";
import { canonicalJson } from "../access/permits.ts";
import type { Tag } from "../plant/model.ts";

export function tapeHeader(claims: PermitClaims, build: string, startedMs: number): Header {
  const { session, site, subject, asset, endpoint, profile, grant, plantDigest } = claims;
  const profileDigest = createHash("sha256").update(canonicalJson(profile)).digest("hex");
  return {
    version: TAPE_VERSION,
    build,
    session,
    site: site.id,
    subject,
    asset,
    endpoint: { id: endpoint.id, protocol: endpoint.protocol },
    grant: { id: grant.id, profile: profile.id, until: grant.untilMs },
    digests: { profile: profileDigest, plant: plantDigest },
    tags: endpoint.tags.map(headerTag),
    startedMs,
  };
}

function headerTag(tag: Tag): HeaderTag {
  const { name, unitId, table, address, type, wordOrder, scale, offset, unit } = tag;
  const states = tag.states.map(({ value, word }) => ({ value, word }));
  const words = states.length > 0 && { states };
  return { name, unitId, table, address, type, wordOrder, scale, offset, unit, ...words };
}
