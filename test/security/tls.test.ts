/**
 * The console, its live channel and the panels over the broker's own TLS, with nothing trusted but
 * the site's authority: every certificate is verified, nothing is served in clear.
 */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { request as secureRequest } from "node:https";
import { connect as plainConnect } from "node:net";
import path from "node:path";
import { type ConnectionOptions, connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AlarmView } from "../../broker/api/shapes/alarms.ts";
import { WEB_PANEL_LOGIN } from "../../simulators/assets/web-panel.ts";
import { makeAuthority } from "../kit/certificates.ts";
import { connected } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { freePort } from "../kit/site-in-browser.ts";
import { temporaryFolder } from "../kit/temporary.ts";

let site: RunningBroker;
let authority: string;
let port: number;
let plainPort: number;

beforeAll(async () => {
  plainPort = await freePort();
  site = await startRunningBroker({
    SALLYPORT_TLS: "site-ca",
    SALLYPORT_HTTP_PORT: String(plainPort),
    SALLYPORT_PANEL_PORT: "0",
    SALLYPORT_PANEL_HOST: "localhost",
  });
  authority = readFileSync(path.join(site.folder, "data/tls/site-ca.pem"), "utf8");
  port = Number(new URL(site.broker.address).port);
}, 60_000);
afterAll(() => site?.close());

test("people enrol, sign in and stay signed in over the broker's own https", async () => {
  expect(site.broker.address).toBe(`https://localhost:${port}`);
  expect(site.broker.enrolmentLink?.url).toMatch(/^https:/);
  const again = await site.first.signIn();
  expect(again.status).toBe(200);
  expect((await site.first.ask("GET", "/api/plant")).status).toBe(200);
});

test("the live channel is encrypted by the same certificate", async () => {
  const socket = await connected(site.first.socket());
  expect(socket.connected).toBe(true);
  socket.disconnect();
});

test("browsers are told to come over https alone from now on", async () => {
  const answer = await site.first.ask("GET", "/");
  expect(answer.headers["strict-transport-security"]).toBe("max-age=63072000; includeSubDomains");
  expect((await site.first.ask("GET", "/api/plant")).headers["strict-transport-security"]).toMatch(
    /^max-age/,
  );
});

/** How a handshake ends, and with which version. */
async function handshake(options: ConnectionOptions): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ...options });
  return new Promise((resolve) => {
    socket.once("secureConnect", () => {
      resolve(socket.getProtocol() ?? "");
      socket.destroy();
    });
    socket.once("error", (error) => resolve(error.message));
  });
}

test("TLS 1.3 is spoken, and nothing older", async () => {
  expect(await handshake({ ca: authority })).toBe("TLSv1.3");
  expect(await handshake({ ca: authority, maxVersion: "TLSv1.2" })).toMatch(/version|handshake/i);
});

test("without the site's authority the certificate is refused, and for other names too", async () => {
  expect(await handshake({})).toMatch(/unable to verify|self-signed/);
  expect(await handshake({ ca: authority, servername: "elsewhere.example" })).toMatch(
    /does not match/,
  );
});

test("plain http at the console's port gets nothing", async () => {
  const socket = plainConnect({ port, host: "127.0.0.1" });
  let heard = "";
  socket.on("data", (bytes) => {
    heard += bytes;
  });
  socket.on("error", () => undefined);
  socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(socket, "close");
  expect(heard).not.toContain("alive");
  expect(heard).not.toContain("200");
});

test("a peer that never finishes its handshake is let go", async () => {
  const socket = plainConnect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  socket.on("data", () => undefined);
  await once(socket, "close");
  expect((await site.first.ask("GET", "/healthz")).status).toBe(200);
}, 60_000);

interface Plain {
  readonly status: number;
  readonly location: string | undefined;
  readonly type: string | undefined;
  readonly text: string;
}

function plain(method: string, asked: string, host = "localhost"): Promise<Plain> {
  return new Promise((resolve, reject) => {
    const headers = { host };
    const address = { host: "127.0.0.1", port: plainPort, agent: false };
    const outgoing = request({ ...address, method, path: asked, headers }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.on("end", () => {
        const { location, "content-type": type } = incoming.headers;
        const text = Buffer.concat(parts).toString();
        resolve({ status: incoming.statusCode ?? 0, location, type, text });
      });
    });
    outgoing.on("error", reject).end();
  });
}

test("whoever comes over plain http is sent on, with the path and by our own name", async () => {
  const { status, location } = await plain("GET", "/recordings?at=4");
  expect(status).toBe(308);
  expect(location).toBe(`${site.broker.address}/recordings?at=4`);
  const named = await plain("GET", "/x", "evil.example");
  expect(named.location).toBe(`${site.broker.address}/x`);
});

test.each([
  ["of another host", "//evil.example/x"],
  ["with a backslash", "/\\evil.example"],
  ["without an end", `/${"x".repeat(3_000)}`],
])("a path %s is not repeated in a redirect", async (_what, asked) => {
  expect((await plain("GET", asked)).location).toBe(`${site.broker.address}/`);
});

