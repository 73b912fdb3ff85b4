/** The chosen node, read when it is chosen and when somebody wants to read it again. */
import { useCallback, useEffect, useState } from "react";
import type { Chosen } from "./chosen.ts";
import type { OpcUaDesk } from "./desk.ts";
import type { Described } from "./node-details.ts";

export interface DetailsUse {
  /** Undefined while it is read. */
  readonly described: Described | undefined;
  again(): void;
}

export function useDetails(desk: OpcUaDesk, chosen: Chosen | undefined): DetailsUse {
  const [described, setDescribed] = useState<Described>();
  const [turn, setTurn] = useState(0);
  const id = chosen?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: by its id, and by each turn
  useEffect(() => {
    if (chosen === undefined) return;
    let open = true;
    setDescribed((before) =>
      before?.kind === "node" && before.details.id === id ? before : undefined,
    );
    void desk.describe(chosen).then((read) => {
      if (open) setDescribed(read);
    });
    return () => {
      open = false;
    };
  }, [desk, id, turn]);
  return { described, again: useCallback(() => setTurn((before) => before + 1), []) };
}
