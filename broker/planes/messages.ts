/** What control and a gateway say to each other, checked field by field on both sides. */
import { z } from "zod";

/** Who says more says it shortened. */
export const WORDS_MAX = 2_000;
/** Items of one request, as the guards bound them. */
const OPERATIONS_MAX = 10_000;

const CLASSES = ["observe", "operate", "configure", "program", "transfer"] as const;
/** Words for people; a hostile gateway does not fill the site's events with them. */
const words = z.string().max(WORDS_MAX);
/** What an asset's points are called and hold: ids of OPC UA nodes are long. */
const long = z.string().max(65_536);
const name = z.string().min(1).max(200);
const whole = z.number().int().min(0);
const number = whole.max(0xffff_ffff);
const classes = z.array(z.enum(CLASSES)).max(CLASSES.length);

const cause = z.object({ rule: name, reason: words, by: name.optional() });
const permit = z.object({ claims: z.string(), signature: z.string().max(200) });
const credential = z.union([
  z.object({ kind: z.literal("password"), user: z.string(), password: z.string() }),
  z.object({
    ...{ kind: z.literal("key"), user: z.string(), privateKey: z.string() },
    ...{ passphrase: z.string().optional(), certificate: z.string().optional() },
  }),
]);

/** An operation as its guard decoded it: class and action, and whatever its protocol adds. */
const operation = z.looseObject({ action: name, class: z.enum(CLASSES) });
const change = z.object({ point: long, now: long, asked: long });
/** JSON has no word for what is no number. */
const read = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
/** As JSON: what a person is asked is no longer than what a passkey signs, 16,384 letters. */
const SHOWN_MAX = 65_536;
const isShown = (what: object) => JSON.stringify(what).length <= SHOWN_MAX;
const hold = z
  .object({
    ...{ id: name, state: z.enum(["waiting", "lapsed", "asked"]), rule: name, reason: words },
    operations: z.array(operation).max(OPERATIONS_MAX),
    current: z.array(z.array(read).max(10_000)).max(OPERATIONS_MAX),
    changes: z.array(change).max(OPERATIONS_MAX),
    ...{ untilMs: z.number(), why: words },
  })
  .refine(isShown);
/** Of one session: more is shown to nobody. */
export const HOLDS_MAX = 200;
const holdAnswer = z.object({
  kind: z.enum(["permit", "refuse", "permit-next"]),
  ...{ by: name, name: words, actionId: name, digest: name, forMs: whole.optional() },
});

const of = { session: number };
const onChannel = { ...of, channel: number };
const asking = { ask: number };

export const TO_GATEWAY = z.discriminatedUnion("kind", [
  z.object({
    ...{ kind: z.literal("welcome"), permitKey: z.string().max(4_096) },
    /** `age1…` of those who may open what a gateway keeps of files with malware. */
    recipients: z.array(z.string().max(200)).max(64).default([]),
  }),
  /** Before the connection is closed: for who reads the gateway's log. */
  z.object({ kind: z.literal("goodbye"), reason: words }),
  z.object({
    ...{ kind: z.literal("enrolled"), gateway: name, certificate: z.string().max(16_384) },
    ...{ site: name, permitKey: z.string().max(4_096) },
  }),
  z.object({ kind: z.literal("lease"), beat: number }),
  z.object({
    ...{ kind: z.literal("open"), ...asking, ...of, permit, header: z.unknown() },
    ...{ credential: credential.nullable(), pins: z.array(name).max(64) },
  }),
  z.object({ kind: z.literal("identify"), ...asking, permit }),
  z.object({ kind: z.literal("attach"), ...asking, ...onChannel, peer: words }),
  z.object({ kind: z.literal("detach"), ...onChannel }),
  z.object({ kind: z.literal("credit"), ...onChannel, bytes: number }),
  z.object({ kind: z.literal("end"), ...of, cause }),
  z.object({ kind: z.literal("freeze"), ...of, cause }),
  z.object({ kind: z.literal("resume"), ...of, cause }),
  z.object({ kind: z.literal("rights"), ...of, classes, cause, basis: z.string().optional() }),
  z.object({ kind: z.literal("renew"), ...of }),
  z.object({ kind: z.literal("move-end"), ...of, untilMs: z.number(), cause }),
  z.object({ kind: z.literal("lapse"), ...of, condition: words, cause }),
  z.object({ kind: z.literal("meet"), ...of, condition: words, cause }),
  z.object({ kind: z.literal("activity"), ...of }),
  z.object({
    ...{ kind: z.literal("present"), ...of, present: z.boolean() },
    by: z.enum(["page", "tool"]).optional(),
  }),
  z.object({ kind: z.literal("watch"), ...of, watcher: number, subject: name }),
  z.object({ kind: z.literal("unwatch"), ...of, watcher: number }),
  z.object({ kind: z.literal("answer"), ...asking, ...of, hold: name, answer: holdAnswer }),
  z.object({ kind: z.literal("beforehand"), ...asking, ...of, operation }),
  z.object({ kind: z.literal("read-after"), ...asking, ...of }),
  z.object({ kind: z.literal("cut"), session: name }),
  z.object({ kind: z.literal("ack"), through: number }),
  z.object({ kind: z.literal("certificate"), certificate: z.string().max(16_384) }),
]);

