/** JSON of sign-ins of native tools, as the page shows them that approves one. */
import { z } from "zod";
import { PROTOCOLS } from "../../plant/model.ts";

export const nativeAskSchema = z.object({
  id: z.string(),
  /** As it was typed: an asset, or `ASSET/ENDPOINT`. */
  target: z.string(),
  /** `ASSET/ENDPOINT`; null where the caller may open nothing by that name. */
  endpoint: z.string().nullable(),
  assetName: z.string().nullable(),
  protocol: z.enum(PROTOCOLS),
  address: z.string(),
  tool: z.string(),
  /** Name of the key, registered by its person, that the tool proved to hold. */
  key: z.string().nullable(),
  askedMs: z.number(),
  untilMs: z.number(),
  /** The tool shows one of them. */
  choices: z.array(z.number()),
  /** What it may be opened with; the page offers them where there are several. */
  grants: z.array(z.object({ id: z.string(), profile: z.string(), description: z.string() })),
});
export type NativeAskView = z.infer<typeof nativeAskSchema>;

export const doorsSchema = z.object({
  ssh: z
    .object({
      port: z.number(),
      /** As a line of `known_hosts` has it, without the host. */
      publicKey: z.string(),
      fingerprint: z.string(),
    })
    .nullable(),
  opcua: z.object({ port: z.number() }).nullable(),
});
export type DoorsView = z.infer<typeof doorsSchema>;

export const opcuaTicketSchema = z.object({
  /** The session that waits for the tool. */
  session: z.string(),
  port: z.number(),
  /** After host and port in the tool's address. */
  path: z.string(),
  user: z.string(),
  /** Shown once. */
  ticket: z.string(),
  untilMs: z.number(),
  /** SHA-256 of the broker's certificate, which the tool will ask to trust. */
  thumbprint: z.string(),
});
export type OpcuaTicketView = z.infer<typeof opcuaTicketSchema>;
