/**
 * A session of the broker's own: it reads under a permit like any other, through the same guard,
 * limits and tape, and its recording says that the broker itself read.
 */
import type { OpenProbe } from "../access/key-switch-reader.ts";
import type { Permit } from "../access/permit.ts";
import type { Prober } from "./asset-way.ts";
import { newProber } from "./protocol-road.ts";
import { type SessionHost, SessionRefused } from "./session.ts";

/** Throws `SessionRefused`. */
export async function openProbe(host: SessionHost, permit: Permit): Promise<OpenProbe> {
  const session = await host.open(permit);
  const prober = newProber(session.claims.endpoint);
  if (!prober) {
    session.end(UNREADABLE);
    throw new SessionRefused("protocol-unknown", UNREADABLE.reason);
  }
  const { ended } = await session.attach(prober, "broker");
  const closed = Promise.race([session.closed, ended.then((cause) => session.end(cause))]);
  return { read: (ranges) => read(prober, ranges), closed, end: (cause) => session.end(cause) };
}

const UNREADABLE = { rule: "protocol", reason: "this protocol has no points to read" };

function read(prober: Prober, ranges: Parameters<Prober["read"]>[0]) {
  return new Promise<readonly (readonly number[])[]>((resolve, reject) => {
    prober.read(ranges, (values, why) => {
      if (values) resolve(values);
      else reject(new Error(why));
    });
  });
}
