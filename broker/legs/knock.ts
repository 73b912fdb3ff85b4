/**
 * Whether somebody listens at an endpoint: connects, sends nothing, and goes. For who looks after
 * the machine (`sallyport doctor --reach`), never for a session.
 */
import { request } from "node:http";
import { request as secureRequest } from "node:https";
import { connect } from "node:net";
import { performance } from "node:perf_hooks";

export type Knock =
  | { readonly kind: "open"; readonly ms: number }
  | { readonly kind: "closed"; readonly reason: string };

export function knock(host: string, port: number, withinMs: number): Promise<Knock> {
  const startMs = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (knocked: Knock) => {
      socket.destroy();
      resolve(knocked);
    };
    socket.setTimeout(withinMs, () => end({ kind: "closed", reason: "nobody answers" }));
    socket.once("connect", () => end({ kind: "open", ms: performance.now() - startMs }));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      end({ kind: "closed", reason: error.code ?? error.message }),
    );
  });
}

export interface Ready {
  /** 0 where nothing speaks HTTP. */
  readonly status: number;
  /** As it came, its beginning. */
  readonly text: string;
}

/** What a broker says of itself is a line. */
const READY_MAX = 4_096;

/** Of the broker on this machine. Its certificate is looked at apart. */
export function askReady(
  place: { readonly host: string; readonly port: number; readonly servername?: string },
  withinMs: number,
): Promise<Ready> {
  const { servername, ...at } = place;
  const ask = servername === undefined ? request : secureRequest;
  return new Promise((resolve) => {
    const asked = ask({
      ...{ ...at, path: "/readyz", agent: false },
      ...(servername !== undefined && { servername, rejectUnauthorized: false }),
    });
    const late = setTimeout(() => asked.destroy(), withinMs);
    let [status, text] = [0, ""];
    const end = () => {
      clearTimeout(late);
      resolve({ status, text });
    };
    asked.on("response", (response) => {
      status = response.statusCode ?? 0;
      response.on("data", (bytes: Buffer) => {
        text += bytes.toString();
        if (text.length > READY_MAX) asked.destroy();
      });
      response.on("error", () => {});
      response.on("close", end);
    });
    asked.on("error", () => {});
    asked.on("close", end);
    asked.end();
  });
}
