/** A gateway as its own program beside a test: joined by the line that its site shows. */
import { join } from "node:path";
import { type Child, runProgram, startChild } from "./child.ts";
import type { ConsoleUser } from "./console-user.ts";

const COMMAND = new URL("../../broker/cli/sallyport.ts", import.meta.url).pathname;

interface Invitation {
  readonly line: string;
}

/** @param folder of this gateway alone, below which it keeps what it has */
export async function joinGateway(by: ConsoleUser, name: string, folder: string): Promise<void> {
  const invited = await by.ask<Invitation>("POST", "/api/gateways", { name });
  if (invited.status !== 201) throw new Error(`no invitation: ${invited.text}`);
  await joinByLine(invited.body.line, folder);
}

export async function joinByLine(line: string, folder: string): Promise<void> {
  const env = environmentOf(folder);
  const join = [COMMAND, "gateway", "join", line];
  const joined = await runProgram(process.execPath, join, { env, withinMs: 60_000 });
  if (joined.code !== 0) throw new Error(`not joined: ${joined.output}`);
}

/** Resolves once it is connected, or says that it is not. */
export function startGateway(
  folder: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Child> {
  return startChild(process.execPath, [COMMAND, "gateway", "start"], {
    ready: /(?:not )?connected to control/,
    env: { ...environmentOf(folder), ...more },
    withinMs: 60_000,
  });
}

function environmentOf(folder: string) {
  return { SALLYPORT_DATA: join(folder, "data"), SALLYPORT_LOG: join(folder, "gateway.log") };
}
