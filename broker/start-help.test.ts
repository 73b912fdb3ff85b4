import { expect, test } from "vitest";
import { runProgram } from "../test/kit/child.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;

test("who asks a start for help is told where settings are, and nothing is started", async () => {
  const { code, output } = await runProgram(process.execPath, [MAIN, "--help"]);
  expect(code).toBe(0);
  expect(output).toContain("npx sallyport config");
});

test("an option that a start does not have is refused, so that nobody thinks it was heeded", async () => {
  const { code, output, stderr } = await runProgram(process.execPath, [MAIN, "--port", "9000"]);
  expect({ code, output }).toEqual({ code: 2, output: stderr });
  expect(stderr).toContain("npm start takes no '--port'");
  expect(stderr).toContain("SALLYPORT_PORT");
});
