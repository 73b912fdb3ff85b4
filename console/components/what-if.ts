/** Judging past sessions by a change: asked for, looked after, stopped. */
import { useEffect, useState } from "react";
import type { WhatIfOrder, WhatIfView } from "../../broker/api/shapes/what-if.ts";
import { ask } from "./http.ts";

/** A session is judged in milliseconds: often enough to see it move. */
const LOOK_EVERY_MS = 700;

export interface WhatIfRun {
  readonly shown: WhatIfView | undefined;
  readonly thrown: unknown;
  readonly running: boolean;
  start(order: WhatIfOrder): Promise<void>;
  stop(): Promise<void>;
}

const pathOf = (id: string) => `/api/what-if/${encodeURIComponent(id)}`;

export function useWhatIf(): WhatIfRun {
  const [shown, setShown] = useState<WhatIfView>();
  const [thrown, setThrown] = useState<unknown>();
  const running = shown !== undefined && (shown.state === "waiting" || shown.state === "judging");
  const id = running ? shown.id : undefined;
  useEffect(() => {
    if (id === undefined) return;
    let current = true;
    const look = () =>
      ask<WhatIfView>("GET", pathOf(id)).then(
        (view) => current && setShown(view),
        (failure: unknown) => {
          if (!current) return;
          setThrown(failure);
          setShown(undefined);
        },
      );
    const timer = setInterval(() => void look(), LOOK_EVERY_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [id]);
  return {
    ...{ shown, thrown, running },
    async start(order) {
      setThrown(undefined);
      await ask<WhatIfView>("POST", "/api/what-if", order).then(setShown, setThrown);
    },
    async stop() {
      if (shown) await ask<void>("DELETE", pathOf(shown.id)).catch(setThrown);
      setShown(undefined);
    },
  };
}
