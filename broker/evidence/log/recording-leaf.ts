/** What the site log says of a recording that was closed: enough to know it again, byte by byte. */
import path from "node:path";
import type { JsonValue } from "../../../protocols/log/canonical-json.ts";
import { canonicalJson } from "../../../protocols/log/canonical-json.ts";
import type { Header } from "../../../protocols/tape/record.ts";
import { parseClose } from "../descriptions.ts";
import { DESCRIPTION_BYTES_MAX } from "../limits.ts";
import { readWhole, type Volume } from "../volume.ts";
import type { LogEvent } from "./leaf.ts";
import { sha256Hex } from "./sha256.ts";

/** The files that describe a recording; the segments are under the root of its close. */
export const DESCRIPTIONS = ["manifest.json", "index", "close.json", "progress"] as const;

/** SHA-256 (hex) of the header's canonical JSON. */
export function headerDigest(header: Header): string {
  return sha256Hex(Buffer.from(canonicalJson(header as unknown as JsonValue)));
}

export function openLeaf(header: Header): LogEvent {
  const { session, subject, asset, endpoint, grant, digests, startedMs, build } = header;
  return {
    kind: "session.open",
    session,
    subject: { id: subject.id, name: subject.name, roles: subject.roles },
    asset: { id: asset.id, name: asset.name, zone: asset.zone },
    endpoint: { id: endpoint.id, protocol: endpoint.protocol },
    grant: { id: grant.id, profile: grant.profile, untilMs: grant.until },
    digests: { profile: digests.profile, plant: digests.plant },
    header: headerDigest(header),
    startedMs,
    build,
  };
}

/** Undefined while the recording is not closed. */
export async function closeLeaf(
  volume: Volume,
  recordings: string,
  session: string,
): Promise<LogEvent | undefined> {
  const folder = path.join(recordings, session);
  if (!(await volume.exists(path.join(folder, "close.json")))) return undefined;
  const files: Record<string, string> = {};
  let close: ReturnType<typeof parseClose>;
  for (const name of DESCRIPTIONS) {
    const file = path.join(folder, name);
    // A recording of which nothing but the close could be saved has no more.
    if (!(await volume.exists(file))) continue;
    const bytes = await readWhole(volume, file, DESCRIPTION_BYTES_MAX);
    files[name] = sha256Hex(bytes);
    if (name === "close.json") close = parseClose(new TextDecoder().decode(bytes));
  }
  if (close === undefined) return undefined;
  const { state, cause, segments, records, bytes, gaps, missing, root, counts } = close;
  return {
    kind: state === "aborted" ? "session.aborted" : "session.close",
    session,
    state,
    cause: cause.slice(0, CAUSE_MAX),
    ...(close.end === undefined ? {} : { end: close.end.rule }),
    ...{ root, segments, records, bytes, gaps, missing },
    counts: { ...counts },
    files,
  };
}

/** A sentence fits; a leaf is no place for more. */
const CAUSE_MAX = 1_000;
