/** X servers without a screen, for programs of others that draw and are clicked on. */
import { onTestFinished } from "vitest";
import { runProgram, startChild } from "./child.ts";

/**
 * Runs until the test has ended. It takes a free display by itself and says which, once programs
 * can come: one that a test made up may be another's, who then ends it under our hands.
 * @param program `Xvfb`, or `Xvnc`, which takes the same
 * @returns its display, as `:7`
 */
export async function startDisplay(program: string, args: readonly string[]): Promise<string> {
  // Otherwise it begins anew when its last program has gone, and throws out who comes meanwhile.
  const fixed = ["-displayfd", "1", "-noreset", "-nolisten", "tcp"];
  const child = await startChild(program, [...fixed, ...args], { ready: /^(\d+)\n/m });
  onTestFinished(async () => void (await child.stop()));
  return `:${child.ready[1]}`;
}

export function startXvfb(width: number, height: number): Promise<string> {
  return startDisplay("Xvfb", ["-screen", "0", `${width}x${height}x24`]);
}

/** One click into the window whose title has this in it; none while there is no such window. */
export async function clickOn(display: string, title: string, x: number, y: number) {
  const move = ["mousemove", "--window", "%1", String(x), String(y), "sleep", "0.3"];
  const click = ["mousedown", "1", "sleep", "0.3", "mouseup", "1", "sleep", "0.5"];
  const env = { DISPLAY: display };
  return (await runProgram("xdotool", ["search", "--name", title, ...move, ...click], { env }))
    .output;
}
