import { get } from "node:https";
import { expect, onTestFinished, test } from "vitest";
import { freePorts } from "../../test/kit/free-ports.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { fromAuthority, ServedCertificate } from "../tls/served-certificate.ts";
import { openSiteAuthority } from "../tls/site-authority.ts";
import { StandbyDoor } from "./standby-door.ts";

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

function asked(port: number, path: string, ca: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", servername: "localhost", port, path, ca, agent: false };
    get(options, (response) => {
      let text = "";
      response.on("data", (bytes: Buffer) => {
        text += bytes.toString();
      });
      response.on("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, retryAfter: headers["retry-after"], text });
      });
    }).on("error", reject);
  });
}

test("by the site's own certificate it says that it is alive and why nobody is led to it", async () => {
  const hosts = ["localhost"];
  const authority = await openSiteAuthority(temporaryFolder(), { clock: systemClock, hosts });
  const source = fromAuthority(authority, systemClock, hosts);
  const certificate = await ServedCertificate.open(source, systemClock);
  onTestFinished(() => certificate.close());
  const port = await freePorts(1);
  let why = "It waits.";
  const at = {
    listen: "127.0.0.1",
    port,
    trustedProxies: [],
    requestsPerMinute: 1_800,
    road: undefined,
  };
  const door = await StandbyDoor.open({ ...at, certificate, why: () => why });
  const ask = (path: string) => asked(port, path, authority.certificatePem);
  expect(await ask("/healthz")).toMatchObject({ status: 200, text: '{"state":"alive"}\n' });
  const waits = {
    status: 503,
    retryAfter: "2",
    text: '{"code":"standby","message":"It waits."}\n',
  };
  expect(await ask("/readyz")).toEqual(waits);
  expect(await ask("/api/people")).toEqual(waits);
  why = "It takes over.";
  expect((await ask("/readyz")).text).toContain("It takes over.");
  await door.close();
  await expect(ask("/healthz")).rejects.toThrow(/ECONNREFUSED/);
});
