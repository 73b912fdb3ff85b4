/**
 * A cut that is asked for at another node than the one that the session lives on: two whole brokers
 * with one database, one of which waits and leads on. From the call until the session's own page
 * hears of its end, beside the same call made at the active one, in turn.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { StandbySite, until } from "../chaos/standby-site.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { connected } from "../kit/console-user.ts";
import { noPostgres, startPostgres } from "../kit/postgres.ts";
import { median } from "./report.ts";

const CUTS = 40;
/** Until both have compiled what they do. */
const WARM_UP = 5;

export interface OtherNode {
  readonly hereP50Ms: number;
  readonly thereP50Ms: number;
}

/** Undefined where there is no PostgreSQL to run them on. */
export async function otherNode(): Promise<OtherNode | undefined> {
  if (noPostgres() !== undefined) return undefined;
  const folder = mkdtempSync(path.join(os.tmpdir(), "sallyport-bench-"));
  const server = await startPostgres();
  try {
    // How many sessions the bench cuts is no setting of a broker.
    delete process.env.SALLYPORT_BENCH_SESSIONS;
    const site = await StandbySite.start(server, folder, "forwarding");
    try {
      return await measured(site);
    } finally {
      await site.stop();
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measured(site: StandbySite): Promise<OtherNode> {
  const [active, waiting] = site.nodes;
  const leads = async () => (await waiting.asked("/readyz/any")).status === 200;
  await until("the one that waits leads people on", leads);
  const [here, there] = [site.user(active), site.user(waiting)];
  const tookMs: { readonly here: number[]; readonly there: number[] } = { here: [], there: [] };
  for (let n = 0; n < CUTS + WARM_UP; n += 1) {
    for (const [at, by] of [
      ["here", here],
      ["there", there],
    ] as const) {
      const ms = await cut(here, by);
      if (n >= WARM_UP) tookMs[at].push(ms);
    }
  }
  return { hereP50Ms: median(tookMs.here), thereP50Ms: median(tookMs.there) };
}

/** @param owner works at the active one @param by asks for the end of it, on a connection anew */
async function cut(owner: ConsoleUser, by: ConsoleUser): Promise<number> {
  const opened = await owner.ask("POST", "/api/sessions", { endpoint: "plc/modbus" });
  if (opened.status !== 201) throw new Error(`not opened: ${opened.text}`);
  const { id } = opened.body;
  const socket = await connected(owner.socket());
  try {
    const attached = await new Promise<{ readonly ok: boolean }>((done) => {
      socket.emit("attach", id, "main", done);
    });
    if (!attached.ok) throw new Error("not attached");
    const heard = once(socket as never, "closed");
    const startMs = performance.now();
    const asked = by.ask("POST", `/api/sessions/${id}/end`, { reason: "bench" });
    await heard;
    const ms = performance.now() - startMs;
    await asked;
    return ms;
  } finally {
    socket.disconnect();
  }
}
