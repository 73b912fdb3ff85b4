/** Starts a program beside a test, waits until it says that it is ready, and never leaves it behind. */
import { type ChildProcess, spawn } from "node:child_process";

export interface Child {
  readonly process: ChildProcess;
  /** Everything it printed so far, both streams. */
  readonly output: string;
  /** The match of `ready` in what it printed. */
  readonly ready: RegExpExecArray;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

export interface ChildOptions {
  readonly ready: RegExp;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly withinMs?: number;
}

/** A loaded machine takes tens of seconds to read a program in; what never comes up fails all the same. */
const READY_WITHIN_MS = 60_000;
/** After a polite signal a program gets this long before it is killed. */
const POLITE_MS = 10_000;

/** Rejects with what the program printed if it ends, or is not ready in time. */
export function startChild(
  command: string,
  args: readonly string[],
  options: ChildOptions,
): Promise<Child> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal ?? 0));
    child.once("error", () => resolve(127));
  });
  const stop = (signal: NodeJS.Signals = "SIGTERM"): Promise<number | NodeJS.Signals> => {
    child.kill(signal);
    const kill = setTimeout(() => child.kill("SIGKILL"), POLITE_MS);
    return ended.finally(() => clearTimeout(kill));
  };
  return new Promise((resolve, reject) => {
    const withinMs = options.withinMs ?? READY_WITHIN_MS;
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${command} was not ready within ${withinMs} ms:\n${output}`));
    }, withinMs);
    let isReady = false;
    const hear = (bytes: Buffer): void => {
      output += bytes.toString();
      // To look through it at each line costs a test that runs long more than what it tests.
      if (isReady) return;
      const ready = options.ready.exec(output);
      if (!ready) return;
      isReady = true;
      clearTimeout(late);
      resolve({
        process: child,
        get output() {
          return output;
        },
        ready,
        ended,
        stop,
      });
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    hear(Buffer.alloc(0));
    child.once("error", reject);
    void ended.then((code) => {
      clearTimeout(late);
      reject(new Error(`${command} ended with ${code}:\n${output}`));
    });
  });
}

export interface ProgramEnd {
  readonly code: number | NodeJS.Signals;
  /** Both streams. */
  readonly output: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly withinMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads; nothing otherwise. */
  readonly input?: string | Uint8Array;
}

/** Runs a program to its end. Never rejects for its exit code. */
export function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      timeout: options.withinMs ?? READY_WITHIN_MS,
      killSignal: "SIGKILL",
    });
    // One that does not read to the end is no fault of the test.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    let [output, stderr] = ["", ""];
    child.stdout.on("data", (bytes: Buffer) => {
      output += bytes.toString();
    });
    child.stderr.on("data", (bytes: Buffer) => {
      output += bytes.toString();
      stderr += bytes.toString();
    });
    child.once("error", ({ message }) => resolve({ code: 127, output: message, stderr: message }));
    child.once("close", (code, signal) => resolve({ code: code ?? signal ?? 0, output, stderr }));
  });
}
