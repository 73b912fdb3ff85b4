/** One way to the broker's HTTP API: JSON in and out, errors as `ApiProblem`. */
import type { Problem } from "../../broker/api/shapes/people.ts";
import { text } from "../text.ts";
import { DEVICE_HEADER, isUnbound, noteBound, signAsDevice } from "./device-key.ts";
import { isDeviceSigned } from "./device-signed.ts";
import { isCausedByPerson } from "./human.ts";
import { ApiProblem, isProblem } from "./problem.ts";

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** @throws {ApiProblem} for every answer that is not 2xx, and when there is none */
export async function ask<Result>(method: Method, path: string, body?: unknown): Promise<Result> {
  return parsed(await reach(method, path, body));
}

/** By address, each with the broker's tag of it: megabytes of a large plant, mostly the same again. */
const held = new Map<string, { readonly tag: string; readonly value: unknown }>();

/**
 * Fetches what is kept for as long as the page is, and only where it is not as it was: then the very
 * same value is there again. For a handful of addresses. @throws {ApiProblem} as `ask`
 */
export async function askUnlessSame<Result>(path: string): Promise<Result> {
  const before = held.get(path);
  const response = await send("GET", path, { tag: before?.tag });
  if (response.status === 304 && before) return before.value as Result;
  const value = await parsed<Result>(response);
  const tag = response.headers.get("etag");
  if (tag !== null) held.set(path, { tag, value });
  return value;
}

/**
 * With the passkey's answer to this challenge: the key of this browser signs the same one, so that
 * the sign-in is bound to it. @throws {ApiProblem} as `ask`
 */
export async function askWithKey<Result>(
  path: string,
  body: unknown,
  challenge: string,
): Promise<Result> {
  const proof = await signAsDevice({ challenge, method: "POST", path });
  const answer = await parsed<Result>(
    await send("POST", path, { payload: JSON.stringify(body), proof }),
  );
  noteBound();
  return answer;
}

/** @throws {ApiProblem} as `ask` */
export async function askBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await reach("GET", path);
  return new Uint8Array(await response.arrayBuffer());
}

/** What the live channel is shown when it connects; nothing where there is no challenge to be had. */
export async function liveProof(path: string): Promise<{ readonly device?: string }> {
  try {
    return { device: await proofFor("GET", path) };
  } catch {
    return {};
  }
}

let bind: (() => Promise<void>) | undefined;

/** @param confirm asks the person for the passkey and binds the sign-in to this browser's key */
export function onDeviceNeeded(confirm: () => Promise<void>): void {
  bind = confirm;
}

async function reach(method: Method, path: string, body?: unknown): Promise<Response> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  if (!isDeviceSigned(method, path)) return send(method, path, { payload });
  const signed = async () =>
    send(method, path, { payload, proof: await proofFor(method, path, payload) });
  try {
    if (bind === undefined || !(await isUnbound())) return await signed();
  } catch (thrown) {
    if (bind === undefined || !NEEDS_DEVICE.some((code) => isProblem(thrown, code))) throw thrown;
  }
  // The key was lost with the site's data, or the sign-in is from before it had one.
  await bind();
  return signed();
}

const NEEDS_DEVICE = ["device-required", "device-proof"];

async function proofFor(method: string, path: string, body?: string): Promise<string> {
  const asked = await send("POST", "/api/me/device-nonces", { payload: "{}", unseen: true });
  const { challenge } = (await asked.json()) as { readonly challenge: string };
  return signAsDevice({ challenge, method, path, body });
}

interface Sent {
  readonly payload?: string | undefined;
  readonly proof?: string | undefined;
  /** Nobody did it: keeps no idle away. */
  readonly unseen?: boolean;
  /** Of what is there already. */
  readonly tag?: string | undefined;
}

async function send(
  method: Method,
  path: string,
  { payload, proof, tag, unseen = method === "GET" && !isCausedByPerson() }: Sent = {},
): Promise<Response> {
  const headers = new Headers();
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (unseen) headers.set("sallyport-background", "1");
  if (proof !== undefined) headers.set(DEVICE_HEADER, proof);
  if (tag !== undefined) headers.set("if-none-match", tag);
  if (payload !== undefined) {
    headers.set("content-type", "application/json");
    init.body = payload;
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new ApiProblem(0, { code: "broker-unreachable", message: text.error.unreachable });
  }
  const isSame = tag !== undefined && response.status === 304;
  if (!response.ok && !isSame) throw new ApiProblem(response.status, await problemIn(response));
  return response;
}

async function parsed<Result>(response: Response): Promise<Result> {
  if (response.status === 204) return undefined as Result;
  return (await response.json()) as Result;
}

async function problemIn(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Partial<Problem>;
    if (typeof body.code === "string" && typeof body.message === "string") return body as Problem;
  } catch {
    // A proxy in between answered with something that is not ours; fall through.
  }
  return { code: `http-${response.status}`, message: text.error.unexpected(response.status) };
}
