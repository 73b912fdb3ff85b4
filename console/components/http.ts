/** One way to the broker's HTTP API: JSON in and out, errors as `ApiProblem`. */
import type { Problem } from "../../broker/api/shapes/people.ts";
import { text } from "../text.ts";
import { isCausedByPerson } from "./human.ts";
import { ApiProblem } from "./problem.ts";

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** @throws {ApiProblem} for every answer that is not 2xx, and when there is none */
export async function ask<Result>(method: Method, path: string, body?: unknown): Promise<Result> {
  const response = await reach(method, path, body);
  if (response.status === 204) return undefined as Result;
  return (await response.json()) as Result;
}

/** @throws {ApiProblem} as `ask` */
export async function askBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await reach("GET", path);
  return new Uint8Array(await response.arrayBuffer());
}

async function reach(method: Method, path: string, body?: unknown): Promise<Response> {
  const headers = new Headers();
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (method === "GET" && !isCausedByPerson()) headers.set("sallyport-background", "1");
  if (body !== undefined) {
    headers.set("content-type", "application/json");
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new ApiProblem(0, { code: "broker-unreachable", message: text.error.unreachable });
  }
  if (!response.ok) throw new ApiProblem(response.status, await problemIn(response));
  return response;
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
