/** What stands in the way of a start, as the one line that a person reads. */
import { PolicyFolderUnreadable } from "./access/policies/policy-folder.ts";
import { PoliciesUnusable } from "./access/policies/policy-store.ts";
import { ConsoleBuildFailed } from "./console-build.ts";
import { EvidenceKeyRefused } from "./evidence/keys.ts";
import { FolderInUse, FolderNotLocked } from "./folder-lock.ts";
import { IdentityRefused } from "./identity/identity.ts";
import { NativePortRefused } from "./native/open-native.ts";
import { PlantFileInvalid } from "./plant/plant-source.ts";
import { SimulatedPlantFailed } from "./simulated-plant.ts";
import { DataFolderRefused } from "./store/data-folder.ts";
import { StoreFailed, StoreInUse, StoreRefused } from "./store/store-failed.ts";

export class StartRefused extends Error {
  override readonly name = "StartRefused";
  /** 2: the configuration, the plant file included, must be changed. 1: anything else. */
  readonly exitCode: 1 | 2;
  constructor(message: string, exitCode: 1 | 2, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** What is not known here is a fault of ours and stays what it is, with its stack. */
export function startRefusalOf(error: unknown): unknown {
  if (error instanceof PlantFileInvalid) return new StartRefused(`plant file: ${error.message}`, 2);
  if (error instanceof PoliciesUnusable || error instanceof PolicyFolderUnreadable) {
    return new StartRefused(error.message, 2);
  }
  if (error instanceof IdentityRefused) return new StartRefused(error.message, 2);
  if (error instanceof EvidenceKeyRefused) return new StartRefused(error.message, 2);
  if (error instanceof StoreInUse) {
    return new StartRefused(inUse(error), 1, { cause: error });
  }
  if (error instanceof StoreRefused) return new StartRefused(error.message, 2);
  if (error instanceof StoreFailed) return new StartRefused(error.message, 1, { cause: error });
  if (error instanceof NativePortRefused) return new StartRefused(error.message, 1);
  for (const known of PLAIN) {
    if (error instanceof known) return new StartRefused(error.message, 1, { cause: error });
  }
  return isSystemError(error) ? new StartRefused(systemText(error), 1) : error;
}

/** Their message is for a person as it is. */
const PLAIN = [
  ...[FolderInUse, FolderNotLocked, DataFolderRefused],
  ...[SimulatedPlantFailed, ConsoleBuildFailed],
];

function inUse({ place }: StoreInUse): string {
  return place === "folder"
    ? "another broker uses this data folder: stop it first"
    : `another broker uses the database ${place}: stop it first; two on one database are not possible`;
}

interface SystemError extends Error {
  readonly code: string;
  readonly path?: string;
}

/** Of files and sockets: full disks, missing rights, taken ports. */
function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "syscall" in error && "code" in error;
}

function systemText(error: SystemError): string {
  const what = SYSTEM_TEXTS[error.code];
  if (what === undefined) return error.message;
  return error.path === undefined ? what : `${error.path}: ${what}`;
}

const SYSTEM_TEXTS: Readonly<Record<string, string>> = {
  EACCES: "this user has no right to it",
  EPERM: "this user has no right to it",
  ENOSPC: "the disk is full",
  EROFS: "the disk is read-only",
  ENOTDIR: "it is not a folder",
  EEXIST: "it is not a folder",
};
