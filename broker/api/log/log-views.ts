/** Leaves and checkpoints as the API shows them. */
import { z } from "zod";
import { toBase64 } from "../../../protocols/log/base64.ts";
import { type AuditLog, type AuditPage, AuditUnavailable } from "../../evidence/audit/audit-log.ts";
import type { LeafPlace } from "../../evidence/audit/leaf-index.ts";
import type { LogHead, ReadEntry } from "../../evidence/audit/log-reader.ts";
import { ApiRefused } from "../problem.ts";
import type { LogEntryView, LogHeadView, LogPageView } from "../shapes/log.ts";

/** `LOG-INDEX` */
export const placeText = z
  .string()
  .regex(/^[1-9]\d{0,3}-(0|[1-9]\d{0,11})$/)
  .transform((text): LeafPlace => {
    const [log = 0, index = 0] = text.split("-").map(Number);
    return { log, index };
  });

export function placeOf({ log, index }: LeafPlace): string {
  return `${log}-${index}`;
}

export async function headView(
  { reader }: Pick<AuditLog, "reader">,
  { number, origin, size, note }: LogHead,
): Promise<LogHeadView> {
  return { number, origin, size, note, key: (await reader.keyOf(number)) ?? null };
}

export function entryView(entry: ReadEntry): LogEntryView {
  const { log, index, bytes, proof, problem } = entry;
  return {
    ...{ id: placeOf(entry), log, index },
    entry: bytes === undefined ? null : new TextDecoder().decode(bytes),
    proof: proof.map(toBase64),
    problem: problem ?? null,
  };
}

export async function pageView(audit: Pick<AuditLog, "reader">, page: AuditPage) {
  return {
    heads: await Promise.all(page.heads.map((head) => headView(audit, head))),
    entries: page.entries.map(entryView),
    next: page.next === undefined ? null : placeOf(page.next),
  };
}

/** Names of those of these people whose ids stand in the entries. */
export function namesIn(
  entries: readonly LogEntryView[],
  known: readonly { readonly id: string; readonly name: string }[],
): Record<string, string> {
  const text = entries.map(({ entry }) => entry).join("\n");
  const named = known.filter(({ id }) => text.includes(`"${id}"`));
  return Object.fromEntries(named.map(({ id, name }) => [id, name]));
}

/** Whose sessions the entries name, and where; by the session's id. */
export async function sessionsIn(
  audit: Pick<AuditLog, "sessionsOf">,
  entries: readonly LogEntryView[],
): Promise<LogPageView["sessions"]> {
  const named = entries.flatMap(({ entry }) =>
    [...(entry ?? "").matchAll(SESSION)].map(([, id = ""]) => id),
  );
  const known = await audit.sessionsOf([...new Set(named)]);
  return Object.fromEntries(known.map(({ id, person, asset }) => [id, { person, asset }]));
}

/** As canonical JSON writes the member; an id needs no escaping. */
const SESSION = /"session":"([^"\\]{1,100})"/g;

/** Runs what needs the index. @throws ApiRefused `index-unavailable` */
export async function withIndex<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AuditUnavailable)) throw error;
    throw new ApiRefused(
      503,
      "index-unavailable",
      `The index of the site log cannot be used (${error.message}). The log itself is not concerned; try again in a minute.`,
    );
  }
}
