/**
 * What a tape tells of screens: the guard is run again over its inputs, and what it let through
 * is what the person saw and did.
 */
import type { Guard } from "../guard.ts";
import type { TapeRecord } from "../tape/record.ts";
import { cutClientMessage } from "./client-message.ts";
import { RfbGuard } from "./guard.ts";
import type { PixelFormat } from "./pixel-format.ts";

interface At {
  readonly sequence: number;
  readonly wallMs: number;
  readonly channel: number;
}

export type ScreenEvent = At &
  (
    | { readonly kind: "start" }
    /** From ServerInit on, in order. */
    | { readonly kind: "picture"; readonly bytes: Uint8Array }
    /** Pixels of what follows are written like this. */
    | { readonly kind: "format"; readonly format: PixelFormat }
    | { readonly kind: "pointer"; readonly mask: number; readonly x: number; readonly y: number }
    | { readonly kind: "key"; readonly keysym: number; readonly down: boolean }
  );

export class ScreenHistory {
  private readonly guards = new Map<number, Guard>();

  /** Records in their order. */
  push(record: TapeRecord): readonly ScreenEvent[] {
    // What is missing changed the picture: nothing true can be shown behind it.
    if (record.kind === "gap") this.guards.clear();
    if (!("channel" in record)) return [];
    const { sequence, wallMs, channel } = record;
    const at = { sequence, wallMs, channel };
    if (record.kind === "channel") {
      if (record.protocol !== "vnc") return [];
      this.guards.set(channel, new RfbGuard());
      return [{ ...at, kind: "start" }];
    }
    const guard = this.guards.get(channel);
    return guard ? eventsOf(guard, record, at) : [];
  }
}

function eventsOf(guard: Guard, record: TapeRecord, at: At): readonly ScreenEvent[] {
  const events: ScreenEvent[] = [];
  for (const effect of effectsOf(guard, record)) {
    if (effect.kind !== "send") continue;
    if (effect.to === "client") events.push({ ...at, kind: "picture", bytes: effect.bytes });
    else events.push(...inputOf(effect.bytes, at));
  }
  return events;
}

function effectsOf(guard: Guard, record: TapeRecord): ReturnType<Guard["step"]> {
  switch (record.kind) {
    case "bytes":
      return guard.step({ kind: "bytes", from: record.from, bytes: record.bytes });
    case "verdict": {
      const answers = record.items.map(({ answer }) => answer);
      return guard.step({ kind: "answers", id: record.decision, answers });
    }
    case "event":
      return guard.step({ kind: "event", event: record.event });
    default:
      return [];
  }
}

function inputOf(bytes: Uint8Array, at: At): readonly ScreenEvent[] {
  // ClientInit is a byte and no message.
  const cut = bytes.length > 1 ? cutClientMessage(bytes) : undefined;
  if (cut?.kind !== "frame") return [];
  const { frame } = cut;
  return frame.kind === "pointer" || frame.kind === "key" || frame.kind === "format"
    ? [{ ...at, ...frame }]
    : [];
}
