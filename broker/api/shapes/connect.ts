/**
 * How `sallyport connect` speaks with the broker: a WebSocket at `/api/connect` for what is said,
 * and one at `/api/connect/SESSION` for each connection of the tool, whose binary messages are the
 * tool's own bytes; the text `said all` means that nothing follows from that side, which may still
 * hear. Both are asked for with a token and a proof of the machine's key.
 *
 * The session belongs to the first one: with it gone, the tool's connections are closed, and the
 * session waits for it as long as its lease says.
 */
import { z } from "zod";
import type { SessionEvent } from "../../sessions/session.ts";
import type { NativeAskView } from "./native.ts";
import { type CauseView, liveSessionSchema } from "./sessions.ts";

export const CONNECT_PATH = "/api/connect";
/** In the handshake, so that another version is told before anything is said. */
export const CONNECT_PROTOCOL = "sallyport.connect.1";
/** The query of a connection whose command tells half-closes, and wants to be told of them. */
export const HALF_CLOSES = "half-closes";
/** One connection of a tool may send this much in a message. */
export const CONNECT_MESSAGE_MAX = 1_048_576;

const name = z.string().min(1).max(200);

export const fromConnect = z.discriminatedUnion("kind", [
  /** Opens a session, or asks the person to approve one. */
  z.strictObject({
    kind: z.literal("open"),
    /** `ASSET` or `ASSET/ENDPOINT`. */
    target: name,
    /** Where several grants are live. */
    profile: name.exactOptional(),
  }),
  /** Takes a session of one's own, or takes it back. */
  z.strictObject({ kind: z.literal("resume"), session: name }),
  /** The person did something: keeps idle away. */
  z.strictObject({ kind: z.literal("activity") }),
  z.strictObject({ kind: z.literal("end") }),
]);
export type FromConnect = z.infer<typeof fromConnect>;

/** How a tool is pointed at its port. */
export const toolSchema = z.object({
  protocol: z.string(),
  /** Of Modbus: those that may be addressed. A broker of before does not say. */
  units: z.array(z.number()).readonly().exactOptional(),
  /** Of SSH: the broker's host key, as a line of `known_hosts` has it, without the host. */
  hostKey: z.string().exactOptional(),
  /** Of OPC UA: SHA-256 of the broker's certificate, and a ticket that each connection shows. */
  thumbprint: z.string().exactOptional(),
  ticket: z.string().exactOptional(),
});

export const openedSchema = z.object({
  kind: z.literal("opened"),
  session: liveSessionSchema,
  tool: toolSchema,
  /** How long the session waits for a command that was cut off. */
  leaseMs: z.number(),
});
export type Opened = z.infer<typeof openedSchema>;

/** What a command relies on, of whatever version the broker is: the rest is as it comes. */
export const toConnect = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ask"), url: z.url(), number: z.number(), untilMs: z.number() }),
  z.object({
    kind: z.literal("opened"),
    session: z.looseObject({
      ...{ id: z.string(), endpoint: z.string(), untilMs: z.number() },
      asset: z.looseObject({ name: z.string() }),
      capabilities: z.array(z.string()),
    }),
    tool: toolSchema,
    leaseMs: z.number(),
  }),
  z.object({ kind: z.literal("refused"), code: z.string(), message: z.string() }),
  z.object({ kind: z.literal("event"), event: z.looseObject({ kind: z.string() }) }),
  z.object({ kind: z.literal("channel"), reason: z.string() }),
  z.object({
    kind: z.literal("over"),
    cause: z.object({ rule: z.string(), reason: z.string(), by: z.string().exactOptional() }),
  }),
]);

export type ToConnect =
  | ({ readonly kind: "ask"; readonly url: string; readonly number: number } & Pick<
      NativeAskView,
      "untilMs"
    >)
  | Opened
  /** Nothing was opened. */
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  | { readonly kind: "event"; readonly event: SessionEvent }
  /** A connection of the tool could not be opened, or was closed by the asset. */
  | { readonly kind: "channel"; readonly reason: string }
  /** The session is worked in elsewhere, or the sign-in is over: no further word follows. */
  | { readonly kind: "over"; readonly cause: CauseView };