/** What a gateway tells the owner of a session; the rest is said by control itself. */
const event = z.discriminatedUnion("kind", [
  z.object({
    ...{ kind: z.literal("decision"), channel: number, request: z.number(), action: name },
    verdict: z.enum(["permit", "deny", "hold"]),
    refusal: name.optional(),
    ...{ rule: name, reason: words, sequence: z.number(), answerByMs: z.number().optional() },
  }),
  z.object({
    ...{ kind: z.literal("answered"), hold: name, permitted: z.boolean(), by: words },
    changes: z
      .array(z.object({ point: long, asked: long }))
      .max(OPERATIONS_MAX)
      .refine(isShown),
    untilMs: z.number().optional(),
  }),
  z.object({
    ...{ kind: z.literal("deadline"), rule: z.enum(["grant-end", "idle", "absolute"]) },
    atMs: z.number(),
  }),
  z.object({
    ...{ kind: z.literal("recorder"), state: z.enum(["ready", "frozen"]), cause: words },
  }),
]);

const shown = z.object({
  kind: z.enum(["ssh-host-key", "opcua-certificate", "tls-certificate"]),
  ...{ fingerprint: name, algorithm: words, address: words },
  alsoWritten: z.array(z.object({ as: words, text: words })).max(16),
  certificate: z
    .object({
      ...{ subject: words, issuer: words, names: words },
      ...{ validFromMs: z.number(), validUntilMs: z.number() },
    })
    .optional(),
});

const state = z.object({
  /** Gateways of older builds do not count what the asset declined. */
  counts: z.object({
    ...{ observed: whole, changed: whole, refused: whole },
    declined: whole.default(0),
  }),
  lastActivityMs: z.number(),
  holds: z.array(hold).max(HOLDS_MAX),
});

export const FROM_GATEWAY = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("hello"), build: name }),
  z.object({ kind: z.literal("beat"), beat: number }),
  z.object({ kind: z.literal("reply"), ...asking, value: z.unknown() }),
  z.object({ kind: z.literal("refused"), ...asking, code: name, message: words }),
  z.object({ kind: z.literal("state"), ...of, state }),
  z.object({ kind: z.literal("event"), ...of, event }),
  z.object({ kind: z.literal("asked"), ...of, hold }),
  z.object({ kind: z.literal("over"), ...of, cause, dropped: whole }),
  z.object({ kind: z.literal("closed"), ...onChannel, cause }),
  z.object({ kind: z.literal("credit"), ...onChannel, bytes: number }),
  z.object({ kind: z.literal("strange"), ...of, endpoint: name, shown, pinned: z.boolean() }),
  z.object({ kind: z.literal("alarm"), ...of, text: words }),
  z.object({
    ...{ kind: z.literal("malware"), ...of, path: long, name: words },
    ...{ digest: z.string().regex(/^[0-9a-f]{64}$/), kept: words.nullable() },
  }),
  z.object({ kind: z.literal("scanner-away"), ...of, reason: words }),
  z.object({ kind: z.literal("exchanged"), ...of, reason: words }),
  z.object({
    kind: z.literal("operations"),
    counts: z
      .array(z.tuple([z.enum(CLASSES), z.enum(["permit", "deny", "hold"]), whole.max(10_000_000)]))
      .max(CLASSES.length * 3),
  }),
  z.object({ kind: z.literal("renew-certificate"), publicKey: z.string().max(4_096) }),
  z.object({ kind: z.literal("caught-up") }),
  /** Why the gateway's OPC UA process failed; null once it runs again. */
  z.object({ kind: z.literal("opcua"), failed: words.nullable() }),
]);

/** All that is listened to from who has proved nothing. */
export const FROM_STRANGER = z.object({
  ...{ kind: z.literal("enrol"), token: z.string().max(100), publicKey: z.string().max(4_096) },
});

export type ToGateway = z.output<typeof TO_GATEWAY>;
export type FromGateway = z.output<typeof FROM_GATEWAY>;

export const ATTACHED = z.object({ channel: number });
export const SHOWN = shown;
export const HOLD = hold;
export const HOLD_RESULT = z.object({
  kind: z.enum(["permitted", "refused", "void", "kept"]),
  reason: words,
});
export const BEFOREHAND = z.union([hold, words]);

/** Bytes of one channel and direction that may be on their way without having been returned. */
export const WINDOW = 262_144;
/** How long a gateway may go on without having heard control. */
export const LEASE_MS = 2_000;
/** How often it asks. */
export const BEAT_MS = 400;
/** A link on which nothing was heard for so long is given up. */
export const SILENCE_MAX_MS = 10_000;
