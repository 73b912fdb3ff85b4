/** The broker's certificate of this file, made or read when it is first needed. */
import type { OpcuaIdentity } from "./identity.ts";

export type IdentitySource = () => Promise<OpcuaIdentity>;

export function keptIdentity(file: string): IdentitySource {
  let loading: Promise<OpcuaIdentity> | undefined;
  return () => {
    loading ??= import("./identity.ts").then(({ loadOpcuaIdentity }) => loadOpcuaIdentity(file));
    // A file that others could read may be put right while the broker runs.
    loading.catch(() => {
      loading = undefined;
    });
    return loading;
  };
}
