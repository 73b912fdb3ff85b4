/** What a page may say. Everything is checked here: a page that says anything else is not ours. */
import { z } from "zod";
import type { Logger } from "../../log.ts";
import {
  type AttachAnswer,
  CHANNEL_NAME,
  FROM_NEWEST,
  type LiveAnswer,
  type ResumeAnswer,
  TAPE_CREDIT,
} from "../shapes/live.ts";
import type { MessageRate } from "./message-rate.ts";
import type { OwnerLinks } from "./owner-links.ts";
import type { Page } from "./page-socket.ts";
import type { WatchLinks } from "./watch-links.ts";

export interface MessageParts {
  readonly owners: OwnerLinks;
  readonly watches: WatchLinks;
  readonly rate: Pick<MessageRate, "take">;
  readonly log: Logger;
  /** A person did something: keeps the sign-in's idle away. */
  seen(): void;
}

const id = z.string().min(1).max(100);
/** A tape has fewer records than a double counts exactly. */
const sequence = z.number().int().min(FROM_NEWEST);
const count = z.number().int().min(1).max(1_048_576);
const bytes = z.instanceof(Uint8Array);
const done = z.custom<(answer: LiveAnswer) => void>((value) => typeof value === "function");
const attached = z.custom<(answer: AttachAnswer) => void>((value) => typeof value === "function");
const resumed = z.custom<(answer: ResumeAnswer) => void>((value) => typeof value === "function");
const total = z.number().int().min(0);
const kept = z.object({ channel: z.number().int().min(1), received: total, shown: total });
const credited = z.string().regex(CHANNEL_NAME);
const channel = credited.refine((name) => name !== TAPE_CREDIT);

const MESSAGES = {
  attach: z.tuple([id, channel, attached]),
  resume: z.tuple([id, channel, kept, resumed]),
  detach: z.tuple([id, channel]),
  bytes: z.tuple([id, channel, bytes]),
  holding: z.tuple([id, channel, z.boolean()]),
  activity: z.tuple([id]),
  credit: z.tuple([id, credited, count]),
  watch: z.tuple([id, sequence, done]),
  unwatch: z.tuple([id]),
  presence: z.tuple([id, z.boolean()]),
};

export function bindMessages(page: Page, parts: MessageParts): void {
  const { owners, watches } = parts;
  on(page, parts, "attach", ([session, name, answer]) => {
    const peer = `browser ${page.me()?.signIn.address ?? ""}`;
    void owners.attach(page, session, name, peer).then(answer);
  });
  on(page, parts, "resume", ([session, name, has, answer]) => {
    owners.resume(page, session, name, has, answer);
  });
  on(page, parts, "detach", ([session, name]) => owners.detach(page, session, name));
  on(page, parts, "bytes", ([session, name, data]) => owners.bytes(page, session, name, data));
  on(page, parts, "holding", ([session, name, down]) => {
    owners.holding(page, session, name, down);
  });
  on(page, parts, "activity", ([session]) => {
    parts.seen();
    owners.activity(page, session);
  });
  on(page, parts, "credit", ([session, name, returned]) => {
    if (name === TAPE_CREDIT) watches.credit(page, session, returned);
    else owners.credit(page, session, name, returned);
  });
  on(page, parts, "watch", ([session, from, answer]) => {
    answer(watches.watch(page, session, from));
  });
  on(page, parts, "unwatch", ([session]) => watches.unwatch(page, session));
  on(page, parts, "presence", ([session, here]) => watches.presence(page, session, here));
  page.socket.onAny((name: string) => {
    if (!Object.hasOwn(MESSAGES, name)) disown(page, parts, "sent a message that does not exist");
  });
}

type Name = keyof typeof MESSAGES;

function on<N extends Name>(
  page: Page,
  parts: MessageParts,
  name: N,
  act: (message: z.output<(typeof MESSAGES)[N]>) => void,
): void {
  const schema: z.ZodType<z.output<(typeof MESSAGES)[N]>> = MESSAGES[name] as never;
  const listener = (...message: unknown[]): void => {
    const parsed = schema.safeParse(message);
    if (!page.me()) page.socket.disconnect(true);
    else if (!parts.rate.take()) disown(page, parts, "sent too many messages");
    else if (!parsed.success) disown(page, parts, `sent a malformed ${name}`);
    else act(parsed.data);
  };
  page.socket.on(name, listener as never);
}

function disown(page: Page, parts: MessageParts, what: string): void {
  const me = page.me();
  parts.log.warn({ person: me?.person.id, signIn: me?.signIn.id }, `a page ${what}: cut off`);
  page.socket.disconnect(true);
}