test("nothing is taken over plain http, and nothing of the console is served there", async () => {
  expect((await plain("POST", "/api/sign-in")).status).toBe(403);
  expect((await plain("GET", "/api/plant")).status).toBe(308);
  expect((await plain("GET", "/metrics")).status).toBe(308);
});

test("the page of trust gives the authority and its fingerprint, which people compare", async () => {
  const page = await plain("GET", "/trust");
  expect(page.status).toBe(200);
  const [, link = ""] = /href="(\/trust\/[^"]+)"/.exec(page.text) ?? [];
  const file = await plain("GET", link);
  expect(file.type).toBe("application/x-x509-ca-cert");
  expect(file.text).toBe(authority);
  expect(page.text).toContain(new X509Certificate(file.text).fingerprint256);
});

test("panels of this machine stay on localhost, in origins of their own", async () => {
  const endpoint = "panel-treatment/web";
  const credential = { kind: "password", ...WEB_PANEL_LOGIN };
  await site.first.ask("POST", "/api/credentials", { endpoint, credential });
  const session = await site.first.ask("POST", "/api/sessions", { endpoint });
  const asked = `/api/sessions/${session.body.id}/panel`;
  const { body } = await site.first.ask<{ address: string }>("POST", asked, {});
  expect(new URL(body.address).origin).toMatch(
    new RegExp(`^http://${session.body.id}\\.localhost:\\d+$`),
  );
});

test("panels of a host of their own are served over TLS, each name covered", async () => {
  const own = String(await freePort());
  const running = await startRunningBroker({
    SALLYPORT_TLS: "site-ca",
    SALLYPORT_PORT: own,
    SALLYPORT_ORIGINS: `https://localhost:${own}`,
    SALLYPORT_PANEL_PORT: "0",
    SALLYPORT_PANEL_HOST: "panels.example",
  });
  try {
    const trusted = readFileSync(path.join(running.folder, "data/tls/site-ca.pem"), "utf8");
    const endpoint = "panel-treatment/web";
    await running.first.ask("POST", "/api/credentials", {
      ...{ endpoint, credential: { kind: "password", ...WEB_PANEL_LOGIN } },
    });
    const session = await running.first.ask("POST", "/api/sessions", { endpoint });
    const asked = `/api/sessions/${session.body.id}/panel`;
    const { body } = await running.first.ask<{ address: string }>("POST", asked, {});
    const { hostname, port: panelPort, pathname, search, protocol } = new URL(body.address);
    expect(protocol).toBe("https:");
    expect(hostname).toBe(`${session.body.id}.panels.example`);
    const answer = await panel(hostname, Number(panelPort), pathname + search, trusted);
    expect(answer.status).toBe(200);
    expect(answer.hsts).toMatch(/^max-age/);
  } finally {
    await running.close();
  }
}, 60_000);

function panel(servername: string, at: number, asked: string, ca: string) {
  return new Promise<{ status: number; hsts: string | undefined }>((resolve, reject) => {
    const options = { host: "127.0.0.1", port: at, path: asked, servername, ca, agent: false };
    const headers = { host: `${servername}:${at}` };
    const outgoing = secureRequest({ ...options, headers }, (incoming) => {
      incoming.resume();
      const hsts = incoming.headers["strict-transport-security"];
      resolve({ status: incoming.statusCode ?? 0, hsts });
    });
    outgoing.on("error", reject).end();
  });
}

test("certificate files are exchanged under live connections; broken ones change nothing and ring", {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  const own = makeAuthority(folder);
  const at = (name: string) => path.join(folder, name);
  const put = (name: string) => {
    const { certificate, key } = own.issue(name, "DNS:localhost");
    writeFileSync(at("served.pem"), certificate + own.ca);
    writeFileSync(at("served.key"), key, { mode: 0o600 });
    return new X509Certificate(certificate).fingerprint256;
  };
  const first = put("first");
  const files = await startRunningBroker({
    SALLYPORT_TLS: "files",
    SALLYPORT_TLS_CERTIFICATE: at("served.pem"),
    SALLYPORT_TLS_KEY: at("served.key"),
  });
  try {
    const live = await connected(files.first.socket());
    const serving = Number(new URL(files.broker.address).port);
    const served = async () => {
      const to = { host: "127.0.0.1", port: serving, servername: "localhost", ca: own.ca };
      const socket = connect(to);
      await once(socket, "secureConnect");
      const print = new X509Certificate(socket.getPeerCertificate().raw).fingerprint256;
      socket.destroy();
      return print;
    };
    expect(await served()).toBe(first);
    const second = put("second");
    await expect.poll(served, PATIENT).toBe(second);
    expect(live.connected).toBe(true);

    writeFileSync(at("served.key"), "no key any more", { mode: 0o600 });
    const rings = async () =>
      (await files.first.ask<{ alarms: AlarmView[] }>("GET", "/api/alarms")).text;
    await expect.poll(rings, PATIENT).toContain("certificate-ending");
    expect(await served()).toBe(second);
    expect(live.connected).toBe(true);
    const third = put("third");
    await expect.poll(served, PATIENT).toBe(third);
    expect(live.connected).toBe(true);
    live.disconnect();
  } finally {
    await files.close();
  }
});

const PATIENT = { timeout: 60_000, interval: 250 };
