/**
 * Pebble, the test server of Let's Encrypt, certifies the console: it asks the plain door for its
 * proof, gives certificates of half a minute, and goes away. A connection that was open before
 * goes on over each renewal.
 */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { expect, onTestFinished, vi } from "vitest";
import { makeAuthority } from "../kit/certificates.ts";
import { startChild } from "../kit/child.ts";
import { freePorts } from "../kit/free-ports.ts";
import { testWith } from "../kit/programs.ts";
import { writeConsole } from "../kit/running-broker.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const COMMAND = new URL("../../broker/cli/sallyport.ts", import.meta.url).pathname;
const NAME = "console.plant.example";
const UNTIL = { timeout: 90_000, interval: 200 };
const VALID_S = 30;
const PLANT = `
site: { id: site, name: Site, time-zone: Europe/Berlin }
zones:
  - { id: cell, name: Cell, level: 1, sl-t: 2 }
assets: []
`;

function get(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    https
      .get(url, { ca }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => resolve(text));
      })
      .on("error", reject);
  });
}

function opened(port: number, ca: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername: NAME, ca });
    socket.once("secureConnect", () => resolve(socket)).once("error", reject);
  });
}

/** On a slow machine one of half a minute may end before the next is there. */
async function fresh(port: number, ca: string): Promise<TLSSocket> {
  return vi.waitUntil(() => opened(port, ca).catch(() => undefined), UNTIL);
}

const printOf = (socket: TLSSocket) =>
  new X509Certificate(socket.getPeerCertificate().raw).fingerprint256;

/** Over a connection that stays open. @returns the first line of the answer */
async function asked(socket: TLSSocket): Promise<string> {
  if (socket.destroyed) throw new Error("it was closed");
  socket.write(`GET /healthz HTTP/1.1\r\nHost: ${NAME}\r\n\r\n`);
  const [bytes] = (await once(socket, "data", { signal: AbortSignal.timeout(30_000) })) as [Buffer];
  return bytes.toString().split("\r\n")[0] ?? "";
}

testWith(["pebble", "pebble-challtestsrv"])(
  "the console is certified and renewed by ACME, and open connections go on",
  async () => {
    const folder = temporaryFolder();
    const base = await freePorts(6);
    const [dns, names, acme, management, port, plain] = Array.from(
      { length: 6 },
      (_, at) => base + at,
    ) as [number, number, number, number, number, number];
    const own = makeAuthority(folder);
    const certified = own.issue("pebble", "DNS:localhost,IP:127.0.0.1");
    const config = path.join(folder, "pebble.json");
    const pebble = {
      ...{ listenAddress: `127.0.0.1:${acme}`, managementListenAddress: `127.0.0.1:${management}` },
      ...{ certificate: certified.certificateFile, privateKey: certified.keyFile },
      ...{ httpPort: plain, tlsPort: port, certificateValidityPeriod: VALID_S },
    };
    writeFileSync(config, JSON.stringify({ pebble }));
    const resolver = await startChild(
      "pebble-challtestsrv",
      [
        ...["-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", `127.0.0.1:${dns}`],
        ...["-http01", "", "-https01", "", "-tlsalpn01", "", "-management", `127.0.0.1:${names}`],
      ],
      { ready: /Starting management server|Creating TCP and UDP DNS-01/i, withinMs: 30_000 },
    );
    onTestFinished(async () => void (await resolver.stop("SIGKILL")));
    const authority = await startChild(
      "pebble",
      ["-config", config, "-dnsserver", `127.0.0.1:${dns}`],
      { ready: /ACME directory available/, withinMs: 30_000, env: { PEBBLE_VA_NOSLEEP: "1" } },
    );
    onTestFinished(async () => void (await authority.stop("SIGKILL")));
    mkdirSync(path.join(folder, "data"), { mode: 0o700 });
    writeFileSync(path.join(folder, "plant.yaml"), PLANT);
    const broker = await startChild(process.execPath, [COMMAND, "start"], {
      ready: /\n {2}stop +Ctrl-C/,
      withinMs: 90_000,
      env: {
        ...{ SALLYPORT_TLS: "acme", SALLYPORT_ACME_ROOTS: own.caFile },
        SALLYPORT_ACME_DIRECTORY: `https://localhost:${acme}/dir`,
        ...{ SALLYPORT_ORIGINS: `https://${NAME}:${port}`, SALLYPORT_PORT: String(port) },
        SALLYPORT_HTTP_PORT: String(plain),
        ...{ SALLYPORT_SSH_PORT: "off", SALLYPORT_OPCUA_PORT: "off", SALLYPORT_PANEL_PORT: "off" },
        ...{ SALLYPORT_DATA: path.join(folder, "data"), SALLYPORT_CONSOLE: writeConsole(folder) },
        ...{ SALLYPORT_PLANT: path.join(folder, "plant.yaml"), SALLYPORT_SIMULATE: "0" },
        SALLYPORT_LOG: path.join(folder, "broker.log"),
      },
    });
    onTestFinished(async () => void (await broker.stop("SIGKILL")));
    const root = await get(`https://localhost:${management}/roots/0`, own.ca);

    const first = await fresh(port, root);
    onTestFinished(() => void first.destroy());
    expect(first.authorized).toBe(true);
    const before = printOf(first);

    const renewed = async () => {
      const socket = await fresh(port, root);
      const print = printOf(socket);
      socket.destroy();
      return print;
    };
    await vi.waitUntil(async () => {
      // The open connection is used all the while.
      expect(await asked(first)).toBe("HTTP/1.1 200 OK");
      return (await renewed()) !== before;
    }, UNTIL);
    expect(await asked(first)).toBe("HTTP/1.1 200 OK");

    const logged = readFileSync(path.join(folder, "broker.log"), "utf8");
    expect(logged).toContain("certificate:changed");
    for (const name of ["acme-account.json", "acme-console.pem"]) {
      expect(statSync(path.join(folder, "data/tls", name)).mode & 0o077).toBe(0);
    }
  },
  240_000,
);
