/** What `sallyport doctor` says of the broker on this machine, and of others that wait with it. */
import { z } from "zod";
import type { Config } from "../config.ts";
import { askReady, knock, type Ready } from "../legs/knock.ts";
import { type DatabaseFound, lookAtDatabase } from "../site-store.ts";
import { TAKES_OVER, WAITS } from "../standby/standby-door.ts";
import type { Finding } from "./doctor.ts";

const KNOCK_MS = 3_000;
const STANDBY = z.object({
  code: z.literal("standby"),
  message: z.string().max(1_000),
  /** Whether it leads people to the active one; absent where it is not to. */
  forwards: z.boolean().optional(),
});

const LEADS = " It leads people to that one.";
const LEADS_NOWHERE = " It does not reach that one, and leads nobody to it: its log says why.";

/** Asks the listener itself; whether its name leads here is the network's affair. */
export async function broker(config: Config): Promise<Finding> {
  const { letsIn: _, ...finding } = await brokerHere(config);
  return finding;
}

/** @returns besides, whether people are let in: one that waits is well, and lets nobody in */
export async function brokerHere({ listen, port, tls, origins }: Config) {
  const found = (state: Finding["state"], text: string, letsIn = false) => ({
    ...{ state, text, letsIn },
  });
  const host = listen === "0.0.0.0" ? "127.0.0.1" : listen === "::" ? "::1" : listen;
  const at = `${host}:${port}`;
  if ((await knock(host, port, KNOCK_MS)).kind === "closed") {
    return found("attention", `no broker listens at ${at}`);
  }
  const servername = new URL(origins[0] ?? "http://localhost").hostname;
  const place = { host, port, ...(tls === "off" ? {} : { servername }) };
  const ready = await askReady(place, KNOCK_MS);
  if (ready.status === 200) return found("ok", `it runs at ${at} and is ready`, true);
  const waits = standbyIn(ready);
  if (waits === undefined) return found("failed", `${at} answers ${ready.status}: see its log`);
  const { message, forwards } = waits;
  const isWell = (message === WAITS && forwards !== false) || message === TAKES_OVER;
  const led = forwards === undefined ? "" : forwards ? LEADS : LEADS_NOWHERE;
  return found(isWell ? "ok" : "attention", `it runs at ${at}. ${message}${led}`);
}

/** What a broker that waits says of itself; undefined for all else. */
function standbyIn({ text }: Ready): z.output<typeof STANDBY> | undefined {
  try {
    const said = STANDBY.parse(JSON.parse(text));
    // It goes to a terminal, and another program may have answered.
    return { ...said, message: said.message.replace(/\p{Cc}/gu, " ") };
  } catch {
    return undefined;
  }
}

/** As the database sees it, from whichever machine of the pair. */
export async function standby(config: Config): Promise<Finding> {
  if (!config.database) return { state: "failed", text: "it needs SALLYPORT_DATABASE" };
  const { isInUse, waiting }: DatabaseFound = await lookAtDatabase(config, config.database);
  const names = waiting.map(({ name }) => name).join(", ");
  if (!isInUse) return { state: "attention", text: "no broker is active" };
  if (names !== "") return { state: "ok", text: `one is active, and ${names} waits to take over` };
  return {
    state: "attention",
    text: "one is active, and none waits to take over: start the other",
  };
}
