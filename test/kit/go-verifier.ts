/** The auditor's verifier of Debian's Go packages, built from `deploy/evidence`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runProgram } from "./child.ts";

/** What the build needs: Debian's golang-go and golang-golang-x-mod-dev. */
export const GO_NEEDS = ["go", "/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog/tlog.go"];
const SOURCE = path.resolve(import.meta.dirname, "../../deploy/evidence/verify-bundle.go");
/** The first build compiles the packages too, on a small machine. */
const BUILD_WITHIN_MS = 240_000;

export interface GoVerifier {
  readonly program: string;
  remove(): void;
}

/** Without a network: every package lies on the machine. */
export async function buildGoVerifier(): Promise<GoVerifier> {
  const folder = mkdtempSync(path.join(tmpdir(), "sallyport-go-"));
  const program = path.join(folder, "verify-bundle");
  const env = {
    GO111MODULE: "off",
    GOPATH: "/usr/share/gocode",
    GOCACHE: path.join(folder, "cache"),
    GOFLAGS: "",
    GOPROXY: "off",
  };
  const built = await runProgram("go", ["build", "-o", program, SOURCE], {
    env,
    withinMs: BUILD_WITHIN_MS,
  });
  if (built.code !== 0) throw new Error(built.output);
  return { program, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
