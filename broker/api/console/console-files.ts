/**
 * The console's files (`console-list.ts`), and its one page for every path that a person may type.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { answerRefusal } from "../error-answers.ts";
import type { Authenticate } from "../mount-routes.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { cookieOf, SIGN_IN_COOKIE } from "../sign-in-cookie.ts";
import { pathOf } from "../web-gates.ts";
import { ConsoleList } from "./console-list.ts";

/** Hashed names never change their content. */
const IMMUTABLE = "public, max-age=31536000, immutable";

export async function addConsole(
  app: FastifyInstance,
  folder: string,
  authenticate: Authenticate,
): Promise<void> {
  const files = new ConsoleList(folder);
  await app.register(fastifyStatic, {
    // Each file is sent with its own root: the folder may not be there yet.
    root: import.meta.dirname,
    serve: false,
    preCompressed: true,
    cacheControl: false,
  });
  app.setNotFoundHandler(async (request, reply) => {
    const path = pathOf(request);
    if (isApiPath(path)) {
      authenticate(request);
      throw notFound();
    }
    if (request.method !== "GET" && request.method !== "HEAD") throw notFound();
    const file = files.find(path);
    if (file) return sendFile(reply, path, file, folder);
    if (!isPagePath(path)) throw notFound();
    if (isSignedOut(request) && !isOutside(path)) return sendToDoor(request, reply);
    return sendPage(request, reply, folder);
  });
}

function sendFile(reply: FastifyReply, path: string, file: string, folder: string): FastifyReply {
  reply.header("cache-control", path.startsWith("/assets/") ? IMMUTABLE : "no-cache");
  return reply.sendFile(file, folder);
}

async function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  folder: string,
): Promise<FastifyReply> {
  const page = await readFile(join(folder, "index.html"), "utf8").catch(() => undefined);
  if (page === undefined) return answerRefusal(reply, notBuilt());
  return reply
    .header("cache-control", "no-store")
    .type("text/html; charset=utf-8")
    .send(withNonce(page, request.styleNonce));
}

/**
 * Surely signed out: it need not load a page to find out. A navigation that another site caused
 * comes without the cookie in any case, and gets its page.
 */
function isSignedOut(request: FastifyRequest): boolean {
  const { "sec-fetch-mode": mode, "sec-fetch-site": site } = request.headers;
  const isOwn = site === "none" || site === "same-origin";
  return mode === "navigate" && isOwn && cookieOf(request, SIGN_IN_COOKIE) === undefined;
}

/** Pages for people who are not signed in. */
function isOutside(path: string): boolean {
  return /^\/(sign-in|sign-in\/through\/[^/]+|enrol|shared)\/?$/.test(path);
}

/** The browser itself takes along what stands behind `#`. */
function sendToDoor({ url }: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header("cache-control", "no-store");
  return reply.redirect(`/sign-in?from=${encodeURIComponent(url)}`);
}

/** Scripts of the page read the nonce from here and put it on the styles that they make. */
export function withNonce(page: string, nonce: string): string {
  return page.replace(/(<meta name="csp-nonce" content=")[^"]*"/, `$1${nonce}"`);
}

function notBuilt(): ApiRefused {
  return new ApiRefused(503, "not-ready", "The console is not built. Run `npm run console`.");
}

/** However it is written: nothing that looks like the API is ever answered with a page. */
export function isApiPath(path: string): boolean {
  return /^[/\\]+api(?![a-z0-9_-])/i.test(decoded(path));
}

/** Twice, since a proxy in front may have decoded once already. */
function decoded(path: string): string {
  return decodedOnce(decodedOnce(path));
}

function decodedOnce(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Asked by programs; under another method they are no pages either. */
const PROBES = new Set(["/healthz", "/readyz", "/readyz/any", "/metrics"]);

/** Paths of pages are plain words and ids: no dot, no escape, no empty part. */
export function isPagePath(path: string): boolean {
  const parts = path.slice(1).split("/");
  const inner = parts.at(-1) === "" ? parts.slice(0, -1) : parts;
  return path.startsWith("/") && !PROBES.has(path) && inner.every((part) => /^[\w~-]+$/.test(part));
}
