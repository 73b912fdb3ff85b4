import { createServer, request } from "node:https";
import { expect, onTestFinished, test } from "vitest";
import { freePorts } from "../test/kit/free-ports.ts";
import { temporaryFolder } from "../test/kit/temporary.ts";
import { echo, peerKey } from "../test/kit/two-brokers.ts";
import { systemClock } from "./clock.ts";
import { dialPeer } from "./legs/peer-dialer.ts";
import { consoleDoor } from "./open-peer.ts";
import { sealPlace } from "./standby/active-place.ts";
import { makePeerCertificate } from "./standby/peer-certificate.ts";
import { PeerListener } from "./standby/peer-listener.ts";
import { RoadToActive } from "./standby/road-to-active.ts";
import { StandbyDoor } from "./standby/standby-door.ts";
import { fromAuthority, ServedCertificate } from "./tls/served-certificate.ts";
import { openSiteAuthority } from "./tls/site-authority.ts";

const UP_WITHIN_MS = 60_000;

async function siteCertificate() {
  const hosts = ["localhost"];
  const authority = await openSiteAuthority(temporaryFolder(), { clock: systemClock, hosts });
  const open = () =>
    ServedCertificate.open(fromAuthority(authority, systemClock, hosts), systemClock);
  const [active, waiting] = [await open(), await open()];
  onTestFinished(() => active.close());
  return { active, waiting, ca: authority.certificatePem };
}

function posted(port: number, ca: string, body: Buffer): Promise<string> {
  const at = { host: "127.0.0.1", servername: "localhost", port, ca, agent: false };
  return new Promise((resolve, reject) => {
    const asking = request({ ...at, method: "POST", path: "/api/x" }, (answer) => {
      let text = `${answer.statusCode} `;
      answer.on("data", (part) => {
        text += part;
      });
      answer.on("end", () => resolve(text));
    });
    asking.on("error", reject);
    asking.end(body);
  });
}

test("people's https ends where they come, and the active broker's https server serves them from there", async () => {
  const { active, waiting, ca } = await siteCertificate();
  const seen: (string | undefined)[] = [];
  const server = createServer(active.options(), (incoming, response) => {
    seen.push(incoming.socket.remoteAddress);
    void echo(incoming, response);
  });
  const key = peerKey();
  const identity = await makePeerCertificate();
  const port = await freePorts(2);
  const place = { host: "127.0.0.1", port: port + 1 };
  const listener = await PeerListener.open({
    ...{ ...place, ...identity, key },
    doors: { console: consoleDoor(server, true, []) },
    stranger: () => {},
  });
  onTestFinished(() => listener.close());
  const road = new RoadToActive({
    ...{ name: "broker-b", key: () => key, say: () => {} },
    dial: (to) => dialPeer({ plant: () => [], networks: [] }, to),
  });
  const door = await StandbyDoor.open({
    ...{ listen: "127.0.0.1", port, trustedProxies: [], requestsPerMinute: 1_800 },
    ...{ certificate: waiting, road, why: () => "It waits." },
  });
  onTestFinished(async () => {
    road.close();
    await door.close();
  });
  road.follow(sealPlace({ ...place, certificate: identity.certificate }, key));
  expect(await road.whenUp(UP_WITHIN_MS)).toBe(true);
  const answer = await posted(port, ca, Buffer.alloc(100_000));
  expect(answer).toBe('200 {"method":"POST","url":"/api/x","length":100000}');
  expect(seen).toEqual(["127.0.0.1"]);
});
