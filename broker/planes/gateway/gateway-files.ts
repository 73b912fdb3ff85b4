/** What a gateway keeps: who it is, which control it belongs to, and its key. No rights, no secrets of assets. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { checkPrivateFile } from "../../store/data-folder.ts";
import { writeWhole } from "../../write-whole.ts";

const MEMBERSHIP = z.object({
  gateway: z.string(),
  site: z.string(),
  control: z.object({ host: z.string(), port: z.number() }),
  serverName: z.string(),
  /** PEM of the site's authority. */
  authority: z.string(),
  /** PEM of the key that control signs permits with. */
  permitKey: z.string(),
  /** Own certificate and key in PEM; replaced together. */
  certificate: z.string(),
  key: z.string(),
});

export type Membership = z.output<typeof MEMBERSHIP>;

export function membershipFile(dataFolder: string): string {
  return join(dataFolder, "gateway.json");
}

/** Undefined where it has not joined. @throws Error if others can read it, or it is broken */
export function readMembership(dataFolder: string): Membership | undefined {
  const file = membershipFile(dataFolder);
  if (!existsSync(file)) return undefined;
  checkPrivateFile(file);
  return MEMBERSHIP.parse(JSON.parse(readFileSync(file, "utf8")));
}

export function keepMembership(dataFolder: string, membership: Membership): void {
  writeWhole(membershipFile(dataFolder), `${JSON.stringify(membership, undefined, 2)}\n`);
}
