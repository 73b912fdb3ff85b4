/**
 * Every request on a session's channel reaches its leg, and each that wants an answer gets one.
 * ssh2 refuses what it does not know by itself, and answers nothing once a program runs: PuTTY
 * asks for an answer at every step of its window. So its handler is taken here, as in
 * `refuse-opens.ts`; `test/foreign` shows that it holds.
 */
import type { Connection } from "ssh2";

type RequestHandler = (
  protocol: Protocol,
  recipient: number,
  type: string,
  wantReply: boolean,
  data: unknown,
) => void;

interface Protocol {
  readonly _handlers: { CHANNEL_REQUEST: RequestHandler };
  channelSuccess(channel: number): void;
  channelFailure(channel: number): void;
}

interface SessionInside extends NodeJS.EventEmitter {
  /** Of the program that runs. */
  readonly _channel?: unknown;
  readonly _chanInfo: { readonly outgoing: { readonly id: number } };
}

interface ConnectionInside {
  readonly _protocol: Protocol;
  readonly _chanMgr: { get(channel: number): unknown };
}

/** What ssh2 tells a session of, while nothing runs yet. */
const TOLD: ReadonlySet<string> = new Set([
  ...["env", "pty-req", "window-change", "x11-req", "signal", "auth-agent-req@openssh.com"],
  ...["shell", "exec", "subsystem"],
]);

/** What is left is told as `other` with its name. */
export function allRequests(connection: Connection): void {
  const { _protocol: protocol, _chanMgr: channels } = connection as unknown as ConnectionInside;
  const first = protocol._handlers.CHANNEL_REQUEST;
  protocol._handlers.CHANNEL_REQUEST = (from, recipient, type, wantReply, data) => {
    const session = channels.get(recipient);
    if (!isSession(session) || (session._channel === undefined && TOLD.has(type))) {
      return first(from, recipient, type, wantReply, data);
    }
    const { id } = session._chanInfo.outgoing;
    let isOpen = wantReply;
    const settle = (answer: (channel: number) => void) => () => {
      if (isOpen) answer.call(from, id);
      isOpen = false;
    };
    const accept = wantReply ? settle(from.channelSuccess) : undefined;
    const reject = wantReply ? settle(from.channelFailure) : undefined;
    const [event, info] = eventOf(type, data);
    session.emit(event, accept, reject, info);
  };
}

/** What a program that runs is told; a second beginning is no beginning. */
function eventOf(type: string, data: unknown): readonly [string, unknown] {
  if (type === "window-change") return [type, data];
  if (type === "signal") return [type, { name: data }];
  return ["other", { name: type }];
}

function isSession(channel: unknown): channel is SessionInside {
  return typeof channel === "object" && channel !== null && "_chanInfo" in channel;
}
