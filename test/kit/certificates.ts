/** A small authority with certificates for this machine, made by openssl in a folder of the test. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

export interface Certified {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  readonly caFile: string;
  readonly ca: string;
  /** @param names subjectAltName, such as `IP:127.0.0.1,DNS:localhost` */
  issue(name: string, names: string): Certified;
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export function makeAuthority(folder: string, name = "ca"): Authority {
  const at = (file: string) => path.join(folder, `${name}-${file}`);
  openssl(
    ...["req", "-x509", ...KEY, "-keyout", at("ca.key"), "-out", at("ca.pem")],
    ...["-days", "2", "-subj", `/CN=${name}`, "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
  );
  return {
    caFile: at("ca.pem"),
    ca: readFileSync(at("ca.pem"), "utf8"),
    issue: (who, names) => {
      const files = { key: at(`${who}.key`), request: at(`${who}.csr`), pem: at(`${who}.pem`) };
      openssl(
        ...["req", ...KEY, "-keyout", files.key, "-out", files.request, "-subj", `/CN=${who}`],
      );
      const extensions = at(`${who}.ext`);
      writeFileSync(extensions, `subjectAltName=${names}\n`);
      openssl(
        ...["x509", "-req", "-in", files.request, "-CA", at("ca.pem"), "-CAkey", at("ca.key")],
        ...["-CAcreateserial", "-out", files.pem, "-days", "2", "-extfile", extensions],
      );
      return {
        certificateFile: files.pem,
        keyFile: files.key,
        certificate: readFileSync(files.pem, "utf8"),
        key: readFileSync(files.key, "utf8"),
      };
    },
  };
}

function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: "pipe" });
}
