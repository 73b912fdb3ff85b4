/** Connects a session page to its session: one link, one desk, one state, for as long as it is shown. */
import { useEffect, useMemo, useReducer, useRef } from "react";
import type { CauseView, LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { liveSocket } from "../components/live.ts";
import { sessionText } from "../text/session.ts";
import { browserClock } from "./clock.ts";
import { SessionLink } from "./session-link.ts";
import {
  beginSession,
  changeSession,
  type SessionChange,
  type SessionEvent,
  type SessionState,
} from "./session-state.ts";
import type { SideChannel, SideSink } from "./side-channel.ts";

/** The way from the page to the broker. */
export interface Way {
  send(bytes: Uint8Array): void;
  /** Something is held down at the asset, or nothing any more: see `FromBrowser`. */
  holding(down: boolean): void;
  /** The channel is over or cannot be trusted any more: a new one is wanted. */
  renew(): void;
  /** The channel has done its work; the session stays. */
  detach(): void;
  /** One more channel, under a name of its own. It does not come back by itself. */
  openSide(name: string, sink: SideSink): SideChannel;
}

/** The protocol's side of the page: told what arrives, told when the channel is new or gone. */
export interface Desk {
  /** Called once, before anything else. */
  connect(way: Way): void;
  /** @param channel its number in the events of decisions */
  attached(channel: number): void;
  /** @param keeps the broker keeps the channel meanwhile, and `resumed` follows unless it cannot */
  away(keeps?: boolean): void;
  /** The channel is back as it was. */
  resumed?(): void;
  /** @param shown to be called once what the bytes said is on the screen */
  bytes(bytes: Uint8Array, shown: () => void): void;
  /** The channel is over, not by one's own doing. */
  closed?(cause: CauseView): void;
  decision(event: Extract<SessionEvent, { kind: "decision" }>): void;
}

export interface SessionUse {
  readonly state: SessionState;
  activity(): void;
  retry(): void;
  dismissLoss(): void;
  dismissAnswer(hold: string): void;
}

export function useSession(view: LiveSessionView, desk: Desk): SessionUse {
  const [state, change] = useReducer(changeSession, view, beginSession);
  const link = useMemo(() => makeLink(view.id, desk, change), [view.id, desk]);
  useEffect(() => {
    link.start();
    return () => link.close();
  }, [link]);
  useEffect(() => change({ kind: "view", view }), [view]);
  const ended = state.ended !== undefined;
  useEffect(() => {
    if (ended) link.close();
  }, [ended, link]);
  useHumanInput(() => {
    if (link.activity()) change({ kind: "activity", atMs: browserClock.wallMs() });
  });
  return {
    state,
    activity: () => {
      if (link.activity()) change({ kind: "activity", atMs: browserClock.wallMs() });
    },
    retry: () => {
      change({ kind: "attachment", attachment: { kind: "attaching" } });
      link.retry();
    },
    dismissLoss: () => change({ kind: "dismiss-loss" }),
    dismissAnswer: (hold) => change({ kind: "dismiss-answer", hold }),
  };
}

const GONE_CODES: ReadonlySet<string> = new Set(["not-found", "session-ended"]);

function makeLink(session: string, desk: Desk, change: (change: SessionChange) => void) {
  const link: SessionLink = new SessionLink(liveSocket(), session, browserClock, {
    attached: (channel: number) => {
      change({ kind: "attachment", attachment: { kind: "attached" } });
      desk.attached(channel);
    },
    away: (keeps: boolean) => {
      change({ kind: "attachment", attachment: { kind: "away", sinceMs: browserClock.wallMs() } });
      desk.away(keeps);
    },
    resumed: () => {
      change({ kind: "attachment", attachment: { kind: "attached" } });
      desk.resumed?.();
    },
    refused: (answer: { code: string; message: string }, again: boolean) => {
      if (GONE_CODES.has(answer.code)) {
        const cause = { rule: answer.code, reason: sessionText.ended.awayReason };
        change({ kind: "gone", cause, atMs: browserClock.wallMs() });
      } else change({ kind: "attachment", attachment: { kind: "refused", ...answer, again } });
      desk.away();
    },
    takenOver: (cause: CauseView) => {
      change({ kind: "attachment", attachment: { kind: "taken-over", cause } });
      desk.away();
    },
    bytes: (bytes: Uint8Array) => desk.bytes(bytes, () => link.credit(bytes.length)),
    closed: (cause: CauseView) => desk.closed?.(cause),
    event: (event: SessionEvent) => {
      if (event.kind === "decision") desk.decision(event);
      else change({ kind: "event", event, atMs: browserClock.wallMs() });
    },
  });
  desk.connect({
    send: (bytes) => link.send(bytes),
    holding: (down) => link.holding(down),
    renew: () => link.retry(),
    detach: () => link.detach(),
    openSide: (name, sink) => link.openSide(name, sink),
  });
  return link;
}

/** What a person does with hand or voice; polling and messages are none of it. */
const HUMAN_INPUT = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;

function useHumanInput(onInput: () => void): void {
  const latest = useRef(onInput);
  latest.current = onInput;
  useEffect(() => {
    const listener = (event: Event) => {
      if (event.isTrusted) latest.current();
    };
    for (const name of HUMAN_INPUT) document.addEventListener(name, listener, { passive: true });
    return () => {
      for (const name of HUMAN_INPUT) document.removeEventListener(name, listener);
    };
  }, []);
}
