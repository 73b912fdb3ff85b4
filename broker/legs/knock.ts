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

/** Of the broker on this machine; 0 where nothing speaks HTTP. Its certificate is looked at apart. */
export function readyStatus(
  place: { readonly host: string; readonly port: number; readonly servername?: string },
  withinMs: number,
): Promise<number> {
  const { servername, ...at } = place;
  const ask = servername === undefined ? request : secureRequest;
  return new Promise((resolve) => {
    const asked = ask({
      ...{ ...at, path: "/readyz", timeout: withinMs, agent: false },
      ...(servername !== undefined && { servername, rejectUnauthorized: false }),
    });
    asked.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(0));
    asked.end();
  });
}
