/** Secrets are named in the configuration, never written there. */
import { readFileSync, statSync } from "node:fs";
import { type Secret, SecretMissing } from "./model.ts";

/** A key, a token, a chain of certificates. */
const SECRET_BYTES_MAX = 64 * 1024;

export function secretOfFile(path: string): Secret {
  return {
    from: `file ${path}`,
    read: () => {
      let text: string;
      try {
        if (statSync(path).size > SECRET_BYTES_MAX) throw new Error("it is too large");
        text = readFileSync(path, "utf8");
      } catch (error) {
        throw new SecretMissing(`${path} cannot be read: ${reasonOf(error)}`);
      }
      return present(text.trim(), path);
    },
  };
}

export function secretOfEnvironment(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): Secret {
  const from = `environment ${name}`;
  return { from, read: () => present(environment[name] ?? "", from) };
}

export function plainSecret(text: string): Secret {
  return { from: "the configuration", read: () => text };
}

function present(text: string, from: string): string {
  if (text !== "") return text;
  throw new SecretMissing(`${from} is empty`);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? String(error.code) : error.message;
}
