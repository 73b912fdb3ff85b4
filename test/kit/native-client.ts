/** OpenSSH's own client at the broker's SSH door: asks for an asset and shows an address and a number. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { NativeAskView } from "../../broker/api/shapes/native.ts";
import type { RequestOptions } from "./authenticator.ts";
import type { ConsoleUser } from "./console-user.ts";

export interface AskingClient {
  readonly process: ChildProcess;
  /** Of the ask, from the address that was shown. */
  readonly id: string;
  readonly number: number;
  /** What it printed so far, both streams. */
  readonly output: string;
  /** Resolves with its exit status. */
  readonly ended: Promise<number>;
  /** Resolves once it printed this after what was there before; rejects when it ends without. */
  says(words: RegExp): Promise<RegExpExecArray>;
  type(text: string): void;
  stop(): void;
}

/** Of a client that trusts the door at first sight and reads no files of who runs it. */
export const SSH_OPTIONS: readonly string[] = [
  ...["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
  ...["-o", "PreferredAuthentications=keyboard-interactive"],
];

/**
 * Resolves once it was shown where to approve it.
 *
 * @param more what follows the host: a command
 */
export async function askAtDoor(
  port: number,
  target: string,
  more: readonly string[] = [],
  options: readonly string[] = ["-tt"],
): Promise<AskingClient> {
  const host = ["-p", String(port), "-l", target, "127.0.0.1"];
  // What is said first counts.
  return asking(spawn("ssh", [...options, ...SSH_OPTIONS, ...host, ...more], { stdio: "pipe" }));
}

interface ToSign {
  readonly text: string;
  readonly options: RequestOptions;
}

/** As the page does: picks the number, signs exactly that. Answers the session. */
export async function approveTool(
  who: ConsoleUser,
  { id, number }: Pick<AskingClient, "id" | "number">,
  profile: string,
): Promise<string> {
  const ask = await who.ask<NativeAskView>("GET", `/api/native/${id}`);
  const grant = ask.body.grants.find((each) => each.profile === profile)?.id;
  const begun = await who.ask<ToSign>("POST", `/api/native/${id}/options`, { number, grant });
  const { text, options } = begun.body;
  const response = who.authenticator.assert(options);
  const opened = await who.ask<{ session: string }>("POST", `/api/native/${id}`, {
    ...{ text, response },
  });
  if (opened.status !== 200) throw new Error(opened.text);
  return opened.body.session;
}

/** OpenSSH's `sftp`, which takes its commands from `type`. */
export function sftpAtDoor(port: number, target: string): Promise<AskingClient> {
  const host = ["-P", String(port), "-o", `User=${target}`, "127.0.0.1"];
  return asking(spawn("sftp", [...SSH_OPTIONS, ...host], { stdio: "pipe" }));
}

async function asking(child: ChildProcessWithoutNullStreams): Promise<AskingClient> {
  let output = "";
  let over = false;
  const hearers = new Set<() => void>();
  const tell = () => {
    for (const hear of [...hearers]) hear();
  };
  const ended = new Promise<number>((resolve) => {
    const end = (code: number | null) => {
      over = true;
      tell();
      resolve(code ?? -1);
    };
    child.once("close", end);
    child.once("error", () => end(127));
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes: Buffer) => {
      output += bytes.toString();
      tell();
    });
  }
  const says = (words: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const hear = () => {
        const found = words.exec(output);
        if (!found && !over) return;
        hearers.delete(hear);
        if (found) resolve(found);
        else reject(new Error(`it ended without ${words}:\n${output}`));
      };
      hearers.add(hear);
      hear();
    });
  const [, id = ""] = await says(/\/native\/([\w-]+)/);
  const [, number] = await says(/choose +(\d+)/);
  return {
    ...{ process: child, id, number: Number(number), ended, says },
    get output() {
      return output;
    },
    type: (text) => void child.stdin.write(text),
    stop: () => void child.kill(),
  };
}
