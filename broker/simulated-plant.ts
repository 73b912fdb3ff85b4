/** The simulated plant beside the broker: a process of its own, ended with the broker. */
import { type ChildProcess, spawn } from "node:child_process";
import { plainText } from "./log.ts";

export interface SimulatedPlantProcess {
  /** What it says about its addresses. */
  readonly addresses: string;
  /** Resolves when it is gone. */
  stop(): Promise<void>;
}

export class SimulatedPlantFailed extends Error {
  override readonly name = "SimulatedPlantFailed";
}

/** It listens within a second; a loaded machine gets more. */
const READY_WITHIN_MS = 20_000;
/** After a polite signal. */
const STOP_WITHIN_MS = 3_000;
const SAID_LENGTH_MAX = 4_096;

/**
 * @param script run by the same Node; prints one line once it listens
 * @param onGone called if it ends by itself later
 * @throws SimulatedPlantFailed with what it said
 */
export async function startSimulatedPlant(
  script: string,
  port: number,
  onGone: (reason: string) => void,
): Promise<SimulatedPlantProcess> {
  const child = spawn(process.execPath, [script, "--port", String(port), "--with-input"], {
    stdio: ["pipe", "pipe", "pipe"],
    // Ctrl-C in a terminal goes to the whole group: the plant must outlive the sessions.
    detached: true,
  });
  const gone = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });
  const addresses = await firstLine(child, gone);
  let stopping = false;
  void gone.then((reason) => stopping || onGone(reason));
  return {
    addresses,
    stop: async () => {
      stopping = true;
      // The end of its input ends it; so does our own end, however that comes.
      child.stdin?.end();
      const kill = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
      await gone;
      clearTimeout(kill);
    },
  };
}

function firstLine(child: ChildProcess, gone: Promise<string>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new SimulatedPlantFailed("the simulated plant did not start in time"));
    }, READY_WITHIN_MS);
    child.stdout?.on("data", (bytes: Buffer) => {
      clearTimeout(late);
      resolve(plainText(String(bytes).split("\n")[0] ?? ""));
    });
    child.stderr?.on("data", (bytes: Buffer) => {
      said = (said + bytes).slice(-SAID_LENGTH_MAX);
    });
    void gone.then((reason) => {
      clearTimeout(late);
      const why = said.trim().split("\n")[0] || reason;
      reject(new SimulatedPlantFailed(`the simulated plant did not start: ${plainText(why)}`));
    });
  });
}
