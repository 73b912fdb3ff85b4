/**
 * `npm run command`: the commands of people's own machines as one file, `dist/sallyport.mjs`, that
 * runs with Node.js 22 or newer on Linux, macOS and Windows and needs nothing beside it.
 */
import path from "node:path";
import { build } from "vite";
import { readVersion } from "../../broker/version.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** @param folder in which the file is made. @returns the file */
export async function makeCommand(folder: string): Promise<string> {
  await build({
    ...{ root: ROOT, configFile: false, logLevel: "warn", publicDir: false },
    define: { "process.env.SALLYPORT_COMMAND_VERSION": JSON.stringify(readVersion()) },
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: "broker/cli/remote/main.ts",
      ...{ outDir: folder, emptyOutDir: false, target: "node22", minify: false },
      rolldownOptions: {
        output: { entryFileNames: "sallyport.mjs", codeSplitting: false },
        // Faster parts of ws, which it does without.
        external: ["bufferutil", "utf-8-validate"],
      },
    },
  });
  return path.join(folder, "sallyport.mjs");
}

if (import.meta.main) {
  const file = await makeCommand(path.join(ROOT, "dist"));
  process.stdout.write(`${path.relative(ROOT, file)}\n`);
}
