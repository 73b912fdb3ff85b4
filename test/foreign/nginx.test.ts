/**
 * A panel served by nginx (Debian): TLS with a pinned certificate, basic authentication, compressed
 * pages and redirects to itself, worked over the whole road of the broker.
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeAuthority } from "../kit/certificates.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const LOGIN = { user: "fitter", password: "s3cret words" };
const PAGE_ROWS = 3_000;

let folder: string;
let site: RunningBroker;
let port: number;
let stop: () => Promise<void>;

beforeAll(async () => {
  folder = makeFolder();
  port = await freePort();
  const authority = makeAuthority(folder);
  const { certificate, certificateFile, keyFile } = authority.issue("panel", "IP:127.0.0.1");
  stop = await startNginx(folder, port, certificateFile, keyFile);
  const digest = createHash("sha256").update(new X509Certificate(certificate).raw).digest("hex");
  const file = path.join(folder, "plant.yaml");
  writeFileSync(file, plantFile(port, digest, authority.ca));
  site = await startRunningBroker({ SALLYPORT_PANEL_PORT: "0", SALLYPORT_PLANT: file });
  for (const id of ["pinned", "signed", "other"]) {
    const credential = { kind: "password", ...LOGIN };
    await site.first.ask("POST", "/api/credentials", { endpoint: `panel/${id}`, credential });
  }
}, 60_000);

afterAll(async () => {
  await site?.close();
  await stop?.();
  removeFolder(folder);
});

function plantFile(at: number, digest: string, ca: string): string {
  const endpoint = (id: string, tls: string) =>
    `      - { id: ${id}, protocol: web, address: "127.0.0.1:${at}", allow-local: true, sign-in: basic, tls: ${tls} }`;
  const grant = (id: string) =>
    `  - { id: all-${id}, subject: "role:engineer", endpoint: panel/${id}, profile: look }`;
  return [
    "site: { id: test, name: Test, time-zone: UTC }",
    "zones:",
    "  - { id: dmz, name: DMZ, level: 3.5, sl-t: 2 }",
    "  - { id: cell, name: Cell, level: 1, sl-t: 2 }",
    "conduits:",
    "  - { from: dmz, to: cell, protocols: [web] }",
    "assets:",
    "  - id: panel",
    "    name: Panel",
    "    zone: cell",
    "    endpoints:",
    endpoint("pinned", `{ certificates: ["${digest}"] }`),
    endpoint("signed", `{ ca: ${JSON.stringify(ca)} }`),
    endpoint("other", `{ certificates: ["${"0".repeat(64)}"] }`),
    "profiles:",
    "  - id: look",
    "    rules:",
    '      - { name: pages, permit: observe, web: { paths: ["/**"] } }',
    "grants:",
    ...["pinned", "signed", "other"].map(grant),
  ].join("\n");
}

async function startNginx(at: string, listen: number, certificate: string, key: string) {
  const root = path.join(at, "pages");
  mkdirSync(root, { recursive: true });
  const rows = `<tr><td><a href="https://127.0.0.1:${listen}/page.html">row</a></td></tr>\n`;
  writeFileSync(path.join(root, "page.html"), `<html>${rows.repeat(PAGE_ROWS)}</html>`);
  mkdirSync(path.join(root, "folder"));
  writeFileSync(path.join(root, "folder/index.html"), "in the folder");
  const hash = execFileSync("openssl", ["passwd", "-apr1", LOGIN.password], { encoding: "utf8" });
  writeFileSync(path.join(at, "users"), `${LOGIN.user}:${hash}`);
  const file = path.join(at, "nginx.conf");
  writeFileSync(
    file,
    `daemon off; pid ${at}/nginx.pid; error_log ${at}/error.log; user root;
events { worker_connections 64; }
http {
  access_log ${at}/access.log; types { text/html html; } gzip on; gzip_min_length 1;
  gzip_proxied any; client_body_temp_path ${at}/body; proxy_temp_path ${at}/proxy;
  fastcgi_temp_path ${at}/f; uwsgi_temp_path ${at}/u; scgi_temp_path ${at}/s;
  server {
    listen 127.0.0.1:${listen} ssl; ssl_certificate ${certificate}; ssl_certificate_key ${key};
    root ${root}; auth_basic "Panel"; auth_basic_user_file ${at}/users;
    location = /away { return 302 http://example.org/; }
    location = /home { return 302 https://127.0.0.1:${listen}/page.html; }
  }
}`,
  );
  const child = spawn("nginx", ["-p", at, "-c", file], { stdio: "ignore" });
  await untilOpen(listen);
  return async () => {
    child.kill("SIGTERM");
    await once(child, "exit");
  };
}

async function untilOpen(at: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect(at, "127.0.0.1");
    const open = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(
        () => false,
        () => false,
      ),
    ]).catch(() => false);
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nginx does not listen");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}

/** A session on the endpoint, entered; answers what a path gives there. */
async function panel(endpoint: string): Promise<(path: string) => Promise<string>> {
  const session = await site.first.ask("POST", "/api/sessions", { endpoint });
  expect(session.status).toBe(201);
  const headers = { "user-agent": "test" };
  const admit = `/api/sessions/${session.body.id}/panel`;
  const { address } = (
    await site.first.ask<{ readonly address: string }>("POST", admit, {}, { headers })
  ).body;
  const { host, port: at, pathname, search } = new URL(address);
  const entered = await raw(Number(at), pathname + search, host, "");
  const cookie = /__Host-sallyport-panel=[\w-]+/.exec(entered)?.[0] ?? "";
  return (target) => raw(Number(at), target, host, `Cookie: ${cookie}\r\n`);
}

async function raw(at: number, target: string, host: string, more: string): Promise<string> {
  const socket = connect(at, "127.0.0.1");
  let heard = "";
  socket.setEncoding("latin1").on("data", (text) => {
    heard += text;
  });
  const fields = `Host: ${host}\r\nUser-Agent: test\r\nConnection: close\r\n${more}`;
  socket.write(`GET ${target} HTTP/1.1\r\n${fields}\r\n`);
  await once(socket, "close");
  return heard;
}

test.each(["panel/pinned", "panel/signed"])(
  "%s: pages come whole and link to themselves",
  async (to) => {
    const get = await panel(to);
    const page = await get("/page.html");
    expect(page).toMatch(/^HTTP\/1\.1 200 /);
    expect(page.match(/row/g)).toHaveLength(PAGE_ROWS);
    expect(page).not.toContain(`127.0.0.1:${port}`);
    expect(page).not.toMatch(/content-encoding|server: nginx/i);
    expect(readFileSync(path.join(folder, "access.log"), "utf8")).toContain(LOGIN.user);
  },
);

test("redirects to itself stay within the panel, others are not followed", async () => {
  const get = await panel("panel/pinned");
  expect(await get("/home")).toMatch(/\r\nlocation: \/page\.html\r\n/);
  expect(await get("/folder")).toMatch(/\r\nlocation: \/folder\/\r\n/);
  const away = await get("/away");
  expect(away).toMatch(/^HTTP\/1\.1 502 /);
  expect(away).not.toMatch(/\r\nlocation:/i);
});

test("a panel with another certificate than the pinned one is told no password", async () => {
  const before = readFileSync(path.join(folder, "access.log"), "utf8").length;
  const get = await panel("panel/other");
  expect(await get("/page.html")).toMatch(/^HTTP\/1\.1 504 /);
  expect(readFileSync(path.join(folder, "access.log"), "utf8").length).toBe(before);
});
