/** Opens what is heard from other systems, and the key by which this site tells them something. */
import { join } from "node:path";
import type { Demands } from "./access/demands.ts";
import type { SignalGround } from "./api/signals/list-signals.ts";
import type { Identity } from "./identity/identity.ts";
import { IntegrationDialer } from "./legs/integration-dialer.ts";
import { plantRanges } from "./open-integrations.ts";
import type { Ground } from "./open-parts.ts";
import type { PlantSource } from "./plant/plant-source.ts";
import type { SessionHost } from "./sessions/session.ts";
import { Poller } from "./signals/poller.ts";
import { Signals } from "./signals/signals.ts";
import { SiteKey } from "./signals/site-key.ts";
import type { Transmitter } from "./signals/transmitter.ts";

interface Parts {
  readonly identity: Identity;
  readonly plant: Pick<PlantSource, "current">;
  readonly sessions: SessionHost;
  readonly demands: Demands;
}

export interface SignalDesk extends SignalGround {
  /** From now on these are listened to. */
  configure(transmitters: readonly Transmitter[], sends: boolean): Promise<void>;
}

export function openSignals(ground: Ground, parts: Parts): SignalDesk {
  const { config, clock, store, noticed, opened } = ground;
  const { identity, plant, sessions, demands } = parts;
  const audience = config.origins[0] ?? "";
  const ranges = plantRanges(config, plant);
  const dialer = (url: string) => new IntegrationDialer({ ...ranges, destinations: [url] });
  const signals = new Signals({
    ...{ clock, store, audience, demands, sessions },
    ...{ people: identity.people, signIns: identity.signIns, devices: identity.devices },
    through: identity.through,
    fetchKeys: async ({ ca }, url) => {
      // Each is a destination because the integrations file names it, and no other is.
      const extras = { headers: { accept: "application/json" }, ...(ca && { ca: ca.read() }) };
      const { status, body } = await dialer(url).get(url, extras);
      if (status !== 200) throw new Error(`it answered ${status}`);
      return body;
    },
    note: (event) => noticed.note(event),
  });
  let pollers: readonly Poller[] = [];
  const stopPollers = () => Promise.all(pollers.map((poller) => poller.close()));
  opened.push(async () => {
    await stopPollers();
    await signals.close();
  });
  const poller = ({ name, delivery, ca }: Transmitter) => {
    if (delivery.kind !== "poll") return [];
    const { url, authorization } = delivery;
    const ask = (body: string) => {
      const headers = { accept: "application/json", authorization: authorization.read() };
      return dialer(url).post(url, "application/json", body, {
        headers,
        ...(ca && { ca: ca.read() }),
      });
    };
    const take = signals.polled.bind(signals);
    const state = signals.pollState.bind(signals);
    return [new Poller({ clock, name, ask, take, state })];
  };
  let sending = false;
  return {
    ...{ signals, demands, store, people: identity.people, issuer: audience },
    sends: () => sending,
    siteKey: new SiteKey(join(config.dataFolder, "signals-key.pem"), audience, clock),
    configure: async (transmitters, sends) => {
      sending = sends;
      await stopPollers();
      pollers = [];
      await signals.configure(transmitters);
      pollers = transmitters.flatMap(poller);
    },
  };
}
